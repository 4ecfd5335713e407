// What a region of an entry does with its inputs, read off by evaluating it.
//
//   o = (q k^T * decay) v     in whatever spelling
//
//   perturb one element of v:   o changes at that batch, head and feature, at its token and behind   -> linear, past
//   perturb one element of q:   o changes at that batch and head, at its token alone                 -> linear, local
//   perturb one element of a:   o changes at that head, behind its token                             -> not linear,
//   past
//
// The answers name the slots of a mixer; a proof decides whether they are right.
#ifndef HEDDLE_PASSES_RAISE_PROBE_H
#define HEDDLE_PASSES_RAISE_PROBE_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "passes/raise/Excerpt.h"
#include "passes/raise/TokenRegion.h"

namespace heddle {

enum class Reach { None, Local, Past, StrictPast, Future, StrictFuture, Everywhere };

struct Influence {
  mlir::Value input;
  bool isLinear = false;
  Reach reach = Reach::None;
  std::optional<int64_t> tokenDim; // of the input
  /// For each dimension of the input the one of the output whose elements it chooses, if any.
  llvm::SmallVector<std::optional<int64_t>> outputDims;

  std::optional<int64_t> inputDim(int64_t outputDim) const;
};

class Probe {
public:
  /// Nothing where the region cannot be evaluated at the given symbols, or takes longer than a region may. What takes
  /// long is evaluated at smaller sizes of dimensions that have nothing to do with tokens, as far as no op needs them.
  static std::optional<Probe> of(const TokenRegion &region, const TokenAxes &axes, ConcreteSizes &sizes);

  /// Elementary operations of all evaluations so far.
  double operations() const { return excerpt.operations * evaluations; }
  /// Sizes at the symbols of the probe.
  ConcreteSizes &sizes() const { return *known; }
  unsigned numInputs() const { return base.size(); }
  llvm::ArrayRef<int64_t> outputShape() const { return expected.shape; }
  int64_t tokenDim() const { return outputToken; }
  std::optional<Influence> influence(unsigned input) const;

  /// The output where the only input is 0: what is added to the linear part. Empty where there are several inputs.
  llvm::ArrayRef<double> offset() const { return rest; }
  bool hasOffset() const;

  /// Random inputs, to be changed by the caller.
  llvm::ArrayRef<ReferenceTensor> inputs() const { return base; }
  std::optional<ReferenceTensor> evaluate(llvm::ArrayRef<ReferenceTensor> inputs) const;

private:
  bool draw();
  using Index = llvm::SmallVector<int64_t>;
  using Box = std::pair<Index, Index>; // first and last index, for each dimension
  /// Where the output changes; nothing where it does not.
  std::optional<Box> changedBox(unsigned input, llvm::ArrayRef<int64_t> at) const;
  llvm::SmallVector<Index> samples(unsigned input) const;
  std::optional<int64_t> chosenDim(int64_t size, int64_t dim, llvm::ArrayRef<Index> points,
                                   llvm::ArrayRef<Box> boxes) const;
  std::optional<bool> isLinear(unsigned input) const;

  ConcreteSizes *known = nullptr;
  Excerpt excerpt;
  mutable int64_t evaluations = 0;
  llvm::SmallVector<ReferenceTensor> base;
  llvm::SmallVector<std::optional<int64_t>> tokenDims; // of the inputs
  ReferenceTensor expected;
  std::vector<double> rest;
  int64_t outputToken = 0;
};

} // namespace heddle

#endif

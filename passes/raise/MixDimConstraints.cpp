// What a mixer says about the sizes of its operands.
#include "passes/raise/DimClasses.h"

using namespace mlir;

namespace heddle {
namespace {

using Var = DimClasses::Var;

int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

class MixConstraints {
public:
  MixConstraints(DimClasses &classes, mixer::MixOp mix)
      : classes(classes), mix(mix), batch(classes.of(mix.getOutputInit(), 0)),
        tokens(classes.of(mix.getOutputInit(), 1)), loc(mix.getLoc()) {}

  void add() {
    for (Value operand : {mix.getQuery(), mix.getKey(), mix.getValue(), mix.getSegments(), mix.getOutputInit()})
      if (operand)
        addOperand(operand, 0, 1);
    addTransport();
    for (Value state : llvm::concat<Value>(mix.getInitialState(), mix.getStateInits()))
      addOperand(state, 0, std::nullopt);
    if (mix.getCurrent())
      classes.pinAll(mix.getCurrent(), loc);
    if (Value bias = mix.getBias()) {
      classes.pinAll(bias, loc);
      if (rankOf(bias) == 4)
        classes.pin(tokens, loc);
    }
    for (auto [result, init] : llvm::zip(mix.getResults(), mix.getInits()))
      classes.unifyAll(result, init, loc);
  }

private:
  /// Batch and tokens of an operand of the usual layout; everything else is as it is.
  void addOperand(Value operand, std::optional<int64_t> batchDim, std::optional<int64_t> tokenDim) {
    for (int64_t dim = 0; dim < rankOf(operand); ++dim) {
      Var var = classes.of(operand, dim);
      if (classes.isUnit(var))
        continue;
      if (dim == batchDim)
        classes.unify(var, batch, 0, loc);
      else if (dim == tokenDim && (mix.hasOneTokenAxis() || classes.size(var) == classes.size(tokens)))
        classes.unify(var, tokens, 0, loc);
      else
        classes.pin(var, loc);
    }
  }

  void addTransport() {
    bool hasTokens = !isa<mixer::ToeplitzAttr, mixer::StructuredAttr, mixer::ConstantAttr>(mix.getTransport());
    for (auto [number, operand] : llvm::enumerate(mix.getTransportOperands())) {
      // The rate of a factored transport is the same at all tokens.
      bool isRate = number == 1 && isa<mixer::ElementwiseAttr>(mix.getTransport());
      if (isRate)
        classes.pinAll(operand, loc);
      else if (hasTokens)
        addOperand(operand, 0, 1);
      else
        pinLargeKernel(operand);
    }
  }

  /// A kernel or matrix with a number for each token is one for this many tokens.
  void pinLargeKernel(Value operand) {
    for (int64_t dim = 0; dim < rankOf(operand); ++dim) {
      Var var = classes.of(operand, dim);
      classes.pin(var, loc);
      if (!isa<mixer::ConstantAttr>(mix.getTransport()) && classes.size(var) >= classes.size(tokens))
        classes.pin(tokens, loc);
    }
  }

  DimClasses &classes;
  mixer::MixOp mix;
  Var batch, tokens; // of the output
  Location loc;
};

} // namespace

Var constrainMix(mixer::MixOp mix, DimClasses &classes) {
  MixConstraints(classes, mix).add();
  return classes.of(mix.getOutputInit(), 1);
}

} // namespace heddle

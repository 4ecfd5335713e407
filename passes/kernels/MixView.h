// A bufferized mixer as kernels see it: sizes, elements by meaning, order of visits.
//
//   Expr weight = view.load(view.query, {b, i, {}, h, n}) * view.load(view.key, {b, {}, j, h, n});
//
// `load` finds the index of every dimension from its role: a dimension of size 1 is a broadcast, head h of the output
// reads head h / (Ho / H) of an operand with H heads, so that no kernel repeats or expands an operand.
//
// A kernel of mixers with one value feature may take several state heads at a time (`headLanes`): what differs from
// head to head is then loaded and stored as a vector, what does not stays a scalar.
//
// Key tokens below 0 are those of the past: token -n is the n-th one before the first query, in a ring of places.
//
// Tokens are visited in sweeps. Position p of a sweep is token p, or count - 1 - p when the sweep is reversed; a
// bidirectional mixer is a forward sweep plus a reversed one that leaves out the pair (i, i).
#ifndef HEDDLE_PASSES_KERNELS_MIXVIEW_H
#define HEDDLE_PASSES_KERNELS_MIXVIEW_H

#include "dialects/mixer/Mixer.h"
#include "passes/kernels/LoopBuilder.h"

namespace heddle::kernels {

/// A buffer with the role of each dimension.
struct Operand {
  mlir::Value memref;
  llvm::SmallVector<mixer::DimRole> roles;

  explicit operator bool() const { return static_cast<bool>(memref); }
  int64_t size(int64_t dim) const { return llvm::cast<mlir::MemRefType>(memref.getType()).getDimSize(dim); }
};

/// Where to load: batch, query token, key token, output head, key feature, value feature. Unused members stay empty.
struct Point {
  Expr b = {}, i = {}, j = {}, h = {}, n = {}, d = {};
};

struct Sweep {
  bool reverse;        // token = count - 1 - position
  bool strict = false; // leaves out the pair of a token with itself
};

/// A pair of tokens with its positions in the order of the sweep, as supports and biases see them.
struct Pair {
  Expr b, h;
  Expr queryToken, keyToken;
  Expr ownPosition; // of the query, before alignment
  Expr keyPosition;
};

class MixView {
public:
  MixView(LoopBuilder &loops, mixer::MixOp op);

  LoopBuilder &loops;
  mixer::MixOp op;
  mixer::MixSizes sizes;
  Expr batch, queryTokens, keyTokens;
  Operand query, key, value, bias, current, segments, positions, pastKey, pastValue, places, output;
  llvm::SmallVector<Operand> transport, initialState, finalState;
  /// State heads side by side in a vector, 0 for one at a time. The head of a Point is then the first of them.
  int64_t headLanes = 0;
  /// Complex decays that are the same at every token, when a kernel has computed them once: [2 dk, headLanes].
  mlir::Value decayTable;

  /// Width of keys: twice dk for complex transports.
  int64_t keyWidth() { return op.getTransport().isComplex() ? 2 * sizes.dk : sizes.dk; }
  /// Output heads that read one state head.
  int64_t group() const { return sizes.Ho / sizes.Hs; }
  bool normalised() { return op.getNorm().getKind() != mixer::NormKind::None; }
  bool logKeys() { return op.getLinear() && op.getLinear().getLogKeys(); }
  double scale();

  Expr load(const Operand &operand, const Point &point, int64_t width = 0);
  void store(Expr value, const Operand &operand, const Point &point);
  Expr segment(Expr b, Expr token);
  /// Key and value of a token that may be one of the past.
  Expr loadKey(const Point &point, int64_t width = 0) { return loadEither(key, pastKey, point, width); }
  Expr loadValue(const Point &point, int64_t width = 0) { return loadEither(value, pastValue, point, width); }
  /// The place of a token of the past, and how many places there are.
  Expr placeOf(Expr b, Expr token);
  Expr ringSize();

  llvm::SmallVector<Sweep> sweeps();
  Expr token(const Sweep &sweep, Expr position, Expr count) const;
  /// Position of a query of row `b` as supports see it: shifted to where the row's queries stand among the keys.
  Expr alignedPosition(Expr b, Expr position);
  /// The key token that coincides with a query.
  Expr ownKey(Expr b, Expr position) { return pastKey ? position : alignedPosition(b, position); }
  /// Position of a key token as supports see it.
  Expr keyPosition(Expr b, Expr token) { return pastKey ? alignedPosition(b, token) : token; }
  /// The first key token that queries of row `b` may see.
  Expr firstKey(Expr b);
  /// Queries of row `b` in front of position `end` see no key from here on.
  Expr visibleKeys(Expr b, Expr end);

  /// True when the support and the segments let the pair exist. Empty when every pair does.
  Expr exists(const Pair &pair);
  /// The first part of a score, for one pair or a vector of them.
  Expr scaleAndCap(Expr dot);
  /// q . k becomes the score: scale, cap, bias and score region.
  Expr score(Expr dot, const Pair &pair);
  /// numerator / (denominator + epsilon), 0 for a row without weight. When both sums were scaled, epsilon is too.
  Expr normalise(Expr numerator, Expr denominator, Expr epsilonFactor = {});

  /// Whether lanes of heads find different elements: the operand has more than one head.
  static bool differsByHead(const Operand &operand);

private:
  Exprs indices(const Operand &operand, const Point &point);
  Expr loadHeads(const Operand &operand, const Point &point);
  void storeHeads(Expr value, const Operand &operand, const Point &point);
  llvm::SmallVector<Exprs> laneIndices(const Operand &operand, const Point &point);
  Expr loadEither(const Operand &own, const Operand &past, const Point &point, int64_t width);
  Expr addBias(Expr score, const Pair &pair);
  Expr runScoreRegion(Expr score, const Pair &pair);
};

} // namespace heddle::kernels

#endif

// Tensors put together from pieces.
//
//   %x into %features[.., 64 ..]     all tokens: the new tokens of both
//   %x into fill[3 ..] [T]           behind a padding: elements lead by 3, and those in front of the first token are
//   the fill constant into %empty[0 ..] [3]   the padding of a concatenation; or tokens that are given, as an earlier
//   tail
//   a fill constant into %x[T + 3 ..] [2]     the padding behind the tokens
#include "passes/stream/Beginnings.h"
#include "passes/stream/Existence.h"
#include "passes/stream/UniformValue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

class InsertRule : public StreamRule {
public:
  bool handles(Operation *op) const override { return isa<tensor::InsertSliceOp>(op); }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// Where an insertion puts its source along the tokens of the result.
struct Place {
  enum Kind { Whole, Behind, Front, Back, Unknown } kind = Unknown;
  int64_t dim = -1;         // of the result
  int64_t offset = 0;       // of Behind: elements in front of the source; of Back: without the number of tokens
  std::string problem = {}; // of Unknown
};

Place unknown(StringRef problem) { return {Place::Unknown, -1, 0, problem.str()}; }

/// What stands in front of the tokens: one value, or a tensor.
struct Padding {
  TypedAttr value;
  Value tensor;

  explicit operator bool() const { return value || tensor; }
};

bool isAll(tensor::InsertSliceOp op, int64_t dim, TokenFlow &flow) {
  std::optional<SizeFormula> size = flow.sizes.of(op.getMixedSizes()[dim]), whole = flow.sizes.of(op.getDest(), dim);
  return isConstantIntValue(op.getMixedOffsets()[dim], 0) && size && whole && size->constant == whole->constant &&
         size->slopes == whole->slopes && size->product == whole->product;
}

/// The first `count` elements of `dest` along the tokens, where they have one value or are a tensor of their own.
Padding paddingOf(Value dest, int64_t dim, int64_t count, TokenFlow &flow) {
  if (TypedAttr splat = uniformValue(dest))
    return {splat, {}};
  auto insert = dest.getDefiningOp<tensor::InsertSliceOp>();
  if (!insert || !isConstantIntValue(insert.getMixedOffsets()[dim], 0))
    return {};
  int64_t size = getConstantIntValue(insert.getMixedSizes()[dim]).value_or(0);
  if (TypedAttr splat = uniformValue(insert.getSource()); splat && size >= count)
    return {splat, {}};
  bool isTensor = size == count && insert.getSourceType().getRank() == insert.getDestType().getRank() &&
                  flow.of(insert.getSource()).kind == Flow::Fixed;
  for (int64_t other = 0; other < insert.getDestType().getRank(); ++other)
    isTensor &= other == dim || isAll(insert, other, flow);
  return {{}, isTensor ? insert.getSource() : Value()};
}

Place placeOf(tensor::InsertSliceOp op, TokenFlow &flow) {
  TokenAxis axis = flow.tokenAxis(op.getResult());
  if (!llvm::all_of(op.getMixedStrides(), [](OpFoldResult stride) { return isConstantIntValue(stride, 1); }))
    return unknown("it writes tokens at another rate");
  if (isAll(op, axis.dim, flow))
    return {Place::Whole, axis.dim};
  for (int64_t dim = 0; dim < op.getDestType().getRank(); ++dim)
    if (dim != axis.dim && !isAll(op, dim, flow))
      return unknown("it writes a part of the tokens and a part of their features");
  std::optional<SizeFormula> offset = flow.sizes.of(op.getMixedOffsets()[axis.dim]),
                             size = flow.sizes.of(op.getMixedSizes()[axis.dim]);
  bool isBack =
      !axis.merged && offset && size && size->isConstant() && offset->multipleOf(flow.sizes.tokens) == axis.rate;
  if (isBack && offset->constant + size->constant == axis.extra && flow.of(op.getSource()).kind == Flow::Fixed)
    return {Place::Back, axis.dim, offset->constant};
  if (axis.merged || !offset || !size || !offset->isConstant())
    return unknown("it writes tokens at places that change with their number");
  if (size->isConstant() && flow.of(op.getSource()).kind == Flow::Fixed)
    return {Place::Front, axis.dim, offset->constant};
  if (size->multipleOf(flow.sizes.tokens) != axis.rate || !flow.isTokens(op.getSource()))
    return unknown("it writes a part of the tokens");
  return {Place::Behind, axis.dim, offset->constant};
}

Flow classifyInsert(tensor::InsertSliceOp op, TokenFlow &flow) {
  Flow joined = flow.join(op, op->getOperands());
  std::string problem;
  bool hasTokens = flow.axis(op.getResult(), &problem).has_value();
  if (joined.kind == Flow::Refused || (!hasTokens && problem.empty() && joined.kind != Flow::Tokens))
    return joined;
  if (!hasTokens)
    return TokenFlow::refuse(op, problem.empty() ? "it keeps tokens at fixed positions" : "it has " + problem);
  Place place = placeOf(op, flow);
  Flow source = flow.of(op.getSource()), dest = flow.of(op.getDest());
  if (place.kind == Place::Unknown)
    return TokenFlow::refuse(op, place.problem);
  if (place.kind == Place::Whole)
    return source.kind == Flow::Latest ? TokenFlow::refuse(op, "every token would see what the last token leaves")
                                       : joined;
  if (place.kind == Place::Back)
    return uniformValue(op.getSource()) ? dest : TokenFlow::refuse(op, "what it puts behind the tokens is not known");
  if (!dest.isPositions())
    return TokenFlow::refuse(op, "it joins two sequences along the tokens");
  if (place.kind == Place::Front)
    return dest;
  Padding padding = place.offset > 0 ? paddingOf(op.getDest(), place.dim, place.offset, flow) : Padding();
  bool isPlaced = !padding.tensor || !flow.sizes.rows || flow.rowDim(op.getResult());
  if (place.offset > 0 && (source.isPositions() || !padding || !isPlaced))
    return TokenFlow::refuse(op, "what it puts in front of the tokens is not known");
  return TokenFlow::withLead(op, source, source.lead + place.offset);
}

/// Whether what follows the tokens is read and is none of the values that are known here.
bool hasUnknownEnd(tensor::InsertSliceOp op, const Place &place, const StreamDemand &demand) {
  TokenAxis own = demand.flow.tokenAxis(op.getResult()), source = demand.flow.tokenAxis(op.getSource());
  int64_t behind = own.extra - place.offset - source.extra;
  if (demand.latency == 0 || behind <= 0 || uniformValue(op.getDest()))
    return false;
  Value dest = op.getDest();
  while (auto earlier = dest.getDefiningOp<tensor::InsertSliceOp>())
    dest = earlier.getDest();
  return !dest.getDefiningOp<tensor::EmptyOp>();
}

void InsertRule::classify(Operation *op, TokenFlow &flow) const {
  flow.setResults(op, classifyInsert(cast<tensor::InsertSliceOp>(op), flow));
}

void InsertRule::demand(Operation *op, StreamDemand &demand) const {
  auto insert = cast<tensor::InsertSliceOp>(op);
  Place place = placeOf(insert, demand.flow);
  Span span = demand.spanOf(op);
  if (place.kind == Place::Whole) {
    demand.need(insert.getSource(), span, op);
    demand.need(insert.getDest(), span, op);
  } else if (place.kind == Place::Back) {
    demand.need(insert.getDest(), span, op);
  } else if (place.kind == Place::Behind) {
    if (hasUnknownEnd(insert, place, demand))
      return demand.refuse(op, "what it puts behind the tokens is not known");
    Padding padding = paddingOf(insert.getDest(), place.dim, place.offset, demand.flow);
    demand.need(insert.getSource(), span + -place.offset, op, padding.value);
  }
}

/// The insertion into the same tokens of the destination.
Piece inserted(tensor::InsertSliceOp op, StreamEmitter &e, Span span) {
  auto pieceOf = [&](Value value) { return e.flow.isTokens(value) ? e.piece(value, span) : Piece{e.value(value)}; };
  Piece source = pieceOf(op.getSource()), dest = pieceOf(op.getDest());
  if (source.lifted || dest.lifted)
    source = e.lifted(source), dest = e.lifted(dest);
  SmallVector<OpFoldResult> offsets, sizes, strides = op.getMixedStrides();
  TokenAxis axis = e.flow.tokenAxis(op.getResult());
  for (auto [dim, pair] : llvm::enumerate(llvm::zip_equal(op.getMixedOffsets(), op.getMixedSizes()))) {
    offsets.push_back(e.size(std::get<0>(pair)));
    bool isAxis = int64_t(dim) == axis.dim && !axis.merged;
    sizes.push_back(isAxis ? e.plus(e.tokens(axis.rate), span.high - span.low) : e.size(std::get<1>(pair)));
  }
  if (source.lifted) {
    offsets.insert(offsets.begin(), e.getIndexAttr(0));
    sizes.insert(sizes.begin(), e.rows());
    strides.insert(strides.begin(), e.getIndexAttr(1));
  }
  return {tensor::InsertSliceOp::create(e, source.value, dest.value, offsets, sizes, strides), source.lifted};
}

/// The source, with what stands in front of it where elements in front of the first token are asked for.
Piece behind(tensor::InsertSliceOp op, StreamEmitter &e, const Place &place, Span span) {
  Padding padding = paddingOf(op.getDest(), place.dim, place.offset, e.flow);
  Span wanted = span + -place.offset;
  Piece piece = e.piece(op.getSource(), wanted, padding.value);
  if (!padding.tensor || wanted.low >= 0)
    return piece;
  Stretch stretch{place.dim, wanted.low, e.rateOf(op.getResult()), e.flow.rowDim(op.getResult())};
  return {putInFront(e, e.value(padding.tensor), piece.value, stretch), piece.lifted};
}

/// The destination, with the source behind the last token.
Piece inFrontOf(tensor::InsertSliceOp op, StreamEmitter &e, const Place &place, Span span) {
  Piece piece = e.piece(op.getDest(), span);
  return e.looksAhead() ? putBehind(e, op.getDest(), piece, span.low - place.offset, uniformValue(op.getSource()))
                        : piece;
}

void InsertRule::emit(Operation *op, StreamEmitter &e) const {
  auto insert = cast<tensor::InsertSliceOp>(op);
  Place place = placeOf(insert, e.flow);
  Span span = e.demand.spanOf(op);
  if (place.kind == Place::Whole)
    e.define(insert, inserted(insert, e, span));
  else if (place.kind == Place::Back)
    e.define(insert, inFrontOf(insert, e, place, span));
  else if (place.kind == Place::Behind)
    e.define(insert, behind(insert, e, place, span));
}

} // namespace

const StreamRule &insertRule() {
  static const InsertRule rule;
  return rule;
}

} // namespace heddle

// Slices of tensors with tokens.
//
//   all tokens                      the same slice of the new tokens
//   %x[1 ..] [T - 1]                tokens a fixed number ahead of their places: they lead that much less
//   %x[0 ..] [T / 4] [4]            every fourth token
//   %x[T - 1] [1]                   the last token: Latest
//   %table[0] [T], a constant       rows of the table at the positions of the new tokens
#include "passes/stream/Existence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

class SliceRule : public StreamRule {
public:
  bool handles(Operation *op) const override { return isa<tensor::ExtractSliceOp>(op); }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// What a slice takes of the tokens of its source.
struct Cut {
  enum Kind { Whole, Shifted, Last, Table, Unknown } kind = Unknown;
  int64_t dim = -1;         // of the source
  int64_t offset = 0;       // first token; of Last, from the number of tokens
  int64_t count = 0;        // of Last
  int64_t stride = 1;       // of Shifted
  std::string problem = {}; // of Unknown

  TokenReach reach() const { return {offset, offset, stride, 1}; }
};

Cut unknown(const Twine &problem) { return {Cut::Unknown, -1, 0, 0, 1, problem.str()}; }

/// Offset and size of a slice along the tokens.
Cut readCut(tensor::ExtractSliceOp op, TokenAxis axis, TokenFlow &flow) {
  unsigned tokens = flow.sizes.tokens;
  std::optional<SizeFormula> offset = flow.sizes.of(op.getMixedOffsets()[axis.dim]),
                             size = flow.sizes.of(op.getMixedSizes()[axis.dim]),
                             whole = flow.sizes.of(op.getSource(), axis.dim);
  int64_t stride = getConstantIntValue(op.getMixedStrides()[axis.dim]).value_or(0);
  if (!offset || !size || stride < 1)
    return unknown("it takes tokens at positions that data decide, or from the last to the first");
  bool isWhole = stride == 1 && offset->isConstant() && offset->constant == 0 && size->constant == whole->constant &&
                 size->slopes == whole->slopes && size->product == whole->product;
  if (isWhole)
    return {Cut::Whole, axis.dim};
  if (axis.merged)
    return unknown("it cuts tokens that are merged with another dimension");
  if (offset->isConstant() && size->multipleOf(tokens) * stride == axis.rate)
    return {Cut::Shifted, axis.dim, offset->constant, 0, stride};
  if (offset->multipleOf(tokens) == axis.rate && size->isConstant() && stride == 1)
    return {Cut::Last, axis.dim, offset->constant, size->constant};
  if (offset->isConstant() && size->isConstant())
    return unknown("it takes tokens at fixed positions");
  return unknown("it takes a part of the tokens that changes with their number");
}

/// A constant that has a row for each position.
Cut readTable(tensor::ExtractSliceOp op, TokenAxis axis, TokenFlow &flow) {
  llvm::SmallBitVector dropped = op.getDroppedDims();
  int64_t kept = 0, dim = 0;
  for (; dropped.test(dim) || kept++ < axis.dim; ++dim)
    ;
  std::optional<SizeFormula> offset = flow.sizes.of(op.getMixedOffsets()[dim]);
  for (int64_t other = 0; other < op.getSourceType().getRank(); ++other)
    if (other != dim && flow.dependsOnTokens(op.getMixedOffsets()[other]))
      return unknown("it takes a part of a constant that changes with the number of tokens");
  if (axis.merged || !offset || !offset->isConstant() || !isConstantIntValue(op.getMixedStrides()[dim], 1))
    return unknown("it takes a part of a constant that changes with the number of tokens");
  return {Cut::Table, dim, offset->constant};
}

Cut cutOf(tensor::ExtractSliceOp op, TokenFlow &flow) {
  if (flow.isTokens(op.getSource()))
    return readCut(op, flow.tokenAxis(op.getSource()), flow);
  std::string problem;
  if (std::optional<TokenAxis> axis = flow.axis(op.getResult(), &problem))
    return readTable(op, *axis, flow);
  return unknown(problem.empty() ? "it takes a part of a constant that changes with the number of tokens"
                                 : "it has " + problem);
}

void SliceRule::classify(Operation *op, TokenFlow &flow) const {
  auto slice = cast<tensor::ExtractSliceOp>(op);
  Flow source = flow.of(slice.getSource());
  if (source.kind == Flow::Refused)
    return flow.setResults(op, source);
  auto counts = [&](ArrayRef<OpFoldResult> list) {
    return llvm::any_of(list, [&](OpFoldResult size) { return flow.dependsOnTokens(size); });
  };
  if (source.kind != Flow::Tokens && !counts(slice.getMixedOffsets()) && !counts(slice.getMixedSizes()))
    return flow.setResults(op, flow.join(op, op->getOperands()));
  Cut cut = cutOf(slice, flow);
  if (cut.kind == Cut::Unknown || source.kind == Flow::Latest)
    return flow.setResults(op, TokenFlow::refuse(op, cut.problem));
  if (cut.kind == Cut::Table)
    return flow.setResults(op, {Flow::Tokens, kAlways});
  if (cut.kind == Cut::Whole)
    return flow.setResults(op, source);
  if (cut.kind == Cut::Shifted)
    return flow.setResults(op, TokenFlow::withLead(op, source, cut.reach().leadOf(source.lead)));
  if (source.isPositions())
    return flow.setResults(op, TokenFlow::refuse(op, "it takes the position of the last token"));
  if (cut.offset + cut.count > std::max<int64_t>(source.lead, 0))
    return flow.setResults(op, TokenFlow::refuse(op, "it takes tokens behind the last one"));
  flow.setResults(op, flow.latest(slice.getSource(), source));
}

/// Whether each row has tokens of its own.
bool isInRows(Value tensor, TokenFlow &flow) { return !flow.sizes.rows || flow.rowDim(tensor); }

/// What the last tokens are taken of: with one new block of them, the first of those taken is this far in front.
Span lastOf(Value source, const Cut &cut, const StreamDemand &demand) {
  if (demand.latency == 0)
    return {std::min<int64_t>(0, cut.offset + demand.flow.tokenAxis(source).rate), cut.offset + cut.count};
  Span newest = demand.newest(source);
  return {newest.low + cut.offset + 1, newest.high};
}

void SliceRule::demand(Operation *op, StreamDemand &demand) const {
  auto slice = cast<tensor::ExtractSliceOp>(op);
  Cut cut = cutOf(slice, demand.flow);
  Span span = demand.spanOf(op);
  if (cut.kind == Cut::Last && demand.latency > 0 && (cut.offset >= 0 || !isInRows(slice.getSource(), demand.flow)))
    demand.refuse(op, "the last token of all rows, which end at tokens of their own");
  else if (cut.kind == Cut::Last)
    demand.need(slice.getSource(), lastOf(slice.getSource(), cut, demand), op);
  else if (cut.kind != Cut::Table)
    demand.need(slice.getSource(), cut.reach().elementsOf(span), op);
}

/// The slice with the tokens already cut: of `piece`, from `offset` on.
Piece sliced(tensor::ExtractSliceOp op, StreamEmitter &e, Piece piece, int64_t dim, OpFoldResult offset,
             OpFoldResult count) {
  SmallVector<OpFoldResult> offsets, sizes, strides = op.getMixedStrides();
  for (auto [old, size] : llvm::zip_equal(op.getMixedOffsets(), op.getMixedSizes())) {
    offsets.push_back(e.size(old));
    sizes.push_back(e.size(size));
  }
  offsets[dim] = offset;
  sizes[dim] = count;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<int64_t> shape;
  for (auto [number, size] : llvm::enumerate(sizes))
    if (!dropped.test(number))
      shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  if (piece.lifted) {
    offsets.insert(offsets.begin(), e.getIndexAttr(0));
    sizes.insert(sizes.begin(), e.rows());
    strides.insert(strides.begin(), e.getIndexAttr(1));
    shape.insert(shape.begin(), ShapedType::kDynamic);
  }
  auto type = RankedTensorType::get(shape, op.getType().getElementType());
  return {tensor::ExtractSliceOp::create(e, type, piece.value, offsets, sizes, strides), piece.lifted};
}

/// Rows of a constant at the positions of the tokens. Positions behind its end read the last row: a state that is full
/// takes no further tokens, so nobody sees them; nor those in front of the first token, which read row 0.
Piece gathered(tensor::ExtractSliceOp op, StreamEmitter &e, const Cut &cut, Span span) {
  SmallVector<OpFoldResult> sizes = e.sizesOf(op.getResult(), span, e.hasRows());
  Value source = e.value(op.getSource());
  Value last = tensor::DimOp::create(e, source, cut.dim);
  last = arith::SubIOp::create(e, last, Value(arith::ConstantIndexOp::create(e, 1)));
  SmallVector<Value> starts;
  for (OpFoldResult offset : op.getMixedOffsets())
    starts.push_back(getValueOrCreateConstantIndexOp(e, e.getLoc(), e.size(offset)));
  Value empty = tensor::EmptyOp::create(e, sizes, op.getType().getElementType());
  SmallVector<utils::IteratorType> kinds(sizes.size(), utils::IteratorType::parallel);
  llvm::SmallBitVector dropped = op.getDroppedDims();
  auto body = [&](OpBuilder &b, Location at, ValueRange) {
    Value row = e.hasRows() ? Value(linalg::IndexOp::create(b, at, 0)) : Value();
    Value seen = e.position(b, row, e.rateOf(op.getResult()));
    SmallVector<Value> indices;
    for (unsigned dim = 0, loop = e.hasRows(); dim < starts.size(); ++dim) {
      Value index = starts[dim];
      if (!dropped.test(dim))
        index = arith::AddIOp::create(b, at, index, Value(linalg::IndexOp::create(b, at, loop++)));
      if (int64_t(dim) == cut.dim) {
        Value low = arith::ConstantIndexOp::create(b, at, span.low);
        index = arith::AddIOp::create(b, at, Value(arith::AddIOp::create(b, at, index, low)), seen);
        index = arith::MinSIOp::create(b, at, index, last);
        if (span.low < 0)
          index = arith::MaxSIOp::create(b, at, index, Value(arith::ConstantIndexOp::create(b, at, 0)));
      }
      indices.push_back(index);
    }
    linalg::YieldOp::create(b, at, Value(tensor::ExtractOp::create(b, at, source, indices)));
  };
  AffineMap all = e.getMultiDimIdentityMap(sizes.size());
  auto made = linalg::GenericOp::create(e, empty.getType(), ValueRange(), empty, all, kinds, body);
  return {made.getResult(0), e.hasRows()};
}

void SliceRule::emit(Operation *op, StreamEmitter &e) const {
  auto slice = cast<tensor::ExtractSliceOp>(op);
  Cut cut = cutOf(slice, e.flow);
  Span span = e.demand.spanOf(op);
  if (cut.kind == Cut::Table)
    return e.define(slice, gathered(slice, e, cut, span));
  if (cut.kind != Cut::Last) {
    TokenAxis axis = e.flow.tokenAxis(slice.getSource());
    OpFoldResult count = axis.merged ? e.size(slice.getMixedSizes()[cut.dim])
                                     : e.plus(e.tokens(axis.rate / cut.stride), span.high - span.low);
    Span wanted = cut.reach().elementsOf(span), read = e.demand.widened(slice.getSource(), wanted);
    Piece piece = e.piece(slice.getSource(), read);
    return e.define(slice, sliced(slice, e, piece, cut.dim, e.getIndexAttr(wanted.low - read.low), count));
  }
  Span wanted = lastOf(slice.getSource(), cut, e.demand);
  if (e.looksAhead()) {
    Value last = holdLast(e, slice.getSource(), e.piece(slice.getSource(), wanted).value, cut.count);
    return e.define(slice.getResult(),
                    sliced(slice, e, {last}, cut.dim, e.getIndexAttr(0), e.getIndexAttr(cut.count)).value);
  }
  OpFoldResult offset = e.plus(e.tokensOf(slice.getSource()), cut.offset - wanted.low);
  Piece piece = sliced(slice, e, e.piece(slice.getSource(), wanted), cut.dim, offset, e.getIndexAttr(cut.count));
  e.define(slice.getResult(), piece.value);
}

} // namespace

const StreamRule &sliceRule() {
  static const SliceRule rule;
  return rule;
}

} // namespace heddle

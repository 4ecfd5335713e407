#include "passes/raise/SinkColumn.h"

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "passes/raise/Raiser.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

using Kind = ElementExpr::Kind;

/// The dim that has just these axes.
static std::optional<int64_t> dimOf(const Axes &axes, ArrayRef<AxisList> dims, ArrayRef<AxisId> wanted) {
  AxisDims resolved = axes.resolveDims(dims);
  AxisList list = axes.resolve(wanted);
  auto found = llvm::find(resolved, list);
  return list.empty() || found == resolved.end() ? std::nullopt : std::optional<int64_t>(found - resolved.begin());
}

static AxisDims withDim(ArrayRef<AxisList> dims, int64_t dim, ArrayRef<AxisId> axes) {
  AxisDims changed(dims.begin(), dims.end());
  changed[dim] = AxisList(axes);
  return changed;
}

std::optional<SinkSoftmax> matchSinkSoftmax(ElementExprs &exprs, Expr weights, ArrayRef<AxisId> keys) {
  weights = stripCasts(weights);
  auto slice = weights->kind == Kind::Leaf ? weights->value.getDefiningOp<tensor::ExtractSliceOp>() : nullptr;
  if (!slice || slice.getDroppedDims().any() || !slice.hasUnitStride())
    return std::nullopt;
  Axes &axes = exprs.getAxes();
  std::optional<int64_t> dim = dimOf(axes, weights->dims, keys);
  std::optional<AxisList> all = dim ? axes.create(slice.getSource(), *dim) : std::nullopt;
  if (!all || axes.size(*all) != axes.size(keys) + 1)
    return std::nullopt;
  return SinkSoftmax{exprs.read(slice.getSource(), withDim(weights->dims, *dim, *all)), *all};
}

//===--- scores that were put together ----------------------------------------------------===//

namespace {

/// What is written into a tensor of one more score: many along `dim`, and one.
struct Pieces {
  Value ofKeys, ofSink;
};

std::optional<Pieces> piecesOf(Value tensor, int64_t dim) {
  auto outer = tensor.getDefiningOp<tensor::InsertSliceOp>();
  auto inner = outer ? outer.getDest().getDefiningOp<tensor::InsertSliceOp>() : nullptr;
  if (!inner || !inner.getDest().getDefiningOp<tensor::EmptyOp>() || outer.getDroppedDims().any() ||
      inner.getDroppedDims().any())
    return std::nullopt;
  bool isOuterOne = outer.getSourceType().getDimSize(dim) == 1, isInnerOne = inner.getSourceType().getDimSize(dim) == 1;
  if (isOuterOne == isInnerOne)
    return std::nullopt;
  return isOuterOne ? Pieces{inner.getSource(), outer.getSource()} : Pieces{outer.getSource(), inner.getSource()};
}

} // namespace

std::optional<SinkScores> splitSinkScores(ElementExprs &exprs, Expr scores, const SinkSoftmax &softmax,
                                          ArrayRef<AxisId> keys) {
  Axes &axes = exprs.getAxes();
  AxisList all = axes.resolve(softmax.all);
  SmallVector<Expr> along;
  ElementExprs::any(scores, [&](Expr expr) {
    AxisList own = axes.resolve(expr->kind == Kind::Leaf ? flatten(expr->dims) : expr->axes);
    if (containsAny(own, all))
      along.push_back(expr);
    return false;
  });
  if (along.size() != 1 || along.front()->kind != Kind::Leaf)
    return std::nullopt;
  Expr whole = along.front();
  std::optional<int64_t> dim = dimOf(axes, whole->dims, all);
  std::optional<Pieces> pieces = dim ? piecesOf(whole->value, *dim) : std::nullopt;
  if (!pieces)
    return std::nullopt;
  auto with = [&](Expr piece) {
    return exprs.rewrite(scores, [&](Expr expr) { return expr == whole ? piece : nullptr; });
  };
  Expr ofSink = exprs.read(pieces->ofSink, withDim(whole->dims, *dim, {}));
  return SinkScores{with(exprs.read(pieces->ofKeys, withDim(whole->dims, *dim, keys))), with(ofSink)};
}

//===--- one more key ---------------------------------------------------------------------===//

namespace {

/// A constant that repeats itself, as an exporter stretches it to all rows, without its repetitions.
Expr narrowed(ElementExprs &exprs, Expr leaf) {
  auto constant = leaf->kind == Kind::Leaf ? leaf->value.getDefiningOp<arith::ConstantOp>() : nullptr;
  auto elements = constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
  auto type = elements ? dyn_cast<RankedTensorType>(constant.getType()) : RankedTensorType();
  std::optional<ReferenceTensor> table =
      type && isa<FloatType>(type.getElementType()) ? ReferenceTensor::fromAttribute(elements) : std::nullopt;
  if (!table)
    return leaf;
  SmallVector<int64_t> strides = table->strides(), kept(table->shape), index(table->rank(), 0);
  for (int64_t dim = 0; dim < table->rank(); ++dim) {
    int64_t offset = 0;
    bool repeats = true;
    llvm::fill(index, 0);
    do
      repeats &= table->data[offset] == table->data[offset - index[dim] * strides[dim]], ++offset;
    while (nextIndex(index, table->shape));
    kept[dim] = repeats ? 1 : kept[dim];
  }
  if (kept == table->shape)
    return leaf;
  SmallVector<Attribute> values;
  AxisDims dims(leaf->dims);
  llvm::fill(index, 0);
  do
    values.push_back(FloatAttr::get(type.getElementType(), table->data[dot(strides, index)]));
  while (nextIndex(index, kept));
  for (auto [dim, size] : llvm::enumerate(kept))
    if (size == 1)
      dims[dim].clear();
  OpBuilder builder(constant);
  auto attribute = DenseElementsAttr::get(RankedTensorType::get(kept, type.getElementType()), values);
  return exprs.leaf(arith::ConstantOp::create(builder, constant.getLoc(), attribute), dims);
}

class Prepender {
public:
  Prepender(ElementExprs &exprs, AttentionMatch &match, SmallVectorImpl<Value> &made)
      : exprs(exprs), axes(exprs.getAxes()), match(match), made(made),
        builder(match.output.getLoc(), match.output.getDefiningOp()) {}

  bool run() {
    keys = axes.resolve(match.keyTokens);
    if (keys.size() != 1 || !prepend(match.key) || !prepend(match.value))
      return false;
    Expr scores = exprs.rewrite(match.scores, [&](Expr expr) { return shifted(expr); });
    Type index = builder.getIndexType();
    auto equal = builder.getDictionaryAttr(builder.getNamedAttr(
        "predicate", arith::CmpIPredicateAttr::get(builder.getContext(), arith::CmpIPredicate::eq)));
    Expr isSink = exprs.apply(arith::CmpIOp::getOperationName(), equal, builder.getI1Type(),
                              {exprs.index(longer, index), exprs.constant(builder.getIndexAttr(0))});
    Expr sink = exprs.rewrite(match.sink, [&](Expr expr) {
      Expr small = narrowed(exprs, expr);
      if (small != expr)
        made.push_back(small->value);
      return small != expr ? small : nullptr;
    });
    match.scores = exprs.apply<arith::SelectOp>(scores->type, {isSink, sink, scores});
    match.keyTokens = longer;
    return isApart;
  }

private:
  /// The tensor with zeros in front of its keys.
  bool prepend(Axes::Source &source) {
    AxisDims apart;
    for (AxisId axis : axes.of(source))
      apart.push_back({axis});
    source = {axes.arrange(builder, builder.getLoc(), source.value, source.dims, apart), apart};
    std::optional<int64_t> dim = dimOf(axes, source.dims, keys);
    if (!dim)
      return false;
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, builder.getLoc(), source.value), larger(sizes);
    SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)),
        ones(sizes.size(), builder.getIndexAttr(1));
    larger[*dim] = affine::makeComposedFoldedAffineApply(builder, builder.getLoc(), builder.getAffineSymbolExpr(0) + 1,
                                                         {sizes[*dim]});
    offsets[*dim] = builder.getIndexAttr(1);
    Type element = getElementTypeOrSelf(source.value);
    Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(element));
    Value empty = tensor::EmptyOp::create(builder, larger, element);
    Value zeros = linalg::FillOp::create(builder, zero, empty).getResult(0);
    source.value = tensor::InsertSliceOp::create(builder, source.value, zeros, offsets, sizes, ones);
    made.push_back(source.value);
    if (longer.empty())
      longer = axes.create(source.value, *dim).value_or(AxisList());
    source.dims = withDim(source.dims, *dim, longer);
    return !longer.empty();
  }

  /// What stood at key j stands at j + 1; null for what does not know keys.
  Expr shifted(Expr expr) {
    AxisList own = axes.resolve(expr->kind == Kind::Leaf ? flatten(expr->dims) : expr->axes);
    if (expr->kind == Kind::Apply || !containsAny(own, keys))
      return nullptr;
    if (expr->kind == Kind::Index) {
      isApart &= own == keys;
      Expr place = exprs.index(longer, expr->type);
      return exprs.apply<arith::SubIOp>(expr->type, {place, exprs.constant(builder.getIntegerAttr(expr->type, 1))});
    }
    Axes::Source source{expr->value, expr->dims};
    if (expr == match.product) {
      AxisDims dims = axes.resolveDims(expr->dims);
      for (AxisList &list : dims)
        llvm::replace(list, keys.front(), longer.front());
      return match.product = exprs.leaf(expr->value, dims);
    }
    isApart &= prepend(source);
    return exprs.leaf(source.value, source.dims);
  }

  ElementExprs &exprs;
  Axes &axes;
  AttentionMatch &match;
  SmallVectorImpl<Value> &made;
  ImplicitLocOpBuilder builder;
  AxisList keys, longer;
  bool isApart = true;
};

} // namespace

bool SinkToken::prependTo(ElementExprs &exprs, AttentionMatch &match) {
  bool isApart = Prepender(exprs, match, made).run();
  OpBuilder builder(match.output.getDefiningOp());
  reader = UnrealizedConversionCastOp::create(builder, match.output.getLoc(), builder.getIndexType(), made);
  return isApart;
}

SinkToken::~SinkToken() {
  if (reader)
    reader->erase();
  eraseUnused(made);
}

} // namespace heddle

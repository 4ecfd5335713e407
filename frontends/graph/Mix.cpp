// mixer.mix with its output and state buffers. The op's verifier checks the slots; what is computed here is only the
// result shapes.
#include "dialects/mixer/Mixer.h"
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <limits>

using namespace mlir;

namespace heddle {

namespace {

struct MixShapes {
  Dim batch, queryTokens;
  int64_t stateHeads = 1, outputHeads = 1, keyFeatures = 1, valueFeatures = 1;
};

int64_t sizeOf(const Tensor &tensor, int64_t axis, int64_t absent) {
  if (!tensor || axis >= tensor.rank())
    return absent;
  auto constant = dyn_cast<AffineConstantExpr>(tensor.shape[axis]);
  return constant ? constant.getValue() : absent;
}

// The first size that is not 1: an operand of size 1 is repeated.
Dim firstWide(GraphBuilder &g, ArrayRef<Tensor> operands, int64_t axis) {
  for (const Tensor &operand : operands)
    if (operand && operand.rank() > axis && operand.shape[axis] != g.dim(1))
      return operand.shape[axis];
  return g.dim(1);
}

// Attributes that are null get the values that Tensor.h names.
MixSpec withDefaults(MixSpec spec, MLIRContext *ctx) {
  if (!spec.layout)
    spec.layout = mixer::LayoutAttr::get(ctx, mixer::Order::Forward, mixer::Align::Start);
  if (!spec.support)
    spec.support = mixer::FullAttr::get(ctx);
  if (!spec.transport)
    spec.transport = mixer::IdentityAttr::get(ctx);
  if (!spec.score)
    spec.score = mixer::LinearAttr::get(ctx, APFloat(1.0), false);
  if (!spec.norm)
    spec.norm = mixer::NormAttr::get(ctx, mixer::NormKind::None, APFloat(0.0));
  return spec;
}

MixShapes shapesOf(GraphBuilder &g, const MixSpec &spec) {
  MixShapes shapes;
  auto transport = llvm::cast<mixer::TransportAttrInterface>(spec.transport);
  // Operands that vary with batch and token; the kernels and matrices of some transports do not.
  SmallVector<Tensor> perToken = {spec.query, spec.key, spec.value};
  bool isPositionOnly = !transport.usesQueryKey() && !isa<mixer::RegionAttr>(transport);
  if (!isPositionOnly && !isa<mixer::ConstantAttr>(transport))
    for (const Tensor &operand : spec.transportOperands)
      if (operand.rank() >= 3 && !(isa<mixer::ElementwiseAttr>(transport) && operand.rank() == 3))
        perToken.push_back(operand);
  shapes.batch = firstWide(g, perToken, 0);
  if (isa<mixer::StructuredAttr>(transport) && !spec.transportOperands.empty())
    shapes.queryTokens = spec.transportOperands.front().shape[1];
  else if (spec.query && spec.query.shape[1] != g.dim(1))
    shapes.queryTokens = spec.query.shape[1];
  else if (isa<mixer::IdentityAttr>(transport) && spec.query)
    shapes.queryTokens = spec.query.shape[1];
  else
    shapes.queryTokens = firstWide(g, perToken, 1);

  int64_t transportHeads = 1;
  for (const Tensor &operand : spec.transportOperands) {
    bool headsFirst = isPositionOnly || isa<mixer::ConstantAttr>(transport) ||
                      (isa<mixer::ElementwiseAttr>(transport) && operand.rank() == 3);
    transportHeads = std::max(transportHeads, sizeOf(operand, headsFirst ? 0 : 2, 1));
  }
  shapes.stateHeads = std::max({sizeOf(spec.key, 2, 1), sizeOf(spec.value, 2, 1), transportHeads, spec.regionHeads});
  shapes.outputHeads = std::max(sizeOf(spec.query, 2, 1), shapes.stateHeads);
  shapes.keyFeatures = sizeOf(spec.key ? spec.key : spec.query, 3, 1);
  shapes.valueFeatures = sizeOf(spec.value, 3, 1);
  return shapes;
}

template <typename ArgumentTypes>
void fillRegion(OpBuilder &b, Location loc, Region &region, ArgumentTypes types, const MixSpec::Region &body) {
  if (!body)
    return;
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(&region);
  for (Type type : types)
    block->addArgument(type, loc);
  Value result = body(b, loc, block->getArguments());
  mixer::YieldOp::create(b, loc, ValueRange{result});
}

// Types of a transport region's arguments: the state, then each transport operand without its token dimension.
SmallVector<Type> regionTypes(const MixSpec &spec, const MixShapes &shapes, Type stateElement) {
  auto batch = dyn_cast<AffineConstantExpr>(shapes.batch);
  int64_t size = batch ? batch.getValue() : ShapedType::kDynamic;
  SmallVector<Type> types = {
      RankedTensorType::get({size, shapes.stateHeads, shapes.keyFeatures, shapes.valueFeatures}, stateElement)};
  for (const Tensor &operand : spec.transportOperands) {
    auto type = llvm::cast<RankedTensorType>(operand.value.getType());
    SmallVector<int64_t> sizes(type.getShape());
    sizes.erase(sizes.begin() + 1);
    types.push_back(RankedTensorType::get(sizes, type.getElementType()));
  }
  return types;
}

SmallVector<Value> valuesOf(ArrayRef<Tensor> tensors) {
  return llvm::map_to_vector(tensors, [](const Tensor &tensor) { return tensor.value; });
}

} // namespace

// The sum S, then the normaliser z, then the running maximum m.
SmallVector<Shape> GraphBuilder::stateShapes(const MixSpec &given) {
  MixSpec spec = withDefaults(given, context());
  MixShapes shapes = shapesOf(*this, spec);
  Dim heads = dim(shapes.stateHeads), keys = dim(shapes.keyFeatures);
  SmallVector<Shape> result = {{shapes.batch, heads, keys, dim(shapes.valueFeatures)}};
  if (llvm::cast<mixer::NormAttr>(spec.norm).getKind() == mixer::NormKind::Running)
    result.push_back({shapes.batch, heads, keys});
  if (auto linear = dyn_cast<mixer::LinearAttr>(spec.score); linear && linear.getLogKeys())
    result.push_back({shapes.batch, heads, keys});
  return result;
}

SmallVector<Tensor> GraphBuilder::mix(const MixSpec &given) {
  if (!given.value || llvm::any_of(given.transportOperands, [](const Tensor &operand) { return !operand; }) ||
      llvm::any_of(given.initialState, [](const Tensor &state) { return !state; }))
    return {};
  MixSpec spec = withDefaults(given, context());
  MixShapes shapes = shapesOf(*this, spec);
  Type stateElement = spec.value.elementType.isF64() ? b.getF64Type() : b.getF32Type();
  SmallVector<Shape> resultShapes = {
      {shapes.batch, shapes.queryTokens, dim(shapes.outputHeads), dim(shapes.valueFeatures)}};
  SmallVector<Value> inits = {empty(resultShapes[0], spec.value.elementType)};
  if (spec.finalState)
    for (Shape &shape : stateShapes(spec)) {
      inits.push_back(empty(shape, stateElement));
      resultShapes.push_back(shape);
    }
  if (llvm::is_contained(inits, Value()))
    return {};
  auto op = mixer::MixOp::create(
      b, loc, ValueRange(inits).getTypes(), spec.query.value, spec.key.value, spec.value.value,
      valuesOf(spec.transportOperands), spec.bias.value, spec.current.value, spec.segments.value, spec.positions.value,
      valuesOf(spec.initialState), inits, llvm::cast<mixer::LayoutAttr>(spec.layout),
      llvm::cast<mixer::SupportAttrInterface>(spec.support), llvm::cast<mixer::TransportAttrInterface>(spec.transport),
      spec.score, llvm::cast<mixer::NormAttr>(spec.norm), mixer::FormAttr());
  Type index = b.getIndexType();
  fillRegion(b, loc, op.getScoreRegion(), SmallVector<Type>{stateElement, index, index, index, index},
             spec.scoreRegion);
  fillRegion(b, loc, op.getTransportRegion(), regionTypes(spec, shapes, stateElement), spec.transportRegion);
  SmallVector<Tensor> results;
  for (auto [value, shape] : llvm::zip_equal(op.getResults(), resultShapes))
    results.push_back(wrap(value, shape));
  return results;
}

} // namespace heddle

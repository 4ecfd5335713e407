// Writes a mixer with a transport region as a loop over tokens that carries the state.
#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_EXPANDREGIONTRANSPORTPASS
#include "passes/Passes.h.inc"

namespace {

class RegionExpansion {
public:
  explicit RegionExpansion(mixer::MixOp mix)
      : mix(mix), builder(mix), loc(mix.getLoc()), sizes(mix.getSizes()), compute(mix.getComputeType()) {}

  void expand();

private:
  Value initialState();
  Value runRegion(Value state, Value token);
  Value addUpdate(Value state, Value token);
  Value readOut(Value state, Value token);
  Value insertToken(Value output, Value row, Value token);
  Value narrow(Value row, Type element);
  Value sliceToken(Value operand, Value token);
  AffineMap mapOf(Value slice, ArrayRef<AffineExpr> indices, ArrayRef<int64_t> extents, unsigned loops);
  Value accumulate(Value init, ArrayRef<Value> inputs, ArrayRef<AffineMap> maps,
                   ArrayRef<utils::IteratorType> iterators);
  AffineExpr dim(unsigned number) { return builder.getAffineDimExpr(number); }

  mixer::MixOp mix;
  OpBuilder builder;
  Location loc;
  mixer::MixSizes sizes;
  FloatType compute;
};

} // namespace

void RegionExpansion::expand() {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0), one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value count = tensor::DimOp::create(builder, loc, mix.getOutputInit(), one);
  bool reversed = mix.getOrder() == mixer::Order::Reverse;
  auto body = [&](OpBuilder &nested, Location, Value position, ValueRange carried) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(nested.getInsertionBlock(), nested.getInsertionPoint());
    Value token = position;
    if (reversed) {
      Value last = arith::SubIOp::create(builder, loc, count, one);
      token = arith::SubIOp::create(builder, loc, last, position);
    }
    Value state = runRegion(carried[0], token);
    if (mix.getKey())
      state = addUpdate(state, token);
    Value output = insertToken(carried[1], readOut(state, token), token);
    // The next state is written over the last one: left to itself, bufferization may carry a new buffer out of the
    // loop.
    state =
        bufferization::MaterializeInDestinationOp::create(builder, loc, state.getType(), state, carried[0]).getResult();
    scf::YieldOp::create(builder, loc, ValueRange{state, output});
  };
  auto loop = scf::ForOp::create(builder, loc, zero, count, one, ValueRange{initialState(), mix.getOutputInit()}, body);
  mix.getResults().front().replaceAllUsesWith(loop.getResult(1));
  if (mix.getNumResults() > 1)
    mix.getResults()[1].replaceAllUsesWith(loop.getResult(0));
  mix.erase();
}

Value RegionExpansion::initialState() {
  auto type = cast<RankedTensorType>(mix.getTransportRegion().getArgument(0).getType());
  if (!mix.getInitialState().empty()) {
    Value state = mix.getInitialState().front();
    return state.getType() == type ? state : tensor::CastOp::create(builder, loc, type, state).getResult();
  }
  SmallVector<Value> dynamic;
  if (type.isDynamicDim(0))
    dynamic.push_back(tensor::DimOp::create(builder, loc, mix.getOutputInit(), 0));
  Value empty = tensor::EmptyOp::create(builder, loc, type, dynamic);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type.getElementType()));
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

Value RegionExpansion::runRegion(Value state, Value token) {
  Block &block = mix.getTransportRegion().front();
  IRMapping mapping;
  mapping.map(block.getArgument(0), state);
  for (auto [argument, operand] : llvm::zip(block.getArguments().drop_front(), mix.getTransportOperands())) {
    Value slice = sliceToken(operand, token);
    if (slice.getType() != argument.getType())
      slice = tensor::CastOp::create(builder, loc, argument.getType(), slice);
    mapping.map(argument, slice);
  }
  for (Operation &inner : block.without_terminator())
    builder.clone(inner, mapping);
  return mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
}

/// operand[:, token, ...] without the token dimension; a broadcast operand has one token.
Value RegionExpansion::sliceToken(Value operand, Value token) {
  auto type = cast<RankedTensorType>(operand.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)),
      strides(type.getRank(), builder.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = tensor::getMixedSizes(builder, loc, operand);
  if (type.getDimSize(1) != 1)
    offsets[1] = token;
  extents[1] = builder.getIndexAttr(1);
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + 1);
  return tensor::ExtractSliceOp::create(builder, loc, RankedTensorType::get(shape, type.getElementType()), operand,
                                        offsets, extents, strides);
}

/// Indexes `slice` by loop dimensions: 0 where it is broadcast, divided where its heads are shared.
AffineMap RegionExpansion::mapOf(Value slice, ArrayRef<AffineExpr> indices, ArrayRef<int64_t> extents, unsigned loops) {
  auto type = cast<RankedTensorType>(slice.getType());
  SmallVector<AffineExpr> results;
  for (auto [number, index] : llvm::enumerate(indices)) {
    int64_t size = type.getDimSize(number), extent = extents[number];
    if (size == extent || ShapedType::isDynamic(size))
      results.push_back(index);
    else
      results.push_back(size == 1 ? builder.getAffineConstantExpr(0) : index.floorDiv(extent / size));
  }
  return AffineMap::get(loops, 0, results, builder.getContext());
}

/// init += product of the inputs, in the compute type.
Value RegionExpansion::accumulate(Value init, ArrayRef<Value> inputs, ArrayRef<AffineMap> maps,
                                  ArrayRef<utils::IteratorType> iterators) {
  auto body = [&](OpBuilder &nested, Location at, ValueRange arguments) {
    auto widen = [&](Value value) {
      return value.getType() == compute ? value : arith::ExtFOp::create(nested, at, compute, value).getResult();
    };
    Value product = widen(arguments[0]);
    for (Value factor : arguments.slice(1, inputs.size() - 1))
      product = arith::MulFOp::create(nested, at, product, widen(factor));
    Value sum = arith::AddFOp::create(nested, at, arguments.back(), product);
    linalg::YieldOp::create(nested, at, sum);
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), inputs, init, maps, iterators, body).getResult(0);
}

/// state[b, h, n, d] += key[b, h, n] * value[b, h, d].
Value RegionExpansion::addUpdate(Value state, Value token) {
  Value key = sliceToken(mix.getKey(), token), value = sliceToken(mix.getValue(), token);
  AffineMap keyMap = mapOf(key, {dim(0), dim(1), dim(2)}, {sizes.B, sizes.Hs, sizes.dk}, 4);
  AffineMap valueMap = mapOf(value, {dim(0), dim(1), dim(3)}, {sizes.B, sizes.Hs, sizes.dv}, 4);
  SmallVector<utils::IteratorType> iterators(4, utils::IteratorType::parallel);
  return accumulate(state, {key, value}, {keyMap, valueMap, builder.getMultiDimIdentityMap(4)}, iterators);
}

/// row[b, h, d] = sum_n query[b, h, n] * state[b, h, n, d]; without a query the state has one row, which is read as it
/// is.
Value RegionExpansion::readOut(Value state, Value token) {
  auto stateType = cast<RankedTensorType>(state.getType());
  auto rowType = RankedTensorType::get({stateType.getDimSize(0), sizes.Ho, sizes.dv}, compute);
  SmallVector<Value> dynamic;
  if (rowType.isDynamicDim(0))
    dynamic.push_back(tensor::DimOp::create(builder, loc, state, 0));
  Value empty = tensor::EmptyOp::create(builder, loc, rowType, dynamic);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(compute));
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);

  AffineMap rowMap = AffineMap::get(4, 0, {dim(0), dim(1), dim(2)}, builder.getContext());
  SmallVector<Value> inputs = {state};
  SmallVector<AffineMap> maps = {
      mapOf(state, {dim(0), dim(1), dim(3), dim(2)}, {sizes.B, sizes.Ho, sizes.dk, sizes.dv}, 4)};
  if (mix.getQuery()) {
    inputs.push_back(sliceToken(mix.getQuery(), token));
    maps.push_back(mapOf(inputs.back(), {dim(0), dim(1), dim(3)}, {sizes.B, sizes.Ho, sizes.dk}, 4));
  }
  maps.push_back(rowMap);
  SmallVector<utils::IteratorType> iterators(3, utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  return accumulate(init, inputs, maps, iterators);
}

/// The row in the element type of the output.
Value RegionExpansion::narrow(Value row, Type element) {
  auto type = cast<RankedTensorType>(row.getType()).clone(element);
  SmallVector<Value> dynamic;
  if (type.isDynamicDim(0))
    dynamic.push_back(tensor::DimOp::create(builder, loc, row, 0));
  Value empty = tensor::EmptyOp::create(builder, loc, type, dynamic);
  AffineMap identity = builder.getMultiDimIdentityMap(3);
  SmallVector<utils::IteratorType> iterators(3, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location at, ValueRange arguments) {
    Value rounded = arith::TruncFOp::create(nested, at, element, arguments[0]);
    linalg::YieldOp::create(nested, at, rounded);
  };
  return linalg::GenericOp::create(builder, loc, type, row, empty, {identity, identity}, iterators, body).getResult(0);
}

Value RegionExpansion::insertToken(Value output, Value row, Value token) {
  auto type = cast<RankedTensorType>(output.getType());
  if (type.getElementType() != compute)
    row = narrow(row, type.getElementType());
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0)), strides(4, builder.getIndexAttr(1));
  SmallVector<OpFoldResult> extents = tensor::getMixedSizes(builder, loc, output);
  offsets[1] = token;
  extents[1] = builder.getIndexAttr(1);
  return tensor::InsertSliceOp::create(builder, loc, row, output, offsets, extents, strides);
}

namespace {

struct ExpandRegionTransportPass : impl::ExpandRegionTransportPassBase<ExpandRegionTransportPass> {
  void runOnOperation() override {
    SmallVector<mixer::MixOp> mixers;
    getOperation()->walk([&](mixer::MixOp mix) {
      if (mix.hasTransportRegion())
        mixers.push_back(mix);
    });
    for (mixer::MixOp mix : mixers)
      RegionExpansion(mix).expand();
  }
};

} // namespace
} // namespace heddle

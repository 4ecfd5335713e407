#include "frontends/onnx/operators/PackedTokens.h"
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<PackedTokens> readPackedTokens(NodeReader &node, int64_t index, Dim tokens) {
  GraphBuilder &g = node.g;
  Type i64 = g.builder().getI64Type();
  Tensor ends = node.tensor(index);
  if (!ends)
    return std::nullopt;
  if (ends.rank() != 1 || isa<FloatType>(ends.elementType))
    return node.fail("places where sequences begin, expected integers [sequences + 1]"), std::nullopt;
  if (!node.requireAtLeast(ends.shape[0], g.dim(2), "number of places where sequences begin"))
    return std::nullopt;
  PackedTokens result;
  result.tokens = tokens;
  ends = g.cast(ends, i64);
  result.starts = g.slice(ends, 0, g.dim(0), g.simplify(ends.shape[0] - 1));
  Tensor next = g.slice(ends, 0, g.dim(1), ends.shape[0]);
  result.lengths = g.sub(next, result.starts);
  // A row belongs to the sequence behind as many ends as are not above it.
  Tensor isBehind = g.compare(Compare::LessEqual, g.unsqueeze(next, 0), g.unsqueeze(g.iota({tokens}, 0, i64), 1));
  result.owner = g.reduce(Reduce::Sum, g.cast(isBehind, i64), 1, /*keepDims=*/false);
  return result.owner ? std::optional(result) : std::nullopt;
}

Tensor PackedTokens::isToken(GraphBuilder &g) const {
  Tensor row = g.iota({g.dim(1), tokens}, 1, lengths.elementType);
  return g.compare(Compare::Less, row, g.unsqueeze(lengths, 1));
}

static Value indexAt(OpBuilder &b, Location at, const Tensor &numbers, Value place) {
  Value number = tensor::ExtractOp::create(b, at, numbers.value, place);
  return arith::IndexCastOp::create(b, at, b.getIndexType(), number);
}

static Value clamped(OpBuilder &b, Location at, Value index, Value size) {
  return safePlace(b, at, index, b.getIndexType(), size);
}

Tensor PackedTokens::unpack(GraphBuilder &g, Tensor packed) const {
  Value size = packed ? g.dimValue(tokens) : Value();
  if (!size)
    return {};
  Shape shape = {sequences(), tokens};
  shape.append(packed.shape.begin() + 1, packed.shape.end());
  Type type = packed.elementType;
  return g.generate(shape, type, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Value length = indexAt(b, at, lengths, index[0]);
    Value isToken = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, index[1], length);
    Value row = arith::AddIOp::create(b, at, indexAt(b, at, starts, index[0]), index[1]);
    SmallVector<Value> place = {clamped(b, at, row, size)};
    llvm::append_range(place, index.drop_front(2));
    Value element = tensor::ExtractOp::create(b, at, packed.value, place);
    Value zero = arith::ConstantOp::create(b, at, b.getZeroAttr(element.getType()));
    return arith::SelectOp::create(b, at, isToken, element, zero);
  });
}

Tensor PackedTokens::pack(GraphBuilder &g, Tensor unpacked) const {
  Value count = unpacked ? g.dimValue(sequences()) : Value(), size = count ? g.dimValue(tokens) : Value();
  if (!size)
    return {};
  Shape shape = {tokens};
  shape.append(unpacked.shape.begin() + 2, unpacked.shape.end());
  return g.generate(shape, unpacked.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Value sequence = clamped(b, at, indexAt(b, at, owner, index[0]), count);
    Value row = arith::SubIOp::create(b, at, index[0], indexAt(b, at, starts, sequence));
    SmallVector<Value> place = {sequence, clamped(b, at, row, size)};
    llvm::append_range(place, index.drop_front());
    return tensor::ExtractOp::create(b, at, unpacked.value, place);
  });
}

} // namespace heddle::onnx

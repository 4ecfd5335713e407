// Constants: small ones inline, large ones as resources, which no attribute hashes.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace mlir;

namespace heddle {

// Above this a constant is stored once, byte for byte, and never printed in full.
static constexpr int64_t kInlineElements = 64;

static bool isSplat(ArrayRef<char> bytes, size_t elementBytes) {
  return bytes.size() > elementBytes &&
         std::memcmp(bytes.data(), bytes.data() + elementBytes, bytes.size() - elementBytes) == 0;
}

static DenseElementsAttr denseFromBytes(RankedTensorType type, ArrayRef<char> bytes) {
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  // Booleans come one a byte, and are kept one a bit.
  SmallVector<bool> bits;
  for (char byte : bytes)
    bits.push_back(byte != 0);
  return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
}

/// The same bytes are stored once: an exporter that unrolls a loop may write its weights for every step.
static DenseResourceElementsAttr resourceOf(RankedTensorType type, ArrayRef<char> bytes) {
  StringRef text(bytes.data(), bytes.size());
  std::string name = "constant_" + llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true);
  auto &interface = DenseResourceElementsHandle::getManagerInterface(type.getContext());
  if (auto *known = interface.getBlobManager().lookup(name))
    if (const AsmResourceBlob *blob = known->getBlob();
        blob && text == StringRef(blob->getData().data(), blob->getData().size()))
      return DenseResourceElementsAttr::get(
          type, DenseResourceElementsHandle(known, cast<BuiltinDialect>(interface.getDialect())));
  return DenseResourceElementsAttr::get(type, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64));
}

Tensor GraphBuilder::constant(ArrayRef<char> rawBytes, Type elementType, ArrayRef<int64_t> sizes) {
  Type storage = scalar::storageType(elementType);
  auto type = RankedTensorType::get(sizes, storage);
  size_t elementBytes = (storage.getIntOrFloatBitWidth() + 7) / 8;
  size_t count = type.getNumElements();
  if (rawBytes.size() != count * elementBytes)
    return fail("constant of " + Twine(count) + " elements has " + Twine(rawBytes.size()) + " bytes, expected " +
                Twine(count * elementBytes));
  ElementsAttr attribute;
  if (isSplat(rawBytes, elementBytes))
    attribute = denseFromBytes(type, rawBytes.take_front(elementBytes));
  else if (count <= kInlineElements || storage.isInteger(1))
    attribute = denseFromBytes(type, rawBytes);
  else
    attribute = resourceOf(type, rawBytes);
  Value value = arith::ConstantOp::create(b, loc, attribute);
  return {value, shape(sizes), elementType};
}

namespace {

template <typename T> ArrayRef<char> bytesOf(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

template <typename To, typename From> std::vector<To> convertAll(ArrayRef<From> values) {
  return std::vector<To>(values.begin(), values.end());
}

// Rounds to nearest even; a NaN stays a NaN.
uint16_t toBFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <typename From> std::vector<uint16_t> toBFloat16s(ArrayRef<From> values) {
  std::vector<uint16_t> result;
  result.reserve(values.size());
  for (From value : values)
    result.push_back(toBFloat16(static_cast<float>(value)));
  return result;
}

template <typename From> std::vector<uint8_t> toBooleans(ArrayRef<From> values) {
  std::vector<uint8_t> result;
  for (From value : values)
    result.push_back(value != 0);
  return result;
}

template <typename From>
Tensor typedConstant(GraphBuilder &g, ArrayRef<From> values, ArrayRef<int64_t> sizes, Type type) {
  if constexpr (std::is_same_v<From, float>)
    if (type.isF32())
      return g.constant(ArrayRef<char>(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)),
                        type, sizes);
  if (type.isF32())
    return g.constant(bytesOf(convertAll<float>(values)), type, sizes);
  if (type.isF64())
    return g.constant(bytesOf(convertAll<double>(values)), type, sizes);
  if (type.isBF16())
    return g.constant(bytesOf(toBFloat16s(values)), type, sizes);
  if (type.isF16())
    return g.constant(bytesOf(convertAll<_Float16>(values)), type, sizes);
  if (type.isInteger(1))
    return g.constant(bytesOf(toBooleans(values)), type, sizes);
  switch (type.getIntOrFloatBitWidth()) {
  case 8:
    return g.constant(bytesOf(convertAll<int8_t>(values)), type, sizes);
  case 16:
    return g.constant(bytesOf(convertAll<int16_t>(values)), type, sizes);
  case 32:
    return g.constant(bytesOf(convertAll<int32_t>(values)), type, sizes);
  case 64:
    return g.constant(bytesOf(convertAll<int64_t>(values)), type, sizes);
  default:
    return g.fail(
        "constants of this element type are not supported, expected f16, bf16, f32, f64 or an integer of 1 to 64 bits");
  }
}

} // namespace

Tensor GraphBuilder::constant(ArrayRef<float> values, ArrayRef<int64_t> sizes, Type type) {
  return typedConstant(*this, values, sizes, type ? type : b.getF32Type());
}

Tensor GraphBuilder::constant(ArrayRef<int64_t> values, ArrayRef<int64_t> sizes, Type type) {
  return typedConstant(*this, values, sizes, type ? type : b.getI64Type());
}

Tensor GraphBuilder::splat(double value, Shape shape, Type type) {
  for (Dim &dim : shape)
    dim = simplify(dim);
  TypedAttr element = scalar::attribute(value, type);
  SmallVector<int64_t> sizes;
  for (Dim dim : shape)
    if (auto constant = dyn_cast<AffineConstantExpr>(dim))
      sizes.push_back(constant.getValue());
  if (sizes.size() == shape.size()) {
    auto tensorType = RankedTensorType::get(sizes, scalar::storageType(type));
    Value constant =
        arith::ConstantOp::create(b, loc, DenseElementsAttr::get(tensorType, ArrayRef<Attribute>(element)));
    return {constant, shape, type};
  }
  Value destination = empty(shape, type);
  if (!destination)
    return {};
  Value start = arith::ConstantOp::create(b, loc, element);
  return {linalg::FillOp::create(b, loc, start, destination).getResult(0), shape, type};
}

} // namespace heddle

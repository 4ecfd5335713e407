#include "frontends/onnx/TensorData.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

using namespace mlir;

namespace heddle::onnx {

//===--- element types --------------------------------------------------------------------===//

static constexpr const char *typeNames[] = {
    "undefined", "float32",    "uint8",      "int8",         "uint16",         "int16",      "int32",
    "int64",     "string",     "bool",       "float16",      "float64",        "uint32",     "uint64",
    "complex64", "complex128", "bfloat16",   "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
    "uint4",     "int4",       "float4e2m1", "float8e8m0",   "uint2",          "int2"};

std::string elementTypeName(int32_t dataType) {
  if (dataType >= 0 && dataType < static_cast<int32_t>(std::size(typeNames)))
    return typeNames[dataType];
  return "element type " + std::to_string(dataType);
}

static Type supportedType(int32_t dataType, MLIRContext *context) {
  Builder b(context);
  switch (dataType) {
  case 1:
    return b.getF32Type();
  case 2:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case 3:
    return b.getIntegerType(8);
  case 4:
    return IntegerType::get(context, 16, IntegerType::Unsigned);
  case 5:
    return b.getIntegerType(16);
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return IntegerType::get(context, 32, IntegerType::Unsigned);
  case 13:
    return IntegerType::get(context, 64, IntegerType::Unsigned);
  case 16:
    return b.getBF16Type();
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return IntegerType::get(context, 4, IntegerType::Unsigned);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return IntegerType::get(context, 2, IntegerType::Unsigned);
  case 26:
    return b.getIntegerType(2);
  default:
    return {};
  }
}

Type convertElementType(int32_t dataType, StringRef what, MLIRContext *context, EmitError emitError) {
  Type type = supportedType(dataType, context);
  if (!type)
    emitError() << what
                << ", expected elements of type bool, float4 to float64, bfloat16, int2 to int64 or uint2 to uint64 "
                   "but got "
                << elementTypeName(dataType);
  return type;
}

//===--- typed fields ---------------------------------------------------------------------===//

static int64_t elementBytes(Type type) { return std::max<int64_t>(1, type.getIntOrFloatBitWidth() / 8); }

template <typename To, typename Field> static std::string packed(const Field &field) {
  std::string bytes(field.size() * sizeof(To), '\0');
  for (int i = 0; i < field.size(); ++i)
    llvm::support::endian::write<To, llvm::endianness::little>(bytes.data() + i * sizeof(To),
                                                               static_cast<To>(field[i]));
  return bytes;
}

template <typename Field> static std::string packedFloats(const Field &field) {
  using Float = typename Field::value_type;
  std::string bytes(field.size() * sizeof(Float), '\0');
  for (int i = 0; i < field.size(); ++i)
    std::memcpy(bytes.data() + i * sizeof(Float), &field[i], sizeof(Float));
  return bytes;
}

// Elements from the typed field of the element type; 16-bit floats, small integers and booleans share int32_data.
static std::string typedBytes(const TensorProto &proto, Type type) {
  if (type.isF32())
    return packedFloats(proto.float_data());
  if (type.isF64())
    return packedFloats(proto.double_data());
  if (type.isUnsignedInteger() && type.getIntOrFloatBitWidth() >= 32)
    return type.getIntOrFloatBitWidth() == 64 ? packed<uint64_t>(proto.uint64_data())
                                              : packed<uint32_t>(proto.uint64_data());
  if (type.isInteger(64))
    return packed<int64_t>(proto.int64_data());
  if (type.isInteger(32))
    return packed<int32_t>(proto.int32_data());
  return elementBytes(type) == 2 ? packed<uint16_t>(proto.int32_data()) : packed<uint8_t>(proto.int32_data());
}

// Elements narrower than a byte are packed, the first in the low bits; unpacked, each has a byte.
static bool isPacked(Type type) { return !type.isInteger(1) && type.getIntOrFloatBitWidth() < 8; }

static std::string unpacked(const std::string &packed, Type type, int64_t count) {
  unsigned width = type.getIntOrFloatBitWidth(), each = 8 / width;
  bool isSigned = isa<IntegerType>(type) && !type.isUnsignedInteger();
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) {
    unsigned bits = static_cast<uint8_t>(packed[i / each]) >> (i % each * width) & ((1u << width) - 1);
    bool isNegative = isSigned && bits >> (width - 1);
    bytes.push_back(static_cast<char>(isNegative ? bits | ~((1u << width) - 1) : bits));
  }
  return bytes;
}

// Bytes of the stored tensor.
static std::optional<int64_t> checkSize(const TensorProto &proto, Type type, StringRef what, EmitError emitError) {
  ArrayRef<int64_t> dims(proto.dims().data(), proto.dims_size());
  std::optional<int64_t> count = elementCount(dims);
  if (count && isPacked(type))
    return llvm::divideCeil(*count * type.getIntOrFloatBitWidth(), 8);
  if (count)
    return *count * elementBytes(type);
  auto diagnostic = emitError() << what << " has dimensions [";
  llvm::interleaveComma(dims, diagnostic);
  diagnostic << "], expected no negative one and a product of at most 2^48";
  return std::nullopt;
}

std::optional<ConstantData> readTensor(const TensorProto &proto, StringRef what, StringRef modelPath,
                                       MLIRContext *context, EmitError emitError) {
  ConstantData result;
  result.elementType = convertElementType(proto.data_type(), what, context, emitError);
  if (!result.elementType)
    return std::nullopt;
  std::optional<int64_t> expected = checkSize(proto, result.elementType, what, emitError);
  if (!expected)
    return std::nullopt;
  result.shape.assign(proto.dims().begin(), proto.dims().end());
  std::string bytes;
  if (proto.data_location() == 1) {
    std::optional<std::string> external = readExternalData(proto, *expected, what, modelPath, emitError);
    if (!external)
      return std::nullopt;
    bytes = std::move(*external);
  } else {
    bytes = proto.has_raw_data() ? proto.raw_data() : typedBytes(proto, result.elementType);
  }
  if (static_cast<int64_t>(bytes.size()) != *expected) {
    emitError() << what << " has data of " << bytes.size() << " bytes, expected " << *expected << " for "
                << *elementCount(result.shape) << " elements of type " << elementTypeName(proto.data_type());
    return std::nullopt;
  }
  if (isPacked(result.elementType))
    bytes = unpacked(bytes, result.elementType, *elementCount(result.shape));
  if (result.elementType.isInteger(1)) // any non-zero byte is true
    for (char &byte : bytes)
      byte = byte != 0;
  result.bytes = std::make_shared<const std::string>(std::move(bytes));
  return result;
}

//===--- decoding -------------------------------------------------------------------------===//

static int64_t readInteger(const char *data, Type type) {
  using namespace llvm::support::endian;
  switch (elementBytes(type)) {
  case 1:
    return type.isUnsignedInteger() || type.isInteger(1) ? static_cast<int64_t>(static_cast<uint8_t>(*data))
                                                         : *reinterpret_cast<const int8_t *>(data);
  case 2:
    return type.isUnsignedInteger() ? static_cast<int64_t>(read16le(data)) : static_cast<int16_t>(read16le(data));
  case 4:
    return type.isUnsignedInteger() ? static_cast<int64_t>(read32le(data)) : static_cast<int32_t>(read32le(data));
  default:
    return static_cast<int64_t>(read64le(data));
  }
}

static double readFloat(const char *data, FloatType type) {
  uint64_t bits = 0;
  std::memcpy(&bits, data, elementBytes(type));
  llvm::APFloat number(type.getFloatSemantics(), llvm::APInt(type.getWidth(), bits, false, /*implicitTrunc=*/true));
  bool lost;
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return number.convertToDouble();
}

std::optional<Literal> decode(const ConstantData &constant) {
  std::optional<int64_t> count = elementCount(constant.shape);
  if (!count || *count > maxLiteralElements)
    return std::nullopt;
  Literal result{constant.elementType, constant.shape, {}};
  int64_t stride = elementBytes(constant.elementType);
  MLIRContext *context = constant.elementType.getContext();
  for (int64_t i = 0; i < *count; ++i) {
    const char *data = constant.bytes->data() + i * stride;
    if (auto floating = dyn_cast<FloatType>(constant.elementType))
      result.elements.push_back({Dim(), readFloat(data, floating)});
    else
      result.elements.push_back({getAffineConstantExpr(readInteger(data, constant.elementType), context)});
  }
  return result;
}

} // namespace heddle::onnx

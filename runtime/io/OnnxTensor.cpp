#include "runtime/io/OnnxTensor.h"
#include "runtime/io/Files.h"
#include <cstring>

namespace heddle::io {

namespace {

// TensorProto: field numbers, and the data_type values that have a DType.
enum Field : uint64_t {
  Dims = 1,
  DataType = 2,
  Segment = 3,
  FloatData = 4,
  Int32Data = 5,
  StringData = 6,
  Int64Data = 7,
  NameField = 8,
  RawData = 9,
  DoubleData = 10,
  ExternalData = 13,
  DataLocation = 14
};
enum Wire : uint64_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct OnnxType {
  uint64_t number;
  DType dtype;
  Field data; // the typed field that may carry it instead of raw_data
};
constexpr OnnxType kTypes[] = {{1, DType::F32, FloatData},  {2, DType::U8, Int32Data},    {3, DType::I8, Int32Data},
                               {6, DType::I32, Int32Data},  {7, DType::I64, Int64Data},   {9, DType::Bool, Int32Data},
                               {10, DType::F16, Int32Data}, {11, DType::F64, DoubleData}, {16, DType::BF16, Int32Data}};

/// The wire format: (field, wire type) keys followed by a number or a run of bytes.
class WireReader {
public:
  explicit WireReader(std::string_view bytes) : bytes(bytes) {}
  bool done() const { return at == bytes.size(); }
  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at == bytes.size())
        return false;
      uint64_t byte = static_cast<unsigned char>(bytes[at++]);
      if (shift < 64)
        value |= (byte & 0x7f) << shift;
      if (byte < 0x80)
        return true;
    }
    return false;
  }
  bool fixed(size_t width, uint64_t &value) {
    value = 0;
    if (bytes.size() - at < width)
      return false;
    std::memcpy(&value, bytes.data() + at, width);
    at += width;
    return true;
  }
  bool run(std::string_view &value) {
    uint64_t length = 0;
    if (!varint(length) || length > bytes.size() - at)
      return false;
    value = bytes.substr(at, length);
    at += length;
    return true;
  }

private:
  std::string_view bytes;
  size_t at = 0;
};

struct Proto {
  std::vector<int64_t> dims;
  uint64_t dataType = 0;
  std::string name;
  bool hasRaw = false;
  std::string_view raw;
  std::string typed; // the elements of the typed field, each `typedWidth` bytes
  Field typedField = RawData;
};

size_t typedWidth(Field field) { return field == Int64Data || field == DoubleData ? 8 : 4; }

class ProtoParser {
public:
  ProtoParser(std::string_view bytes, const std::string &where) : reader(bytes), where(where) {}

  Result<Proto> parse() {
    while (!reader.done()) {
      uint64_t key = 0;
      if (!reader.varint(key))
        return truncated();
      if (Status status = field(static_cast<Field>(key >> 3), static_cast<Wire>(key & 7)); !status)
        return status.error();
    }
    return proto;
  }

private:
  Status field(Field number, Wire wire) {
    uint64_t value = 0;
    std::string_view run;
    bool read = wire == Bytes     ? reader.run(run)
                : wire == Varint  ? reader.varint(value)
                : wire == Fixed32 ? reader.fixed(4, value)
                : wire == Fixed64 ? reader.fixed(8, value)
                                  : false;
    if (!read)
      return truncated();
    switch (number) {
    case Dims:
    case FloatData:
    case Int32Data:
    case Int64Data:
    case DoubleData:
      return wire == Bytes ? packed(number, run) : one(number, value);
    case DataType:
      proto.dataType = value;
      return {};
    case NameField:
      proto.name = std::string(run);
      return {};
    case RawData:
      proto.hasRaw = true;
      proto.raw = run;
      return {};
    case Segment:
      return Error{where, "tensor", "one without segments", "a segment"};
    case StringData:
      return Error{where, "element type", "numbers", "strings"};
    case ExternalData:
      return Error{where, "data", "in the file itself", "external data"};
    case DataLocation:
      if (value != 0)
        return Error{where, "data", "in the file itself", "external data"};
      return {};
    default:
      return {}; // documentation and fields of later versions
    }
  }

  Status packed(Field number, std::string_view run) {
    bool isFixed = number == FloatData || number == DoubleData;
    WireReader inner(run);
    while (!inner.done()) {
      uint64_t value = 0;
      if (!(isFixed ? inner.fixed(typedWidth(number), value) : inner.varint(value)))
        return truncated();
      if (Status status = one(number, value); !status)
        return status;
    }
    return {};
  }

  Status one(Field number, uint64_t value) {
    if (number == Dims) {
      if (proto.dims.size() == 32)
        return Error{where, "rank", "at most 32", "more"};
      proto.dims.push_back(static_cast<int64_t>(value));
      return {};
    }
    if (proto.typedField != RawData && proto.typedField != number)
      return Error{where, "data", "in one typed field", "in two"};
    proto.typedField = number;
    proto.typed.append(reinterpret_cast<const char *>(&value), typedWidth(number));
    return {};
  }

  Error truncated() const { return Error{where, "file", "an ONNX TensorProto", "malformed protobuf"}; }

  WireReader reader;
  const std::string &where;
  Proto proto;
};

/// Copies typed elements; int32_data carries the narrow types in the low bits of each value.
void copyTyped(const Proto &proto, HostTensor &tensor) {
  size_t from = typedWidth(proto.typedField), to = dtypeSize(tensor.dtype);
  for (int64_t i = 0, e = tensor.numElements(); i < e; ++i)
    std::memcpy(tensor.data() + static_cast<size_t>(i) * to, proto.typed.data() + static_cast<size_t>(i) * from, to);
}

Status fill(const Proto &proto, const OnnxType &type, const std::string &where, HostTensor &tensor) {
  std::string text = "data of " + describeTensor(tensor.dtype, tensor.shape);
  if (proto.hasRaw) {
    if (proto.raw.size() != tensor.byteSize)
      return Error{where, text, std::to_string(tensor.byteSize) + " bytes", std::to_string(proto.raw.size())};
    if (tensor.byteSize != 0)
      std::memcpy(tensor.data(), proto.raw.data(), tensor.byteSize);
    return {};
  }
  size_t count = proto.typed.size() / typedWidth(proto.typedField);
  bool rightField = count == 0 || proto.typedField == type.data;
  if (!rightField)
    return Error{where, text, "raw_data or the field of its type", "another typed field"};
  if (count != static_cast<size_t>(tensor.numElements()))
    return Error{where, text, std::to_string(tensor.numElements()) + " elements", std::to_string(count)};
  copyTyped(proto, tensor);
  return {};
}

} // namespace

Result<NamedTensor> parseOnnxTensor(std::string_view bytes, const std::string &where) {
  Result<Proto> proto = ProtoParser(bytes, where).parse();
  if (!proto)
    return proto.error();
  const OnnxType *type = nullptr;
  for (const OnnxType &candidate : kTypes)
    if (candidate.number == proto->dataType)
      type = &candidate;
  if (!type)
    return Error{where, "data_type", "one of float double float16 bfloat16 int64 int32 int8 uint8 bool",
                 std::to_string(proto->dataType)};
  // The data's size, known from the file, bounds what the dimensions may ask for.
  Result<size_t> size = tensorByteSize(type->dtype, proto->dims);
  size_t available =
      proto->hasRaw ? proto->raw.size() : proto->typed.size() / typedWidth(proto->typedField) * dtypeSize(type->dtype);
  if (size && *size > available)
    return Error{where, "data of " + describeTensor(type->dtype, proto->dims), std::to_string(*size) + " bytes",
                 std::to_string(available)};
  Result<HostTensor> tensor = makeTensor(type->dtype, proto->dims);
  if (!tensor)
    return Error{where, tensor.error().what, tensor.error().expected, tensor.error().got};
  if (Status status = fill(*proto, *type, where, *tensor); !status)
    return status.error();
  return NamedTensor{proto->name, *tensor};
}

Result<NamedTensor> readOnnxTensor(const std::string &path) {
  Result<MappedFile> file = mapFile(path);
  if (!file)
    return file.error();
  return parseOnnxTensor(file->view(), path);
}

} // namespace heddle::io

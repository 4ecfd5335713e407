#include "runtime/io/Npy.h"
#include "runtime/io/Files.h"
#include "runtime/io/NpyDict.h"
#include <cstring>

namespace heddle::io {

namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeader = 1 << 20;

struct Descr {
  DType dtype;
  const char *text;
};
// One spelling per type to write; reading also takes "=" for native and "|" for one-byte types.
constexpr Descr kDescrs[] = {{DType::F32, "<f4"}, {DType::F64, "<f8"}, {DType::F16, "<f2"}, {DType::BF16, "<V2"},
                             {DType::I64, "<i8"}, {DType::I32, "<i4"}, {DType::I16, "<i2"}, {DType::I8, "|i1"},
                             {DType::U64, "<u8"}, {DType::U32, "<u4"}, {DType::U16, "<u2"}, {DType::U8, "|u1"},
                             {DType::Bool, "|b1"}};

/// Null for the types that npy has no name for.
const char *findDescr(DType dtype) {
  for (const Descr &known : kDescrs)
    if (known.dtype == dtype)
      return known.text;
  return nullptr;
}

Result<DType> parseDescr(const std::string &descr, const std::string &where) {
  for (const Descr &known : kDescrs) {
    bool oneByte = dtypeSize(known.dtype) == 1;
    bool order = !descr.empty() && (descr[0] == '<' || descr[0] == '=' || descr[0] == '|') &&
                 (oneByte || descr[0] != '|' || known.dtype == DType::BF16);
    if (order && descr.substr(1) == known.text + 1)
      return known.dtype;
  }
  std::string got = descr.find('O') != std::string::npos ? descr + " (Python objects, which are never loaded)" : descr;
  return Error{where, "descr", "one of <f4 <f8 <f2 <V2 (bf16) <i8 <i4 <i2 |i1 <u8 <u4 <u2 |u1 |b1", got};
}

/// Bytes before the dict and its length, from the magic and version.
Result<std::pair<size_t, size_t>> headerExtent(std::string_view file, const std::string &where) {
  if (file.substr(0, kMagic.size()) != kMagic || file.size() < 10)
    return Error{where, "file", "an npy file (magic \\x93NUMPY)", "something else"};
  auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(file[i])); };
  size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    return Error{where, "npy version", "1.0, 2.0 or 3.0", std::to_string(version) + "." + std::to_string(byte(7))};
  size_t start = version == 1 ? 10 : 12;
  if (file.size() < start)
    return Error{where, "file size", "at least 12 bytes", std::to_string(file.size())};
  size_t length = byte(8) | byte(9) << 8;
  if (version > 1)
    length |= byte(10) << 16 | byte(11) << 24;
  if (length > kMaxHeader)
    return Error{where, "header size", "at most " + std::to_string(kMaxHeader), std::to_string(length)};
  return std::make_pair(start, length);
}

Result<NpyHeader> parseHeader(std::string_view text, const std::string &where) {
  Result<NpyDict> dict = parseNpyDict(text, where);
  if (!dict)
    return dict.error();
  Result<DType> dtype = parseDescr(dict->descr, where);
  if (!dtype)
    return dtype.error();
  return NpyHeader{*dtype, dict->shape, dict->fortranOrder};
}

/// Copies column-major `source` into row-major order, one output element after the other.
void copyFromFortran(const std::byte *source, HostTensor &tensor) {
  size_t width = dtypeSize(tensor.dtype), rank = tensor.shape.size();
  std::vector<int64_t> index(rank, 0), stride(rank, 1);
  for (size_t d = 1; d < rank; ++d)
    stride[d] = stride[d - 1] * tensor.shape[d - 1];
  int64_t count = tensor.numElements(), from = 0;
  for (int64_t to = 0; to < count; ++to) {
    std::memcpy(tensor.data() + static_cast<size_t>(to) * width, source + static_cast<size_t>(from) * width, width);
    for (size_t d = rank; d-- > 0;) {
      from += stride[d];
      if (++index[d] < tensor.shape[d])
        break;
      from -= stride[d] * tensor.shape[d];
      index[d] = 0;
    }
  }
}

} // namespace

Result<HostTensor> parseNpy(std::string_view file, const std::string &where) {
  auto extent = headerExtent(file, where);
  if (!extent)
    return extent.error();
  auto [start, length] = *extent;
  if (length > file.size() - start)
    return Error{where, "header size", "at most the file's " + std::to_string(file.size() - start),
                 std::to_string(length)};
  Result<NpyHeader> header = parseHeader(file.substr(start, length), where);
  if (!header)
    return header.error();
  Result<size_t> size = tensorByteSize(header->dtype, header->shape);
  if (!size)
    return Error{where, size.error().what, size.error().expected, size.error().got};
  std::string_view body = file.substr(start + length);
  if (body.size() != *size) // checked before memory is taken: the file's size bounds it
    return Error{where, "data of " + describeTensor(header->dtype, header->shape), std::to_string(*size) + " bytes",
                 std::to_string(body.size())};
  Result<HostTensor> tensor = makeTensor(header->dtype, header->shape);
  if (!tensor)
    return Error{where, tensor.error().what, tensor.error().expected, tensor.error().got};
  const std::byte *source = reinterpret_cast<const std::byte *>(body.data());
  if (header->fortranOrder && header->shape.size() > 1)
    copyFromFortran(source, *tensor);
  else if (*size != 0)
    std::memcpy(tensor->data(), source, *size);
  return tensor;
}

Result<HostTensor> readNpy(const std::string &path) {
  Result<MappedFile> file = mapFile(path);
  if (!file)
    return file.error();
  return parseNpy(file->view(), path);
}

Result<NpyHeader> readNpyHeader(const std::function<Status(char *data, size_t size)> &read, const std::string &where) {
  std::string front(10, '\0');
  if (Status status = read(front.data(), front.size()); !status)
    return status.error();
  if (bool longLength = front.substr(0, kMagic.size()) == kMagic && front[6] > 1; longLength) {
    front.resize(12);
    if (Status status = read(&front[10], 2); !status)
      return status.error();
  }
  auto extent = headerExtent(front, where);
  if (!extent)
    return extent.error();
  std::string dict(extent->second, '\0');
  if (Status status = read(dict.data(), dict.size()); !status)
    return status.error();
  return parseHeader(dict, where);
}

Status checkNpyType(DType dtype, const std::string &where) {
  if (findDescr(dtype))
    return {};
  return Error{where, "type of the tensor", "one that npy has", dtypeName(dtype)};
}

std::string npyHeader(DType dtype, const std::vector<int64_t> &sizes, size_t atLeast) {
  std::string shape;
  for (size_t i = 0; i < sizes.size(); ++i)
    shape += (i ? ", " : "") + std::to_string(sizes[i]);
  if (sizes.size() == 1)
    shape += ",";
  std::string dict =
      std::string("{'descr': '") + findDescr(dtype) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  size_t prefix = dict.size() + 1 + 10 > 65535 ? 12 : 10;
  if (dict.size() + 1 + prefix < atLeast)
    dict.append(atLeast - dict.size() - 1 - prefix, ' ');
  dict.append(63 - (prefix + dict.size()) % 64, ' '); // data starts at a multiple of 64
  dict += '\n';
  std::string header(kMagic);
  header += prefix == 10 ? '\1' : '\2';
  header += '\0';
  for (size_t i = 0; i < prefix - 8; ++i)
    header += static_cast<char>(dict.size() >> (8 * i) & 0xff);
  return header + dict;
}

Status writeNpy(const std::string &path, const HostTensor &tensor) {
  if (Status status = checkNpyType(tensor.dtype, path); !status)
    return status;
  FileReplacer file(path);
  std::string header = npyHeader(tensor.dtype, tensor.shape);
  if (Status status = file.open(); !status)
    return status;
  if (Status status = file.append(header.data(), header.size()); !status)
    return status;
  if (Status status = file.append(tensor.data(), tensor.byteSize); !status)
    return status;
  return file.commit();
}

} // namespace heddle::io

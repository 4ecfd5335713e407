#include "runtime/tools/stream/TokenSource.h"

#include "runtime/io/Npy.h"
#include "runtime/io/TensorSpec.h"
#include "runtime/tools/stream/Endpoint.h"
#include "runtime/tools/stream/TextTokens.h"
#include <algorithm>
#include <cstring>

namespace heddle {
namespace {

/// The tokens of a row of this shape.
io::Result<int64_t> countTokens(const std::string &where, const StepTensor &tensor, io::DType dtype,
                                const std::vector<int64_t> &shape) {
  auto at = static_cast<size_t>(tensor.tokensAt);
  int64_t tokens = at < shape.size() ? shape[at] : 1;
  if (dtype == tensor.dtype && shape == tensor.shapeAt(tokens))
    return tokens;
  bool isBatch =
      tensor.rowsAt >= 0 && shape.size() == tensor.shape.size() && shape[static_cast<size_t>(tensor.rowsAt)] > 1;
  return io::Error{where, "input '" + tensor.name() + "'", io::describeTensor(tensor.dtype, tensor.shapeAt(tokens)),
                   io::describeTensor(dtype, shape) + (isBatch ? ": several sequences need --rows" : "")};
}

/// A tensor in memory.
class TensorSource : public TokenSource {
public:
  TensorSource(io::HostTensor tensor, int64_t tokens) : tensor(std::move(tensor)), tokens(tokens) {}

  io::Result<int64_t> read(io::HostTensor &into, int64_t count) override {
    int64_t taken = std::min(count, tokens - at);
    if (taken == 0)
      return taken;
    size_t bytes = tensor.byteSize / static_cast<size_t>(tokens);
    std::memcpy(into.data(), tensor.data() + static_cast<size_t>(at) * bytes, static_cast<size_t>(taken) * bytes);
    at += taken;
    return taken;
  }
  int64_t length() const override { return tokens; }

private:
  io::HostTensor tensor;
  int64_t tokens, at = 0;
};

/// Elements as they lie in memory, perhaps with a number of tokens that was promised in front.
class ByteTokens : public TokenSource {
public:
  ByteTokens(ByteSource source, size_t tokenBytes, int64_t tokens)
      : source(std::move(source)), tokenBytes(tokenBytes), tokens(tokens), left(tokens) {}

  io::Result<int64_t> read(io::HostTensor &into, int64_t count) override {
    if (tokens >= 0)
      count = std::min(count, left);
    if (count == 0 && source.next() >= 0)
      return io::Error{source.name(), "bytes behind the last token", "none", "more"};
    io::Result<size_t> got = source.read(into.data(), static_cast<size_t>(count) * tokenBytes);
    if (!got)
      return got.error();
    if (*got % tokenBytes)
      return io::Error{source.name(), "bytes of a token", std::to_string(tokenBytes),
                       std::to_string(*got % tokenBytes)};
    auto taken = static_cast<int64_t>(*got / tokenBytes);
    left -= taken;
    if (tokens >= 0 && taken < count)
      return io::Error{source.name(), "tokens", std::to_string(tokens), std::to_string(tokens - left)};
    return taken;
  }
  int64_t length() const override { return tokens; }

private:
  ByteSource source;
  size_t tokenBytes;
  int64_t tokens, left;
};

using SourcePtr = std::unique_ptr<TokenSource>;

io::Result<SourcePtr> openNpy(ByteSource source, const StepTensor &tensor) {
  auto read = [&](char *data, size_t size) { return source.fill(data, size); };
  io::Result<io::NpyHeader> header = io::readNpyHeader(read, source.name());
  if (!header)
    return header.error();
  if (header->fortranOrder && header->shape.size() > 1)
    return io::Error{source.name(), "order of the elements", "row-major", "column-major (Fortran)"};
  io::Result<int64_t> tokens = countTokens(source.name(), tensor, header->dtype, header->shape);
  if (!tokens)
    return tokens.error();
  return SourcePtr(new ByteTokens(std::move(source), tensor.bytes(), *tokens));
}

} // namespace

io::Result<SourcePtr> openTokenSource(const std::string &spec, const StepTensor &tensor) {
  if (io::Status status = checkTokens(tensor); !status)
    return status.error();
  std::optional<Endpoint> endpoint = parseEndpoint(spec);
  if (!endpoint) {
    io::Result<io::HostTensor> given = io::parseTensorSpec(spec);
    if (!given)
      return given.error();
    io::Result<int64_t> tokens = countTokens("", tensor, given->dtype, given->shape);
    if (!tokens)
      return tokens.error();
    return SourcePtr(new TensorSource(std::move(*given), *tokens));
  }
  io::Result<ByteSource> source = ByteSource::open(endpoint->path);
  if (!source)
    return source.error();
  switch (endpoint->format) {
  case TokenFormat::Npy:
    return openNpy(std::move(*source), tensor);
  case TokenFormat::Raw:
    return SourcePtr(new ByteTokens(std::move(*source), tensor.bytes(), -1));
  case TokenFormat::Text:
    return SourcePtr(new TextTokens(std::move(*source), tensor));
  case TokenFormat::Lines:
    break;
  }
  return io::Error{"", "--input of '" + tensor.name() + "' for one sequence",
                   "@FILE.npy, npy:FILE, raw:FILE or text:FILE", "'" + spec + "': name --rows"};
}

} // namespace heddle

#include "runtime/tools/stream/TokenSink.h"

#include "runtime/io/Npy.h"
#include "runtime/tools/stream/TextTokens.h"

namespace heddle {

io::Result<TokenSink> TokenSink::open(const std::string &spec, StepTensor tensor, int64_t length) {
  std::optional<Endpoint> endpoint = parseEndpoint(spec);
  if (!endpoint || endpoint->format == TokenFormat::Lines)
    return io::Error{"", "--output of '" + tensor.name() + "'", "@FILE.npy, npy:FILE, raw:FILE or text:FILE",
                     "'" + spec + "'"};
  if (io::Status status = checkTokens(tensor); !status)
    return status.error();
  if (tensor.isOfAll())
    return io::Error{"", "--output of '" + tensor.name() + "'", "one with the tokens of a call", "all so far"};
  TokenSink sink;
  sink.tensor = std::move(tensor);
  sink.format = endpoint->format;
  sink.promised = sink.tensor.hasTokens() ? length : 1;
  if (sink.format == TokenFormat::Npy)
    if (io::Status status = io::checkNpyType(sink.tensor.dtype, endpoint->path); !status)
      return status.error();
  if (io::Status status = sink.bytes.open(endpoint->path); !status)
    return status.error();
  if (sink.format == TokenFormat::Npy)
    if (io::Status status = sink.writeHeader(sink.promised); !status)
      return status.error();
  return sink;
}

/// A shape that is not known yet keeps room for any.
io::Status TokenSink::writeHeader(int64_t length) {
  if (length < 0 && !bytes.canReplace())
    return io::Error{"", "npy of '" + tensor.name() + "' on a pipe", "a known number of tokens (--input of an npy)",
                     "none: use raw or text"};
  std::string header = io::npyHeader(tensor.dtype, tensor.shapeAt(length < 0 ? INT64_MAX : length));
  headerBytes = header.size();
  return bytes.write(header.data(), header.size());
}

io::Status TokenSink::write(const io::HostTensor &from, int64_t first, int64_t count) {
  written += count;
  if (format != TokenFormat::Text)
    return bytes.write(from.data() + static_cast<size_t>(first) * tensor.bytes(),
                       static_cast<size_t>(count) * tensor.bytes());
  std::string text = textOfTokens(from, first, count, tensor.elements());
  return bytes.write(text.data(), text.size());
}

io::Status TokenSink::close() {
  if (format == TokenFormat::Npy && promised != written) {
    if (!bytes.canReplace())
      return io::Error{"", "tokens of '" + tensor.name() + "' on a pipe", std::to_string(promised),
                       std::to_string(written)};
    std::string header = io::npyHeader(tensor.dtype, tensor.shapeAt(written), headerBytes);
    if (io::Status status = bytes.replace(0, header.data(), header.size()); !status)
      return status;
  }
  return bytes.close();
}

} // namespace heddle

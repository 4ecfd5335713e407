#include "runtime/tools/stream/SequenceSink.h"

#include "runtime/io/Npy.h"
#include "runtime/tools/stream/TextTokens.h"
#include <cstring>

namespace heddle {

io::Result<SequenceSink> SequenceSink::open(const std::string &spec, StepTensor tensor) {
  std::optional<Endpoint> endpoint = parseEndpoint(spec);
  if (!endpoint || endpoint->format == TokenFormat::Text)
    return io::Error{"", "--output of '" + tensor.name() + "' with --rows",
                     "@FILE.npy, npy:FILE, raw:FILE or lines:FILE", "'" + spec + "'"};
  if (io::Status status = checkTokens(tensor); !status)
    return status.error();
  if (tensor.rowsAt < 0 || tensor.isOfAll())
    return io::Error{"", "output '" + tensor.name() + "' with --rows", "a dimension of rows, and the tokens of a call",
                     tensor.rowsAt < 0 ? "no rows" : "all tokens so far"};
  SequenceSink sink;
  sink.tensor = std::move(tensor);
  sink.format = endpoint->format;
  if (io::Status status = sink.bytes.open(endpoint->path); !status)
    return status.error();
  if (sink.format != TokenFormat::Npy)
    return sink;
  if (io::Status status = io::checkNpyType(sink.tensor.dtype, endpoint->path); !status)
    return status.error();
  bool hasRowsInFront = !sink.tensor.hasTokens() || sink.tensor.rowsAt < sink.tensor.tokensAt;
  if (!hasRowsInFront || !sink.bytes.canReplace())
    return io::Error{"", "npy of '" + sink.tensor.name() + "'", "a file, and rows in front of the tokens",
                     hasRowsInFront ? "a pipe: use raw or lines" : "tokens in front"};
  // Numbers of sequences and tokens are known in the end.
  std::string header = io::npyHeader(sink.tensor.dtype, sink.shapeOf(INT64_MAX, INT64_MAX));
  sink.headerBytes = header.size();
  if (io::Status status = sink.bytes.write(header.data(), header.size()); !status)
    return status.error();
  return sink;
}

std::vector<int64_t> SequenceSink::shapeOf(int64_t sequences, int64_t tokens) const {
  std::vector<int64_t> shape = tensor.shapeAt(tokens);
  shape[static_cast<size_t>(tensor.rowsAt)] = sequences;
  return shape;
}

io::Status SequenceSink::write(const std::byte *tokens, size_t size) {
  int64_t count = static_cast<int64_t>(size / tensor.rowBytes()), numbers = count * tensor.rowElements();
  bool begins = written == 0;
  written += count;
  if (format != TokenFormat::Lines)
    return bytes.write(tokens, size);
  io::Result<io::HostTensor> values = io::makeTensor(tensor.dtype, {numbers});
  if (!values)
    return values.error();
  std::memcpy(values->data(), tokens, size);
  std::string text;
  for (int64_t i = 0; i < numbers; ++i) {
    text += begins && i == 0 ? "" : " ";
    appendNumber(text, *values, i);
  }
  return bytes.write(text.data(), text.size());
}

io::Status SequenceSink::append(int64_t number, const std::byte *tokens, int64_t count) {
  size_t size = static_cast<size_t>(count) * tensor.rowBytes();
  if (number == current)
    return write(tokens, size);
  std::vector<std::byte> &kept = waiting[number].bytes;
  kept.insert(kept.end(), tokens, tokens + size);
  return {};
}

io::Status SequenceSink::endCurrent() {
  if (format == TokenFormat::Lines)
    if (io::Status status = bytes.write("\n", 1); !status)
      return status;
  if (format == TokenFormat::Npy && length >= 0 && written != length)
    return io::Error{"", "tokens of sequence " + std::to_string(current) + " in the npy of '" + tensor.name() + "'",
                     std::to_string(length) + " as of those in front of it",
                     std::to_string(written) + ": use raw or lines"};
  length = written;
  written = 0;
  ++current;
  return {};
}

io::Status SequenceSink::end(int64_t number) {
  if (number != current) {
    waiting[number].hasEnded = true;
    return {};
  }
  bool ends = true;
  while (ends) {
    if (io::Status status = endCurrent(); !status)
      return status;
    auto next = waiting.find(current);
    if (next == waiting.end())
      return {};
    std::vector<std::byte> kept = std::move(next->second.bytes);
    ends = next->second.hasEnded;
    waiting.erase(next);
    if (!kept.empty())
      if (io::Status status = write(kept.data(), kept.size()); !status)
        return status;
  }
  return {};
}

io::Status SequenceSink::close() {
  if (format == TokenFormat::Npy) {
    std::string header = io::npyHeader(tensor.dtype, shapeOf(current, std::max<int64_t>(length, 0)), headerBytes);
    if (io::Status status = bytes.replace(0, header.data(), header.size()); !status)
      return status;
  }
  return bytes.close();
}

} // namespace heddle

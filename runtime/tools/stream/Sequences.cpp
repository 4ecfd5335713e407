#include "runtime/tools/stream/Sequences.h"

#include "runtime/io/TensorSpec.h"
#include "runtime/tools/stream/TextTokens.h"
#include <cstring>

namespace heddle {
namespace {

/// Rows of a tensor in memory.
class TensorSequences : public SequenceSource {
public:
  TensorSequences(io::HostTensor tensor, const StepTensor &given) : tensor(std::move(tensor)), type(given) {
    type.shape = this->tensor.shape;
    tokens = type.shape[static_cast<size_t>(type.tokensAt)];
    type.shape[static_cast<size_t>(type.tokensAt)] = 1;
  }

  io::Result<std::optional<Sequence>> next() override {
    if (row == type.rows() || tokens == 0)
      return std::optional<Sequence>();
    size_t size = type.rowBytes();
    Sequence sequence{std::vector<std::byte>(static_cast<size_t>(tokens) * size), tokens};
    for (int64_t token = 0; token < tokens; ++token)
      std::memcpy(sequence.bytes.data() + static_cast<size_t>(token) * size,
                  tensor.data() + static_cast<size_t>(type.placeOf(row, token, tokens)) * size, size);
    ++row;
    return std::optional(std::move(sequence));
  }
  int64_t longest() const override { return tokens; }

private:
  io::HostTensor tensor;
  StepTensor type;
  int64_t tokens = 0, row = 0;
};

/// A line of numbers for each sequence; empty lines are passed over.
class LineSequences : public SequenceSource {
public:
  LineSequences(ByteSource source, const StepTensor &type, io::HostTensor number)
      : lines(std::move(source)), number(std::move(number)), elements(type.rowElements()) {}

  io::Result<std::optional<Sequence>> next() override {
    Sequence sequence;
    io::Result<int64_t> count = 0;
    while (count && *count == 0)
      count = lines.next([&](const char *word) { return append(sequence, word); });
    if (!count)
      return count.error();
    if (*count < 0)
      return std::optional<Sequence>();
    if (*count % elements)
      return lines.error("numbers of a sequence", "a multiple of " + std::to_string(elements), std::to_string(*count));
    sequence.tokens = *count / elements;
    return std::optional(std::move(sequence));
  }

private:
  io::Status append(Sequence &sequence, const char *word) {
    if (!setNumber(number, 0, word))
      return lines.error("number", std::string("one of type ") + io::dtypeName(number.dtype),
                         "'" + std::string(word) + "'");
    sequence.bytes.insert(sequence.bytes.end(), number.data(), number.data() + number.byteSize);
    return {};
  }

  WordLines lines;
  io::HostTensor number;
  int64_t elements;
};

using SequencesPtr = std::unique_ptr<SequenceSource>;

io::Result<SequencesPtr> openTensor(const std::string &spec, const StepTensor &tensor) {
  io::Result<io::HostTensor> given = io::parseTensorSpec(spec);
  if (!given)
    return given.error();
  // Rows and tokens are free, all other sizes are the step's.
  std::vector<int64_t> expected = tensor.shape;
  for (int dim : {tensor.rowsAt, tensor.tokensAt})
    if (given->shape.size() == expected.size())
      expected[static_cast<size_t>(dim)] = given->shape[static_cast<size_t>(dim)];
  if (given->dtype != tensor.dtype || given->shape != expected)
    return io::Error{"", "input '" + tensor.name() + "'", io::describeTensor(tensor.dtype, expected),
                     io::describeTensor(given->dtype, given->shape)};
  return SequencesPtr(new TensorSequences(std::move(*given), tensor));
}

} // namespace

io::Result<SequencesPtr> openSequences(const std::string &spec, const StepTensor &tensor) {
  if (io::Status status = checkTokens(tensor); !status)
    return status.error();
  if (tensor.rowsAt < 0 || tensor.isOfAll())
    return io::Error{"", "input '" + tensor.name() + "' with --rows", "a dimension of rows, and the tokens of a call",
                     tensor.rowsAt < 0 ? "no rows" : "all tokens so far"};
  std::optional<Endpoint> endpoint = parseEndpoint(spec);
  if (!endpoint)
    return openTensor(spec, tensor);
  if (endpoint->format == TokenFormat::Npy && endpoint->path != "-")
    return openTensor("@" + endpoint->path, tensor);
  if (endpoint->format != TokenFormat::Lines)
    return io::Error{"", "--input of '" + tensor.name() + "' with --rows", "@FILE.npy, lines:FILE or a tensor",
                     "'" + spec + "'"};
  io::Result<ByteSource> source = ByteSource::open(endpoint->path);
  io::Result<io::HostTensor> number = io::makeTensor(tensor.dtype, {1});
  if (!source)
    return source.error();
  if (!number)
    return number.error();
  return SequencesPtr(new LineSequences(std::move(*source), tensor, std::move(*number)));
}

} // namespace heddle

#include "runtime/tools/stream/BatchRun.h"

#include <algorithm>
#include <cstring>

namespace heddle {

io::Result<BatchRun> BatchRun::make(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk) {
  BatchRun run(step, session, std::move(state), chunk);
  int64_t rows = 1;
  auto append = [&](const std::vector<StepTensor> &types, auto &ports) -> io::Status {
    for (const StepTensor &type : types) {
      io::Result<BatchPort> port = BatchPort::make(type, chunk);
      if (!port)
        return port.error();
      rows = std::max(rows, type.rows());
      ports.emplace_back();
      static_cast<BatchPort &>(ports.back()) = std::move(*port);
    }
    return {};
  };
  if (io::Status status = append(step.inputs, run.inputs); !status)
    return status.error();
  if (io::Status status = append(step.outputs, run.outputs); !status)
    return status.error();
  run.rows.resize(static_cast<size_t>(rows));
  return run;
}

io::Status BatchRun::setFixed(size_t input, io::HostTensor tensor) {
  Input &port = inputs[input];
  std::vector<int64_t> expected = port.type.shape;
  bool hasRows = port.type.rowsAt == 0 && tensor.shape.size() == expected.size();
  if (hasRows)
    expected[0] = tensor.shape[0];
  if (tensor.dtype != port.type.dtype || tensor.shape != expected || (port.type.rowsAt > 0))
    return io::Error{"", "input '" + port.type.name() + "' with --rows",
                     io::describeTensor(port.type.dtype, expected) + ", its rows in front",
                     io::describeTensor(tensor.dtype, tensor.shape)};
  port.given = std::move(tensor);
  if (port.type.rowsAt < 0)
    port.tensor = port.given;
  return {};
}

void BatchRun::setGeneration(const Generation &how, SequenceSink sink) {
  generation = how;
  generated = std::move(sink);
}

int64_t BatchRun::blocksOfCall() const {
  int64_t blocks = chunk;
  for (const Row &row : rows)
    if (row.isBusy())
      blocks = std::min(blocks, row.length - row.taken);
  return blocks;
}

/// A row that sits out gets tokens of one that does not: they are in range.
void BatchRun::writeInputs(int64_t blocks) {
  auto busy = std::find_if(rows.begin(), rows.end(), [](const Row &row) { return row.isBusy(); });
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].source)
      continue;
    size_t size = inputs[i].type.rowBytes();
    int64_t rate = inputs[i].type.rate, tokens = blocks * rate;
    for (size_t at = 0; at < rows.size(); ++at) {
      const Row &row = rows[at].isBusy() ? rows[at] : *busy;
      for (int64_t token = 0; token < tokens; ++token)
        std::memcpy(inputs[i].at(at, token, tokens),
                    row.tokens[i].bytes.data() + static_cast<size_t>(row.taken * rate + token) * size, size);
    }
  }
}

void BatchRun::call(int64_t blocks) {
  std::vector<heddle_tensor_view_t> inputViews, outputViews;
  for (Input &input : inputs)
    inputViews.push_back(input.view(blocks));
  for (Output &output : outputs)
    outputViews.push_back(output.view(blocks));
  std::unique_ptr<bool[]> active(new bool[rows.size()]);
  bool allTakePart = true;
  for (size_t at = 0; at < rows.size(); ++at)
    allTakePart &= active[at] = rows[at].isBusy();
  check(heddle_session_step(session, step->entry, state.get(), allTakePart ? nullptr : active.get(), inputViews.data(),
                            inputViews.size(), outputViews.data(), outputViews.size()));
  ++counts.calls;
}

io::Status BatchRun::writeOutput(Output &output, size_t at, TokenSpan span, int64_t count) {
  size_t size = output.type.rowBytes();
  gathered.resize(static_cast<size_t>(span.count()) * size);
  for (int64_t token = span.first; token < span.last; ++token)
    std::memcpy(gathered.data() + static_cast<size_t>(token - span.first) * size, output.at(at, token, count), size);
  return output.sink->append(rows[at].number, gathered.data(), span.count());
}

io::Status BatchRun::writeOutputs(size_t at, int64_t blocks) {
  for (Output &output : outputs)
    if (output.sink && output.type.hasTokens()) {
      TokenSpan span = existingTokens(output.type, rows[at].start + rows[at].taken, blocks, rows[at].end);
      if (io::Status status = writeOutput(output, at, span, blocks * output.type.rate); !status)
        return status;
    }
  return {};
}

/// The token that follows, drawn from the logits of the last one; false: the sequence has ended.
io::Result<bool> BatchRun::drawToken(size_t at, int64_t blocks) {
  Row &row = rows[at];
  const Output &logits = outputs[generation->output];
  int64_t vocabulary = logits.type.rowElements();
  int64_t place = logits.type.placeOf(static_cast<int64_t>(at), blocks - 1, blocks);
  io::Result<int64_t> id = row.sampler->next(logits.tensor, place * vocabulary, vocabulary);
  if (!id)
    return id.error();
  if (std::find(generation->stops.begin(), generation->stops.end(), *id) != generation->stops.end())
    return false;
  io::Result<io::HostTensor> number = io::makeTensor(inputs[generation->input].type.dtype, {1});
  if (!number)
    return number.error();
  number->set(0, static_cast<double>(*id));
  if (io::Status status = generated->append(row.number, number->data(), 1); !status)
    return status.error();
  ++counts.generated;
  std::vector<std::byte> &ids = row.tokens[generation->input].bytes;
  ids.insert(ids.end(), number->data(), number->data() + number->byteSize);
  ++row.length;
  return ++row.made < generation->count;
}

/// A row that has taken all its tokens goes on by itself, or makes place.
io::Status BatchRun::finish(size_t at, int64_t blocks) {
  Row &row = rows[at];
  io::Result<bool> goesOn = generation ? drawToken(at, blocks) : io::Result<bool>(false);
  if (!goesOn)
    return goesOn.error();
  if (*goesOn)
    return {};
  for (Output &output : outputs) {
    if (output.sink && !output.type.hasTokens())
      if (io::Status status = writeOutput(output, at, {0, 1}, 1); !status)
        return status;
    if (output.sink)
      if (io::Status status = output.sink->end(row.number); !status)
        return status;
  }
  if (generated)
    if (io::Status status = generated->end(row.number); !status)
      return status;
  io::Result<bool> joined = join(at);
  return joined ? io::Status() : joined.error();
}

io::Status BatchRun::run() {
  for (size_t at = 0; at < rows.size(); ++at)
    if (io::Result<bool> joined = join(at); !joined)
      return joined.error();
    else if (!*joined)
      break;
  while (std::any_of(rows.begin(), rows.end(), [](const Row &row) { return row.isBusy(); })) {
    int64_t blocks = blocksOfCall();
    writeInputs(blocks);
    call(blocks);
    for (size_t at = 0; at < rows.size(); ++at) {
      if (!rows[at].isBusy())
        continue;
      counts.tokens += std::clamp<int64_t>(rows[at].end - rows[at].start - rows[at].taken, 0, blocks) * step->block;
      if (io::Status status = writeOutputs(at, blocks); !status)
        return status;
      rows[at].taken += blocks;
      if (rows[at].taken == rows[at].length)
        if (io::Status status = finish(at, blocks); !status)
          return status;
    }
  }
  for (Output &output : outputs)
    if (output.sink)
      if (io::Status status = output.sink->close(); !status)
        return status;
  return generated ? generated->close() : io::Status();
}

} // namespace heddle

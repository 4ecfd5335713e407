#include "runtime/tools/stream/StreamRun.h"

#include <algorithm>
#include <cstring>

namespace heddle {

io::Result<std::vector<StreamRun::Port>> StreamRun::makePorts(const std::vector<StepTensor> &types, int64_t chunk,
                                                              int64_t most) {
  std::vector<Port> ports;
  for (const StepTensor &type : types) {
    ports.push_back({type, {}, {}, type.shape, nullptr, std::nullopt});
    std::vector<int64_t> shape = type.shapeAt(chunk * type.rate);
    if (type.allAt >= 0)
      shape[static_cast<size_t>(type.allAt)] = std::max(chunk, most);
    for (io::HostTensor *room : {&ports.back().tensor, &ports.back().all}) {
      if (room == &ports.back().all && !type.isOfAll())
        continue;
      io::Result<io::HostTensor> tensor = io::makeTensor(type.dtype, shape);
      if (!tensor)
        return tensor.error();
      *room = std::move(*tensor);
    }
  }
  return ports;
}

io::Result<StreamRun> StreamRun::make(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk,
                                      int64_t most) {
  StreamRun run(step, session, std::move(state), chunk);
  io::Result<std::vector<Port>> inputs = makePorts(step.inputs, chunk, most),
                                outputs = makePorts(step.outputs, chunk, most);
  for (io::Result<std::vector<Port>> *ports : {&inputs, &outputs})
    if (!*ports)
      return ports->error();
  run.inputs = std::move(*inputs);
  run.outputs = std::move(*outputs);
  return run;
}

heddle_tensor_view_t StreamRun::viewOf(Port &port, int64_t blocks) {
  heddle_tensor_view_t view = heddle::viewOf(port.source && port.type.isOfAll() ? port.all : port.tensor);
  if (!port.type.hasTokens())
    return view;
  port.shape = port.type.shapeAt(blocks * port.type.rate, state.position());
  view.shape = port.shape.data();
  return view;
}

/// Puts the tokens of a call behind those of earlier ones.
void StreamRun::keep(Port &port, const std::byte *tokens, int64_t count) {
  size_t size = port.type.bytes(), room = port.all.byteSize; // the runtime refuses tokens without room
  size_t begin = std::min(static_cast<size_t>(state.position()) * size, room);
  std::memcpy(port.all.data() + begin, tokens, std::min(static_cast<size_t>(count) * size, room - begin));
}

/// The next blocks of every source, which must be equally many.
io::Result<int64_t> StreamRun::read() {
  const Port *first = nullptr;
  int64_t tokens = 0;
  for (Port &port : inputs) {
    if (!port.source)
      continue;
    int64_t rate = port.type.rate;
    io::Result<int64_t> got = port.source->read(port.tensor, chunk * rate);
    if (!got)
      return got.error();
    if (int64_t wanted = first ? tokens / first->type.rate * rate : *got; *got != wanted)
      return io::Error{"", "tokens of input '" + port.type.name() + "'",
                       std::to_string(wanted) + " more as of '" + first->type.name() + "'", std::to_string(*got)};
    if (*got % rate)
      rest = io::Error{"", "tokens of input '" + port.type.name() + "'", "a multiple of " + std::to_string(rate),
                       std::to_string(*got % rate) + " behind the last of them"};
    tokens = *got;
    first = &port;
    if (port.type.isOfAll())
      keep(port, port.tensor.data(), tokens);
  }
  return first ? tokens / first->type.rate : 0;
}

io::Status StreamRun::call(int64_t blocks) {
  inputViews.clear();
  outputViews.clear();
  for (Port &port : inputs)
    inputViews.push_back(viewOf(port, blocks));
  for (Port &port : outputs)
    outputViews.push_back(viewOf(port, blocks));
  int64_t position = state.position() / step->block;
  check(heddle_session_step(session, step->entry, state.get(), /*active=*/nullptr, inputViews.data(), inputViews.size(),
                            outputViews.data(), outputViews.size()));
  lastCall = blocks;
  for (Port &port : outputs)
    if (port.sink && port.type.hasTokens())
      if (TokenSpan span = existingTokens(port.type, position, blocks, end); span.count() > 0)
        if (io::Status status = port.sink->write(port.tensor, span.first, span.count()); !status)
          return status;
  return {};
}

io::Status StreamRun::flush() {
  int64_t late = heddle_entry_latency(step->entry) / step->block;
  if (late == 0)
    return {};
  end = state.position() / step->block;
  state.end();
  for (Port &port : inputs)
    if (port.source) {
      std::vector<std::byte> tokens = tokensBehindEnd(port.type, chunk * port.type.rate);
      std::copy(tokens.begin(), tokens.end(), port.tensor.data());
    }
  for (int64_t left = late; left > 0; left -= chunk)
    if (io::Status status = call(std::min(left, chunk)); !status)
      return status;
  return {};
}

io::Result<int64_t> StreamRun::consume() {
  for (int64_t tokens = 0;;) {
    io::Result<int64_t> got = read();
    if (!got)
      return got.error();
    if (*got > 0)
      if (io::Status status = call(*got); !status)
        return status.error();
    if (!rest) // what came in front of it has been written
      return rest.error();
    tokens += *got * step->block;
    if (*got < chunk) // a terminal would be asked again
      return tokens;
  }
}

io::Result<int64_t> StreamRun::generate(const Generation &generation, TokenSink &sink) {
  if (lastCall == 0)
    return io::Error{"", "tokens to continue", "at least 1", "0"};
  Sampler sampler(generation.sampling);
  const Port &logits = outputs[generation.output];
  io::HostTensor &ids = inputs[generation.input].tensor;
  int64_t vocabulary = logits.type.shape.empty() ? 1 : logits.type.shape.back();
  for (int64_t made = 0; made < generation.count; ++made) {
    for (Port &port : inputs)
      if (made > 0 && port.type.isOfAll()) // what held of the last token holds of those that follow
        keep(port, port.all.data() + static_cast<size_t>(state.position() - 1) * port.type.bytes(), 1);
    if (made > 0)
      if (io::Status status = call(1); !status)
        return status.error();
    int64_t first = logits.type.hasTokens() ? (lastCall - 1) * vocabulary : 0;
    io::Result<int64_t> id = sampler.next(logits.tensor, first, vocabulary);
    if (!id)
      return id.error();
    if (std::find(generation.stops.begin(), generation.stops.end(), *id) != generation.stops.end())
      return made;
    ids.set(0, static_cast<double>(*id));
    if (io::Status status = sink.write(ids, 0, 1); !status)
      return status.error();
  }
  return generation.count;
}

io::Status StreamRun::finish() {
  for (Port &port : outputs) {
    if (!port.sink)
      continue;
    if (!port.type.hasTokens() && lastCall == 0)
      return io::Error{"", "tokens in front of output '" + port.type.name() + "'", "at least 1", "0"};
    if (!port.type.hasTokens())
      if (io::Status status = port.sink->write(port.tensor, 0, 1); !status)
        return status;
    if (io::Status status = port.sink->close(); !status)
      return status;
  }
  return {};
}

} // namespace heddle

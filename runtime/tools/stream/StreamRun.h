// Tokens through a step: read some, call, write what has come out, read on. Memory is that of one call.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STREAMRUN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STREAMRUN_H

#include "heddle/runtime.hpp"
#include "runtime/tools/stream/Generation.h"
#include "runtime/tools/stream/TokenSink.h"
#include "runtime/tools/stream/TokenSource.h"

namespace heddle {

/// Failures of the runtime are thrown as heddle::Error, all others returned.
class StreamRun {
public:
  /// At most `chunk` blocks of tokens are in a call, and at most `most` tokens in all calls, where the step has to
  /// know. The entry and the session are kept, not owned.
  static io::Result<StreamRun> make(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk,
                                    int64_t most);

  void setInput(size_t input, io::HostTensor tensor) { inputs[input].tensor = std::move(tensor); }
  void setSource(size_t input, std::unique_ptr<TokenSource> source) { inputs[input].source = std::move(source); }
  void setSink(size_t output, TokenSink sink) { outputs[output].sink = std::move(sink); }

  /// All tokens of the sources; their number.
  io::Result<int64_t> consume();
  /// Ends the sequence: the outputs that come late.
  io::Status flush();
  /// Tokens that the model writes itself, into `sink`; their number. Follows at least one call.
  io::Result<int64_t> generate(const Generation &generation, TokenSink &sink);
  /// The outputs that only the last call gives, and the ends of files.
  io::Status finish();

  State state;

private:
  struct Port {
    StepTensor type;
    io::HostTensor tensor; // of a whole chunk
    io::HostTensor all;    // of an input over all tokens so far
    std::vector<int64_t> shape;
    std::unique_ptr<TokenSource> source;
    std::optional<TokenSink> sink;
  };
  StreamRun(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk)
      : state(std::move(state)), step(&step), session(session), chunk(chunk) {}
  static io::Result<std::vector<Port>> makePorts(const std::vector<StepTensor> &types, int64_t chunk, int64_t most);
  heddle_tensor_view_t viewOf(Port &port, int64_t blocks);
  void keep(Port &port, const std::byte *tokens, int64_t count);

  io::Result<int64_t> read();
  io::Status call(int64_t blocks);

  const StepEntry *step;
  heddle_session_t *session;
  int64_t chunk, lastCall = 0; // blocks
  int64_t end = INT64_MAX;     // blocks of the sequence
  io::Status rest;             // tokens at the end that are no whole block
  std::vector<Port> inputs, outputs;
  std::vector<heddle_tensor_view_t> inputViews, outputViews;
};

} // namespace heddle

#endif

// Several sequences through a step, some of them at a time.
//
//   --rows 2, sequences a (5 tokens), b (2), c (4), --chunk 4
//   call 1   a a    b b      the tokens of a call are as many as every row has left
//   call 2   a a a  c c c    b has ended: c takes its row, whose state is reset; a keeps its own
//   call 3   -      c        a row without a sequence sits out
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_BATCHRUN_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_BATCHRUN_H

#include "heddle/runtime.hpp"
#include "runtime/tools/stream/BatchPort.h"
#include "runtime/tools/stream/Generation.h"
#include "runtime/tools/stream/SequenceSink.h"
#include "runtime/tools/stream/Sequences.h"

namespace heddle {

/// Failures of the runtime are thrown as heddle::Error, all others returned.
class BatchRun {
public:
  /// At most `chunk` blocks are in a call. The entry and the session are kept, not owned; `state` has the step's rows.
  static io::Result<BatchRun> make(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk);

  void setSource(size_t input, std::unique_ptr<SequenceSource> source) { inputs[input].source = std::move(source); }
  /// An input without tokens: the same for all rows, or with a row for each sequence.
  io::Status setFixed(size_t input, io::HostTensor tensor);
  void setSink(size_t output, SequenceSink sink) { outputs[output].sink = std::move(sink); }
  /// What every sequence begins with, in row 0; without: in front of the first token.
  void setBeginning(State beginning) { begin.emplace(std::move(beginning)); }
  void setGeneration(const Generation &generation, SequenceSink sink);

  /// All sequences to their ends.
  io::Status run();

  struct Counts {
    int64_t sequences = 0, calls = 0, tokens = 0, generated = 0;
  } counts;

private:
  struct Input : BatchPort {
    io::HostTensor given; // of all sequences, where there are no tokens
    std::unique_ptr<SequenceSource> source;
  };
  struct Output : BatchPort {
    std::optional<SequenceSink> sink;
  };
  struct Row {
    int64_t number = -1;           // of its sequence; -1: none
    std::vector<Sequence> tokens;  // of each input
    int64_t length = 0, taken = 0; // blocks
    int64_t start = 0, end = 0;    // blocks seen in front of its first one, and with its last one
    int64_t made = 0;              // tokens
    std::optional<Sampler> sampler;
    bool isBusy() const { return number >= 0; }
  };

  BatchRun(const StepEntry &step, heddle_session_t *session, State state, int64_t chunk)
      : step(&step), session(session), state(std::move(state)), chunk(chunk) {}
  io::Result<bool> join(size_t row);
  io::Result<bool> readTokens(Row &row);
  io::Status takeFixed(size_t row);
  int64_t blocksOfCall() const;
  void writeInputs(int64_t blocks);
  void call(int64_t blocks);
  io::Status writeOutputs(size_t row, int64_t blocks);
  io::Status writeOutput(Output &output, size_t row, TokenSpan span, int64_t count);
  void setEnd(size_t row);
  io::Status finish(size_t row, int64_t blocks);
  io::Result<bool> drawToken(size_t row, int64_t blocks);

  const StepEntry *step;
  heddle_session_t *session;
  State state;
  std::optional<State> begin;
  int64_t chunk;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Row> rows;
  std::optional<Generation> generation;
  std::optional<SequenceSink> generated;
  std::vector<std::byte> gathered; // of one row's outputs
};

} // namespace heddle

#endif

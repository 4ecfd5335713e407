// The verb `stream`: one sequence through a step, some tokens at a time, written as it is computed.
#include "heddle/runtime.hpp"
#include "runtime/io/Files.h"
#include "runtime/io/Npy.h"
#include "runtime/io/TensorSpec.h"
#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace heddle {
namespace {

struct StreamArguments {
  std::string input, output;
  int64_t chunk = 1, capacity = 0;
  bool raw = false;
};

/// A step from one input to one output beside its states, at one row.
class Step {
public:
  static io::Result<Step> of(const RunTarget &target, const Runner &runner);

  io::Result<io::HostTensor> makeInput(int64_t tokens) const { return makeTensor(input, symbolsAt(tokens)); }
  io::Result<io::HostTensor> makeOutput(int64_t tokens) const { return makeTensor(output, symbolsAt(tokens)); }

  const heddle_entry_t *entry = nullptr;
  const heddle_tensor_info_t *input = nullptr, *output = nullptr;

private:
  SymbolValues symbolsAt(int64_t count) const {
    SymbolValues symbols;
    for (size_t i = 0; i < heddle_entry_symbol_count(entry); ++i)
      symbols[heddle_entry_symbol(entry, i)->name] = 1;
    symbols[tokens] = count;
    return symbols;
  }
  bool hasTokens(const heddle_tensor_info_t *info) const {
    return std::find(info->dimensions, info->dimensions + info->rank, tokens) != info->dimensions + info->rank;
  }
  std::string tokens; // the symbol that counts them
};

io::Result<Step> Step::of(const RunTarget &target, const Runner &runner) {
  nlohmann::json manifest = nlohmann::json::parse(runner.manifest());
  Step step;
  for (const nlohmann::json &entry : manifest["entries"]) {
    if (entry["name"] != target.entry || !entry.contains("tokens"))
      continue;
    io::Result<const heddle_entry_t *> found = runner.entry(target.entry);
    if (!found)
      return found.error();
    step.entry = *found;
    step.tokens = entry["tokens"];
    auto isState = [](const nlohmann::json &tensor) { return tensor.contains("initial"); };
    auto states = std::count_if(entry["inputs"].begin(), entry["inputs"].end(), isState);
    size_t inputs = entry["inputs"].size() - states, outputs = entry["outputs"].size() - states;
    if (inputs != 1 || outputs != 1)
      return io::Error{target.model, "step", "one input and one output beside its states",
                       std::to_string(inputs) + " and " + std::to_string(outputs)};
    step.input = heddle_entry_input(step.entry, 0);
    step.output = heddle_entry_output(step.entry, 0);
    if (!step.hasTokens(step.input) || !step.hasTokens(step.output))
      return io::Error{target.model, "step", "tokens in input and output", "a tensor without"};
    return step;
  }
  return io::Error{target.model, "entry '" + target.entry + "'", "a step (heddle compile --entries=forward,step)",
                   "none"};
}

/// The tokens of one row: a tensor, or standard input.
class Source {
public:
  static io::Result<Source> open(const StreamArguments &arguments, const Step &step) {
    Source source;
    if (arguments.raw)
      return source;
    io::Result<io::NamedTensor> given = io::parseNamedTensorSpec(arguments.input);
    if (!given)
      return given.error();
    if (given->name != step.input->name)
      return io::Error{"", "--input", "'" + std::string(step.input->name) + "'", "'" + given->name + "'"};
    io::Result<io::HostTensor> token = step.makeInput(1);
    if (!token)
      return token.error();
    source.length = int64_t(given->tensor.byteSize / token->byteSize);
    io::Result<io::HostTensor> all = step.makeInput(source.length);
    if (!all)
      return all.error();
    if (given->tensor.shape != all->shape || given->tensor.dtype != all->dtype)
      return io::Error{"", "input '" + given->name + "'", io::describeTensor(all->dtype, all->shape),
                       io::describeTensor(given->tensor.dtype, given->tensor.shape)};
    source.tensor = std::move(given->tensor);
    return source;
  }

  /// Fills up to `size` bytes; fewer are the last.
  size_t read(void *data, size_t size) {
    if (length < 0)
      return fread(data, 1, size, stdin);
    size_t left = std::min(size, tensor.byteSize - at);
    std::memcpy(data, tensor.data() + at, left);
    at += left;
    return left;
  }

  int64_t length = -1; // tokens; -1: not known

private:
  io::HostTensor tensor;
  size_t at = 0;
};

/// An npy file of known length, or standard output.
class Sink {
public:
  io::Status open(const StreamArguments &arguments, const Step &step, int64_t length) {
    if (arguments.raw)
      return {};
    size_t split = arguments.output.find("=@");
    if (split == std::string::npos || arguments.output.substr(0, split) != step.output->name)
      return io::Error{"", "--output", std::string(step.output->name) + "=@FILE.npy", "'" + arguments.output + "'"};
    io::Result<io::HostTensor> whole = step.makeOutput(length);
    if (!whole)
      return whole.error();
    if (io::Status status = io::checkNpyType(*whole, arguments.output); !status)
      return status;
    file.emplace(arguments.output.substr(split + 2));
    if (io::Status status = file->open(); !status)
      return status;
    std::string header = io::npyHeader(*whole);
    return file->append(header.data(), header.size());
  }
  io::Status write(const io::HostTensor &tensor) {
    if (file)
      return file->append(tensor.data(), tensor.byteSize);
    if (fwrite(tensor.data(), 1, tensor.byteSize, stdout) != tensor.byteSize || fflush(stdout) != 0)
      return io::Error{"standard output", "cannot write", "", ""};
    return {};
  }
  io::Status close() { return file ? file->commit() : io::Status(); }

private:
  std::optional<io::FileReplacer> file;
};

/// Calls the step until the source is empty; the number of tokens.
io::Result<int64_t> streamAll(const Step &step, Runner &runner, State &state, Source &source, Sink &sink,
                              int64_t chunk) {
  io::Result<io::HostTensor> token = step.makeInput(1), input = step.makeInput(chunk), output = step.makeOutput(chunk);
  for (io::Result<io::HostTensor> *tensor : {&token, &input, &output})
    if (!*tensor)
      return tensor->error();
  int64_t tokens = 0;
  for (size_t got = source.read(input->data(), input->byteSize); got > 0;
       got = source.read(input->data(), input->byteSize)) {
    if (got % token->byteSize)
      return io::Error{"standard input", "bytes of a token", std::to_string(token->byteSize),
                       std::to_string(got % token->byteSize)};
    int64_t count = int64_t(got / token->byteSize);
    if (count < chunk) { // the last ones
      io::HostTensor bytes = std::move(*input);
      input = step.makeInput(count), output = step.makeOutput(count);
      std::memcpy(input->data(), bytes.data(), got);
    }
    heddle_tensor_view_t in = viewOf(*input), out = viewOf(*output);
    check(heddle_session_step(runner.session(), step.entry, state.get(), /*active=*/nullptr, &in, 1, &out, 1));
    tokens += count;
    if (io::Status status = sink.write(*output); !status)
      return status.error();
    if (count < chunk)
      break;
  }
  return tokens;
}

io::Status stream(const RunTarget &target, const StreamArguments &arguments, Runner &runner) {
  io::Result<Step> step = Step::of(target, runner);
  if (!step)
    return step.error();
  io::Result<Source> source = Source::open(arguments, *step);
  if (!source)
    return source.error();
  Sink sink;
  if (io::Status status = sink.open(arguments, *step, source->length); !status)
    return status;
  State state(step->entry, /*rows=*/1, arguments.capacity ? arguments.capacity : std::max<int64_t>(source->length, 0));
  auto start = std::chrono::steady_clock::now();
  io::Result<int64_t> tokens = streamAll(*step, runner, state, *source, sink, arguments.chunk);
  if (!tokens)
    return tokens.error();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (io::Status status = sink.close(); !status)
    return status;
  fprintf(stderr, "%lld tokens, %.1f per second; state: %lld bytes; arena: %s bytes\n", (long long)*tokens,
          double(*tokens) / seconds, (long long)heddle_state_bytes(state.get()),
          heddle_entry_memory_formula(step->entry));
  return {};
}

int streamTarget(const RunTarget &target, const StreamArguments &arguments, const Loader &load) try {
  if (!arguments.raw && (arguments.input.empty() || arguments.output.empty()))
    return printError("tokens, expected --input and --output, or --raw, but got one of a pair or none");
  std::optional<LoadedModel> model = load();
  if (!model)
    return 1;
  io::Status status = stream(target, arguments, *model->runner);
  return status ? 0 : printError(status.message());
} catch (const Error &error) {
  return printError(error.what());
}

} // namespace

void addStreamVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode) {
  auto arguments = std::make_shared<StreamArguments>();
  CLI::Option *input = command.add_option("--input", arguments->input, "NAME=SPEC of the tokens, one row: x=@x.npy");
  CLI::Option *output = command.add_option("--output", arguments->output, "NAME=@FILE.npy for the output");
  command
      .add_flag("--raw", arguments->raw, "elements of the input on standard input, of the output on standard output")
      ->excludes(input)
      ->excludes(output);
  command.add_option("--chunk", arguments->chunk, "tokens of a call")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--capacity", arguments->capacity, "tokens that growing states keep (default: those of --input)")
      ->check(CLI::PositiveNumber);
  command.callback([=, &target, &exitCode] { exitCode = streamTarget(target, *arguments, load); });
}

} // namespace heddle

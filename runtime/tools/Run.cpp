// The verb `run`: tensors in, tensors out.
#include "runtime/io/Npy.h"
#include "runtime/io/Npz.h"
#include "runtime/io/TensorSpec.h"
#include "runtime/tools/Verbs.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

namespace heddle {
namespace {

struct RunArguments {
  std::vector<std::string> inputs, outputs;
  std::string inputFile, outputFile;
};

/// All inputs named on the command line: `--data` first, so that `--input` may replace one of them.
io::Result<std::vector<io::NamedTensor>> readInputs(const RunArguments &arguments) {
  std::vector<io::NamedTensor> tensors;
  for (const std::string &spec : arguments.inputs) {
    io::Result<io::NamedTensor> tensor = io::parseNamedTensorSpec(spec);
    if (!tensor)
      return tensor.error();
    tensors.push_back(std::move(*tensor));
  }
  if (arguments.inputFile.empty())
    return tensors;
  io::Result<std::vector<io::NamedTensor>> file = io::readNpz(arguments.inputFile);
  if (!file)
    return file.error();
  tensors.insert(tensors.end(), file->begin(), file->end());
  return tensors;
}

/// `name=@file.npy` pairs of --output.
io::Result<std::vector<std::pair<std::string, std::string>>> readTargets(const std::vector<std::string> &outputs) {
  std::vector<std::pair<std::string, std::string>> targets;
  for (const std::string &text : outputs) {
    size_t split = text.find("=@");
    if (split == std::string::npos || split == 0)
      return io::Error{"", "--output", "NAME=@FILE.npy", "'" + text + "'"};
    targets.push_back({text.substr(0, split), text.substr(split + 2)});
  }
  return targets;
}

/// First elements of a tensor in the syntax of --input, so that a small output can be an input.
void printTensor(const io::NamedTensor &named) {
  const io::HostTensor &tensor = named.tensor;
  constexpr int64_t limit = 16;
  printf("%s=%s=", named.name.c_str(), io::describeTensor(tensor.dtype, tensor.shape).c_str());
  for (int64_t i = 0; i < std::min(limit, tensor.numElements()); ++i)
    printf("%s%.9g", i ? "," : "", tensor.at(i));
  puts(tensor.numElements() > limit ? ",..." : "");
}

io::Status writeOutputs(const RunArguments &arguments, const std::vector<std::pair<std::string, std::string>> &targets,
                        const std::vector<io::NamedTensor> &outputs) {
  for (const auto &[name, path] : targets) {
    auto found =
        std::find_if(outputs.begin(), outputs.end(), [wanted = name](auto &output) { return output.name == wanted; });
    if (found == outputs.end())
      return io::Error{"--output " + name, "output", outputs.empty() ? "" : "one like '" + outputs.front().name + "'",
                       "'" + name + "'"};
    if (io::Status status = io::writeNpy(path, found->tensor); !status)
      return status;
  }
  if (!arguments.outputFile.empty())
    return io::writeNpz(arguments.outputFile, outputs);
  if (targets.empty())
    for (const io::NamedTensor &output : outputs)
      printTensor(output);
  return {};
}

io::Status runTarget(const RunTarget &target, const RunArguments &arguments, const Loader &load, bool &loaded) {
  // Everything that can be wrong on the command line is looked at before a long compilation.
  auto targets = readTargets(arguments.outputs);
  if (!targets)
    return targets.error();
  auto named = readInputs(arguments);
  if (!named)
    return named.error();
  std::optional<LoadedModel> model = load();
  loaded = model.has_value();
  if (!loaded)
    return {};
  auto entry = model->runner->entry(target.entry);
  if (!entry)
    return entry.error();
  auto inputs = Runner::orderInputs(*entry, std::move(*named));
  if (!inputs)
    return inputs.error();
  auto outputs = model->runner->makeOutputs(*entry, *inputs);
  if (!outputs)
    return outputs.error();
  if (io::Status status = model->runner->run(*entry, *inputs, *outputs); !status)
    return status;
  return writeOutputs(arguments, *targets, *outputs);
}

} // namespace

void addRunVerb(CLI::App &command, const RunTarget &target, Loader load, int &exitCode) {
  auto arguments = std::make_shared<RunArguments>();
  command.add_option("--input", arguments->inputs,
                     "NAME=SPEC: x=@x.npy, x=@x.npz:x, x=@x.pb, x=2x64xf32=random(7), x=3xi64=1,2,3");
  command.add_option("--data", arguments->inputFile, "npz file with further inputs by name");
  command.add_option("--output", arguments->outputs, "NAME=@FILE.npy (default: print the first elements)");
  command.add_option("--output-data", arguments->outputFile, "npz file for all outputs");
  command.callback([=, &target, &exitCode] {
    bool loaded = true;
    io::Status status = runTarget(target, *arguments, load, loaded);
    exitCode = status ? (loaded ? 0 : 1) : printError(status.message());
  });
}

} // namespace heddle

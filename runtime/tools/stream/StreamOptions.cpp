#include "runtime/tools/stream/StreamOptions.h"

#include "runtime/tools/stream/Endpoint.h"
#include <CLI/CLI.hpp>

namespace heddle {

void StreamOptions::addTo(CLI::App &command) {
  command.add_option("--input", inputs,
                     "NAME=SPEC, one row: x=@x.npy, x=npy:FILE, x=raw:FILE, x=text:FILE (a line for each token), "
                     "x=1x9xi64=random(7); with --rows a row for each sequence, or x=lines:FILE (a line for each "
                     "sequence); FILE - is standard input");
  command.add_option("--output", outputs,
                     "NAME=SPEC: y=@y.npy, y=npy:FILE, y=raw:FILE, y=text:FILE, with --rows y=lines:FILE; FILE - is "
                     "standard output");
  command.add_option("--chunk", chunk, "tokens of a call, rounded up to what the step takes at a time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      .add_option(
          "--rows", rows,
          "sequences of a call, at most: one that ends makes place for the next; outputs are in the order of the "
          "inputs")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--capacity", capacity,
                  "most tokens of the sequence, where states grow (default: those of the inputs)")
      ->check(CLI::PositiveNumber);
  command.add_option("--state-in", stateIn, "file with the state to begin from");
  command.add_option("--state-out", stateOut, "file for the state in the end");
  CLI::Option *count = command.add_option("--generate", generate, "tokens that the model writes itself, at most")
                           ->check(CLI::PositiveNumber);
  auto add = [&](const char *name, auto &value, const char *text) {
    return command.add_option(name, value, text)->needs(count);
  };
  add("--generated", generated,
      "where to: text:FILE, raw:FILE, npy:FILE, with --rows lines:FILE (default: text:-, lines:-)");
  add("--logits", logits, "output with the logits (default: the only one)");
  add("--temperature", temperature, "0: the likeliest token (default; 1 with --top-k or --top-p)")
      ->check(CLI::NonNegativeNumber);
  add("--top-k", sampling.topK, "draw among the K likeliest")->check(CLI::PositiveNumber);
  add("--top-p", sampling.topP, "draw among the fewest with this share")->check(CLI::Range(0.0, 1.0));
  add("--seed", sampling.seed, "seed of what is drawn")->capture_default_str();
  add("--stop", stops, "id that ends it; not written");
}

io::Result<std::pair<std::string, std::string>> splitName(const char *option, const std::string &text) {
  size_t split = text.find('=');
  if (split == std::string::npos || split == 0)
    return io::Error{"", option, "NAME=SPEC", "'" + text + "'"};
  return std::pair(text.substr(0, split), text.substr(split + 1));
}

io::Status StreamOptions::check() const {
  if (outputs.empty() && generate == 0)
    return io::Error{"", "--output", "at least one, or --generate", "none"};
  auto count = [](const char *option, const std::vector<std::string> &texts, int &standard) -> io::Status {
    for (const std::string &text : texts) {
      io::Result<std::pair<std::string, std::string>> split = splitName(option, text);
      if (!split)
        return split.error();
      std::optional<Endpoint> endpoint = parseEndpoint(split->second);
      standard += endpoint && endpoint->path == "-";
    }
    return {};
  };
  int in = 0, out = 0;
  if (io::Status status = count("--input", inputs, in); !status)
    return status;
  if (io::Status status = count("--output", outputs, out); !status)
    return status;
  if (rows > 0 && !stateOut.empty())
    return io::Error{"", "--state-out", "one sequence", "--rows " + std::to_string(rows)};
  std::optional<Endpoint> ids = parseEndpoint(generatedSpec());
  out += generate > 0 && ids && ids->path == "-";
  if (in > 1)
    return io::Error{"", "inputs from standard input", "at most 1", std::to_string(in)};
  if (out > 1)
    return io::Error{"", "outputs to standard output", "at most 1", std::to_string(out)};
  return {};
}

} // namespace heddle

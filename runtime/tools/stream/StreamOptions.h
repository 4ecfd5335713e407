// The options of the verb `stream`.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STREAMOPTIONS_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STREAMOPTIONS_H

#include "runtime/io/Result.h"
#include "runtime/tools/stream/Sampler.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heddle {

struct StreamOptions {
  std::vector<std::string> inputs, outputs; // NAME=SPEC
  int64_t chunk = 1, capacity = 0;
  int64_t rows = 0; // sequences of a call; 0: one sequence in all
  std::string stateIn, stateOut;

  int64_t generate = 0;
  std::string generated, logits;
  std::optional<double> temperature;
  SamplingOptions sampling; // without the temperature
  std::vector<int64_t> stops;

  /// Where generated tokens go.
  std::string generatedSpec() const { return !generated.empty() ? generated : rows > 0 ? "lines:-" : "text:-"; }

  void addTo(CLI::App &command);
  /// What can be wrong without looking at a package.
  io::Status check() const;
};

/// "x=@x.npy" as {"x", "@x.npy"}.
io::Result<std::pair<std::string, std::string>> splitName(const char *option, const std::string &text);

} // namespace heddle

#endif

// What the tools say to a person: diagnostics, progress and colour. Colour and progress appear on terminals only.
#ifndef HEDDLE_COMPILER_TOOLS_CONSOLE_H
#define HEDDLE_COMPILER_TOOLS_CONSOLE_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace mlir {
class Diagnostic;
class MLIRContext;
} // namespace mlir

namespace heddle {

enum class Verbosity { Quiet, Normal, Verbose };

class Console {
public:
  explicit Console(Verbosity verbosity);

  /// Prints `error: <what>` to standard error; returns 1, the exit code of a user's error.
  int error(const std::string &what) const;
  void warning(const std::string &what) const;
  /// A line for people who did not ask for quiet, on standard error.
  void note(const std::string &what) const;
  /// A line for people who asked for more.
  void detail(const std::string &what) const;

  /// Shows step `index` of `count` on one line that the next step overwrites.
  void progress(unsigned index, unsigned count, const std::string &step) const;
  /// Clears the progress line.
  void progressDone() const;

  /// Prints the context's diagnostics as `place: error: text`.
  void attach(mlir::MLIRContext &context) const;

private:
  void print(llvm::StringRef label, const char *color, const std::string &text) const;
  Verbosity verbosity;
  bool terminal;
};

} // namespace heddle

#endif

#include "compiler/tools/Console.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace mlir;

namespace heddle {
namespace {

constexpr const char *red = "\033[1;31m", *yellow = "\033[1;33m", *cyan = "\033[36m", *reset = "\033[0m";

/// Where a diagnostic points. Frontends put a node's path into the file part and leave line 0.
std::string place(Location location) {
  if (auto file = location->findInstanceOf<FileLineColLoc>()) {
    std::string text = file.getFilename().str();
    if (file.getLine() != 0)
      text += ":" + std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
    return text;
  }
  std::string text;
  llvm::raw_string_ostream(text) << location;
  return text;
}

} // namespace

Console::Console(Verbosity verbosity) : verbosity(verbosity), terminal(isatty(STDERR_FILENO)) {}

void Console::print(llvm::StringRef label, const char *color, const std::string &text) const {
  progressDone();
  if (terminal)
    llvm::errs() << color << label << reset << text << "\n";
  else
    llvm::errs() << label << text << "\n";
}

int Console::error(const std::string &what) const {
  print("error: ", red, what);
  return 1;
}

void Console::warning(const std::string &what) const { print("warning: ", yellow, what); }

void Console::note(const std::string &what) const {
  if (verbosity != Verbosity::Quiet)
    print("", reset, what);
}

void Console::detail(const std::string &what) const {
  if (verbosity == Verbosity::Verbose)
    print("", reset, what);
}

void Console::progress(unsigned index, unsigned count, const std::string &step) const {
  if (terminal && verbosity != Verbosity::Quiet)
    llvm::errs() << "\r\033[K" << cyan << "[" << index + 1 << "/" << count << "] " << step << reset;
}

void Console::progressDone() const {
  if (terminal && verbosity != Verbosity::Quiet)
    llvm::errs() << "\r\033[K";
}

void Console::attach(MLIRContext &context) const {
  // Errors come from one thread: the context of a tool runs single-threaded.
  context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    const char *color = cyan;
    std::string kind = "remark";
    switch (diagnostic.getSeverity()) {
    case DiagnosticSeverity::Error:
      kind = "error", color = red;
      break;
    case DiagnosticSeverity::Warning:
      kind = "warning", color = yellow;
      break;
    case DiagnosticSeverity::Note:
      kind = "note";
      break;
    case DiagnosticSeverity::Remark:
      break;
    }
    print(place(diagnostic.getLocation()) + ": " + kind + ": ", color, diagnostic.str());
    for (Diagnostic &note : diagnostic.getNotes())
      print(place(note.getLocation()) + ": note: ", cyan, note.str());
    return success();
  });
}

} // namespace heddle

// heddle docs: the references that are made from the sources (docs/generate.py writes them to docs/).
#include "compiler/pipeline/Phases.h"
#include "compiler/tools/Commands.h"
#include "frontends/onnx/OnnxImporter.h"

#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

namespace heddle {
namespace {

void printPhases() {
  llvm::outs() << "| phase | promise at its end |\n|---|---|\n";
  for (const Phase &phase : getPhases())
    llvm::outs() << "| `" << phase.name << "` | " << phase.promise << " |\n";
}

} // namespace

void addDocsCommand(CLI::App &app, int &exitCode) {
  auto table = std::make_shared<std::string>();
  CLI::App *command = app.add_subcommand("docs", "print a reference table as markdown");
  command->add_option("TABLE", *table, "phases or onnx-operators")
      ->required()
      ->check(CLI::IsMember({"phases", "onnx-operators"}));
  command->callback([=] {
    if (*table == "phases")
      printPhases();
    else
      llvm::outs() << supportedOperatorsTable();
  });
}

} // namespace heddle

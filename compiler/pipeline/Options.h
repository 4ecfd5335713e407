// What a user may decide about a compilation. Filled by the tools, read by the pipeline, part of the pipeline's text.
#ifndef HEDDLE_COMPILER_PIPELINE_OPTIONS_H
#define HEDDLE_COMPILER_PIPELINE_OPTIONS_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
class PassManager;
} // namespace mlir

namespace heddle {

struct CompileOptions {
  /// Name of the execution form that every mixer must take; empty lets the cost model choose.
  std::string form;
  /// Chunk (tile) length of that form; 0 lets the form choose.
  int64_t chunk = 0;
  /// File of `heddle calibrate` by which forms are chosen; empty takes the rates of a two-core Zen 4.
  std::string machine;
  /// How raises are proved: "off", "cheap" or "always" (passes/raise/Proof.h).
  std::string verifyRaises = "cheap";
  /// Leaves a length that a trace has frozen as it is.
  bool keepLength = false;
  /// What the package offers: "forward" on whole sequences, "step" on the tokens that come next.
  std::vector<std::string> entries = {"forward"};
  /// Symbol that counts the tokens of a step; empty takes the one along which all mixers mix.
  std::string tokens;
  /// Pairs of inputs and outputs that are states of a step, "INPUT=OUTPUT" or "INPUT=OUTPUT=INITIAL".
  std::vector<std::string> states;
  /// Tokens by which the outputs of a step may come late, where tokens depend on some that follow.
  int64_t lookAhead = 0;
  /// CPU whose instructions may be used, by LLVM's name; "native" is the machine that compiles.
  std::string cpu = "native";
  /// Called at the start of each step with its index, the number of steps and its name (for progress).
  std::function<void(unsigned, unsigned, const std::string &)> onStep;
  /// Called before the passes of a phase run, with the phase's name (for instrumentations).
  std::function<void(mlir::PassManager &, const std::string &)> onPassManager;
  /// Called with the module at the end of each phase (for dumps).
  std::function<void(mlir::ModuleOp, const std::string &)> onPhaseEnd;
};

} // namespace heddle

#endif

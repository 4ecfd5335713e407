// Scalar code, translated once and run for every element.
//
// The bodies of linalg ops and score regions run millions of times; walking MLIR ops for each element costs
// microseconds. So a block becomes a list of instructions over numbered registers:
//
//   ^bb0(%a: f32, %b: f32):  %0 = arith.mulf %a, %b ; %1 = math.exp %0 ; linalg.yield %1
//   registers: 0 = a, 1 = b, 2, 3      code: mul 2 <- 0, 1 ; exp 3 <- 2      outputs: 3
//
// Invariant: registers [0, number of block arguments) are the arguments; values captured from outside are preloaded.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_SCALARPROGRAM_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_SCALARPROGRAM_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>
#include <memory>

namespace heddle {

struct Instruction {
  using Function = void (*)(const Instruction &, Scalar *registers);

  Function run = nullptr;
  unsigned result = 0;
  unsigned operands[3] = {0, 0, 0};
  unsigned width = 64;   // bits of the first operand, for unsigned arithmetic
  int64_t immediate = 0; // predicate of a comparison
  Finish finish = Finish::Keep;
  mlir::Type type; // of the result
  std::shared_ptr<std::function<void(Scalar *)>> custom;

  void execute(Scalar *registers) const;
};

/// The instruction for a scalar op with operands and result still unnumbered; nullopt when `op` is not a scalar op.
std::optional<Instruction> translateScalarOp(mlir::Operation *op, Precision precision);

/// A value from outside of the block: a number, or a tensor that tensor.extract reads.
struct Capture {
  Scalar scalar = {0.0};
  std::shared_ptr<const ReferenceTensor> tensor;
};
using CaptureResolver = std::function<std::optional<Capture>(mlir::Value)>;

class ScalarProgram {
public:
  /// Translates `block`, or returns nullopt when it holds an op without a scalar translation.
  static std::optional<ScalarProgram> compile(mlir::Block &block, Precision precision, const CaptureResolver &resolve);

  /// Arguments are registers()[0..n); linalg.index d reads index(d) when the block uses it.
  Scalar *registers() { return file.data(); }
  void setIndices(llvm::ArrayRef<int64_t> indices);
  void run();
  Scalar output(unsigned i) const { return file[outputs[i]]; }
  bool usesIndices() const { return !indexRegisters.empty(); }

private:
  class Compiler;
  std::vector<Scalar> file;
  std::vector<Instruction> code;
  llvm::SmallVector<unsigned> outputs;
  llvm::SmallVector<std::pair<int64_t, unsigned>> indexRegisters; // (dimension, register)
};

} // namespace heddle
#endif

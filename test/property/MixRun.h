// Evaluating specs in tests.
#ifndef HEDDLE_TEST_PROPERTY_MIXRUN_H
#define HEDDLE_TEST_PROPERTY_MIXRUN_H

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/MixFaces.h"
#include "test/property/MixSpec.h"

namespace heddle::test {

/// A context with every dialect that a spec's module uses.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// The outputs of @forward; empty after a diagnostic.
llvm::SmallVector<ReferenceTensor> evaluate(mlir::ModuleOp module, llvm::ArrayRef<ReferenceTensor> inputs,
                                            Precision precision = Precision::Double);

/// A mixer with its inputs, ready for the faces and for the carried-state algebra.
class MixCase {
public:
  MixCase(const MixSpec &spec, uint64_t inputSeed);

  const MixSpec spec;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<ReferenceTensor> inputs;

  mixer::MixOp mix() { return mixOf(*module); }
  llvm::SmallVector<ReferenceTensor> run(Precision precision = Precision::Double) {
    return evaluate(*module, inputs, precision);
  }
  MixOperands operands();
  bool hasRecurrentFace() { return heddle::hasRecurrentFace(mix()); }
  /// The op in generic words, for messages.
  std::string describe();

private:
  llvm::SmallVector<ReferenceTensor> results; // shapes of the inits
};

/// `tensor` with rows [begin, end) of dimension `dim`; whole when the dimension is 1.
ReferenceTensor slice(const ReferenceTensor &tensor, int64_t dim, int64_t begin, int64_t end);

} // namespace heddle::test
#endif

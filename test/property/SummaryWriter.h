// The carried-state builders of a mixer with the arguments that tests give them.
//
//   OwningOpRef<ModuleOp> module = returning(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
//     SummaryWriter writer{b, mix, point.spec};
//     return writer.apply(writer.summary({0, 3}), writer.initial());
//   });
#ifndef HEDDLE_TEST_PROPERTY_SUMMARYWRITER_H
#define HEDDLE_TEST_PROPERTY_SUMMARYWRITER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "test/property/MixRun.h"

namespace heddle::test {

struct SummaryWriter {
  /// Positions [begin, end).
  struct Tokens {
    int64_t begin, end;
  };
  /// Writes values in front of the function's return.
  using Write = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ImplicitLocOpBuilder &, mixer::MixOp)>;

  mlir::ImplicitLocOpBuilder &b;
  mixer::MixOp mix;
  const MixSpec &spec;

  mixer::MixSummary summary(Tokens range);
  mixer::MixSummary identity();
  mixer::MixSummary combine(const mixer::MixSummary &first, const mixer::MixSummary &second);
  llvm::SmallVector<mlir::Value> apply(const mixer::MixSummary &summary, mlir::ValueRange state);
  llvm::SmallVector<mlir::Value> step(Tokens range, mlir::ValueRange state);
  /// The mixer's own initial state, or that in front of the first token.
  llvm::SmallVector<mlir::Value> initial();

private:
  /// A constant in types, or a value where the spec leaves tokens open.
  mlir::OpFoldResult index(int64_t number);
  mlir::OpFoldResult batch();
};

/// The module of `point` with @forward returning what `write` writes.
mlir::OwningOpRef<mlir::ModuleOp> returning(MixCase &point, SummaryWriter::Write write);

/// A stateful mixer by its slots: two batch entries, four query heads on one key and two value heads, 3 and 5 features.
struct NamedMixer {
  const char *transport, *score, *norm;
  MixSpec spec(mlir::MLIRContext *context, int64_t tokens) const;
};

/// Every transport with a state, with every norm and kind of keys that it takes.
extern const llvm::ArrayRef<NamedMixer> namedMixers;

} // namespace heddle::test
#endif

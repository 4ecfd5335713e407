// A recurrence that no affine transport expresses, as a mixer whose transport is a region: GRU, LSTM, inner gradient
// steps.
//
//   h' = tanh(x_t + h W)      ->  transport_region { ^bb0(%state: tensor<2x1x1x8xf32>, %x_t: tensor<2x8xf32>): .. }
//
// Several states are packed side by side along the value features: the packed state is [B, 1, 1, F]. What the update
// reads at a token is a transport operand; weights are read from outside.
#ifndef HEDDLE_PASSES_RAISE_REGIONRECURRENCE_H
#define HEDDLE_PASSES_RAISE_REGIONRECURRENCE_H

#include "dialects/mixer/Mixer.h"
#include "mlir/IR/IRMapping.h"
#include "passes/raise/PackedStates.h"

namespace heddle {

class RegionRecurrence {
public:
  /// `handsOut`: the states behind the last token are wanted.
  static std::optional<RegionRecurrence> create(const TokenLoop &loop, TokenSequences &sequences,
                                                llvm::ArrayRef<unsigned> states, bool handsOut);

  /// The `place`-th state after each token.
  Sequence after(unsigned place);
  /// The `place`-th state behind the last token.
  mlir::Value finalState(unsigned place);

private:
  RegionRecurrence(const TokenLoop &loop, TokenSequences &sequences, llvm::ArrayRef<unsigned> states,
                   const PackedStates &packed)
      : loop(loop), sequences(sequences), states(states), packed(packed), builder(loop.loop), loc(loop.loop.getLoc()) {}

  llvm::DenseSet<mlir::Value> findCarried() const;
  bool findOperands();
  bool addOperand(mlir::Value bodyValue);
  void emitMixer(bool handsOut);
  void fillRegion(mlir::Region &region);

  const TokenLoop &loop;
  TokenSequences &sequences;
  llvm::SmallVector<unsigned> states;
  PackedStates packed;
  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::SmallVector<mlir::Operation *> body;  // ops of the update, in order
  llvm::SmallVector<mlir::Value> tokenValues; // body values that are operands
  llvm::SmallVector<mlir::Value> operands;    // their sequences, [B|1, T, ..]
  mlir::IRMapping outside;                    // body values that are the same for all tokens
  mlir::Value output, final;
};

} // namespace heddle

#endif

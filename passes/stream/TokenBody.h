// How a linalg.generic goes through the tokens.
//
//   maps: (b, t, d) -> (b, t, d), (b, t, r, d) -> (b, t + 2 * r, d)      operand: the tokens [0, 0], [0, 2 * (R - 1)]
//   maps: (b, t, r, d) -> (b, 4 * t + r, d)                              operand: tokens of four times the rate, [0, 3]
//   body: %at = max(linalg.index 1 - 3, 0); tensor.extract %x[.., %at]   reads %x at the tokens [-3, 0]
//   body: %at = linalg.index 1 / 4; tensor.extract %x[.., %at]           reads %x of a quarter of the rate at [0, 0]
//
// One loop runs over the tokens of the result; operands and reads of other tensors are elements a bounded distance from
// it. The bounds of an index use that a token's position is not negative and below the number of tokens.
#ifndef HEDDLE_PASSES_STREAM_TOKENBODY_H
#define HEDDLE_PASSES_STREAM_TOKENBODY_H

#include "passes/stream/StreamRules.h"
#include "passes/stream/TokenFlow.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace heddle {

struct TokenBody {
  /// A tensor with tokens that the body reads by index.
  struct Read {
    mlir::tensor::ExtractOp op;
    TokenReach reach; // over all reads of the tensor
  };
  TokenAxis axis; // of the results
  unsigned loop = 0;
  std::optional<unsigned> rowLoop;
  llvm::SmallVector<std::optional<TokenReach>> inputs; // of each input with tokens
  llvm::SmallVector<Read> reads;
  bool readsPosition = false;

  /// Empty, with a reason, where tokens meet in another way.
  static std::optional<TokenBody> of(mlir::linalg::GenericOp op, TokenFlow &flow, std::string &reason);
  /// Of an op that was not refused.
  static TokenBody ofAccepted(mlir::linalg::GenericOp op, TokenFlow &flow) {
    std::string reason;
    return *of(op, flow, reason);
  }

private:
  bool findLoops(mlir::linalg::GenericOp op, TokenFlow &flow, std::string &reason);
  int64_t mergeSequences(mlir::linalg::GenericOp op, TokenFlow &flow);
  bool readMaps(mlir::linalg::GenericOp op, TokenFlow &flow, std::string &reason);
  bool readExtracts(mlir::linalg::GenericOp op, TokenFlow &flow, std::string &reason);
};

} // namespace heddle

#endif

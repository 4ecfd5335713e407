// The states of a step: arguments that come in, results that leave, and what they are in front of the first token.
//
//   position            tensor<?xi64>        0      tokens seen, of each row
//   layers.0.conv.tail  tensor<?x3x64xf32>   0      the last tokens of a value
//   layers.0.mixer.max  tensor<?x4x16xf32>   -inf   a part of the state of a mixer
//
// A state is named by where it comes from in the model. The names, their order and the initial values are the contract
// between the compiler and whoever keeps the states.
#ifndef HEDDLE_PASSES_STREAM_STREAMSTATES_H
#define HEDDLE_PASSES_STREAM_STREAMSTATES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace heddle {

class StreamStates {
public:
  explicit StreamStates(mlir::func::FuncOp step);

  /// A new state, an argument of the step. `shape` is in terms of the symbols of the step.
  mlir::Value add(mlir::Location place, llvm::StringRef part, mlir::RankedTensorType type,
                  llvm::ArrayRef<mlir::AffineExpr> shape, mlir::TypedAttr initial);
  /// The values that an integer state may have: low <= value < high. Whoever gives others is refused.
  void setRange(mlir::Value state, int64_t low, int64_t high);
  /// A call only writes the new tokens, to places that mean nothing yet, the first of them `late` in front of a row's
  /// position: the state may stay where it is.
  void setAppended(mlir::Value state, int64_t late) {
    find(state).isAppended = true;
    find(state).late = late;
  }
  /// The state leaves with another shape than it has come in: with the new tokens behind those of its capacity.
  void setGrown(mlir::Value state, llvm::ArrayRef<mlir::AffineExpr> shape) {
    find(state).grownShape = llvm::to_vector(shape);
  }
  /// It says how many tokens the sequences of the rows have.
  void setEnd(mlir::Value state) { find(state).isEnd = true; }
  /// What the state is behind the new tokens.
  void setNext(mlir::Value state, mlir::Value next);
  /// The symbol of the number of tokens that growing states can keep; made when first asked for.
  mlir::AffineExpr capacity();
  /// The symbol of the number of places of rings of which a call fills up to `tokens`; made when first asked for.
  mlir::AffineExpr ring(int64_t tokens);

  /// Ends the step: returns `outputs` and the new states, and describes the boundary.
  void finish(mlir::ValueRange outputs, llvm::ArrayRef<mlir::DictionaryAttr> outputAttrs);

private:
  struct State {
    std::string name;
    mlir::Value argument, next;
    mlir::TypedAttr initial;
    llvm::SmallVector<mlir::AffineExpr> shape;
    std::optional<std::pair<int64_t, int64_t>> range;
    bool isAppended = false, isEnd = false;
    int64_t late = 0;
    llvm::SmallVector<mlir::AffineExpr> grownShape = {};
  };
  State &find(mlir::Value argument);
  /// The symbol whose number the attribute is; made with the name and the least value where there is none.
  mlir::AffineExpr symbol(llvm::StringRef attribute, std::string name, int64_t least);
  std::string nameOf(mlir::Location place, llvm::StringRef part);
  mlir::DictionaryAttr describe(const State &state, bool isArgument);

  mlir::func::FuncOp step;
  llvm::SmallVector<State> states;
  llvm::StringMap<unsigned> names;
  unsigned firstArgument;
};

} // namespace heddle

#endif

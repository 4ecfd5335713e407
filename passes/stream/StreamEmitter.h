// Writes the step: the entry on the C tokens that come next, with what it keeps of those before as arguments and
// results.
//
//   func @forward(%x: [B, T, 64]) -> [B, T, 64]
//   func @step(%x: [B, C, 64], %position: [B], %tail: [B, 3, 64]) -> [B, C, 64], [B], [B, 3, 64]
//
// The symbol of the tokens stands for C in the step, or for as many blocks of tokens. Every row of a batch has its own
// position, so what depends on positions gets one more dimension in front, the rows, where it has none: such a value is
// lifted.
#ifndef HEDDLE_PASSES_STREAM_STREAMEMITTER_H
#define HEDDLE_PASSES_STREAM_STREAMEMITTER_H

#include "passes/stream/StreamDemand.h"
#include "passes/stream/StreamStates.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace heddle {

/// Elements of a value of the entry, in the step.
struct Piece {
  mlir::Value value;
  bool lifted = false; // has the rows as one more dimension in front
};

/// A value with what is kept of it in front of the new tokens.
struct History {
  mlir::Value value;
  mlir::OpFoldResult depth; // elements in front of the new ones
};

class StreamEmitter : public mlir::ImplicitLocOpBuilder {
public:
  /// `states` belongs to the step and has its arguments.
  StreamEmitter(mlir::func::FuncOp entry, StreamStates &states, TokenFlow &flow, const StreamDemand &demand);

  /// Writes the body of the step, without the terminator; returns the outputs of the entry.
  llvm::SmallVector<mlir::Value> run(mlir::func::FuncOp step);

  //===--- for the rules ------------------------------------------------------------------===//

  TokenFlow &flow;
  const StreamDemand &demand;
  StreamStates &states;

  /// A value that is Fixed or Latest.
  mlir::Value value(mlir::Value original);
  /// Elements of a Tokens value. Those of no token, in front of the first one or behind the last, are `fill`, or
  /// anything where it is null.
  Piece piece(mlir::Value original, Span span, mlir::TypedAttr fill = {});
  /// All tokens so far of a value that grows, the new ones among them: element j at place j of dimension 1, whose place
  /// the dimension with the tokens has changed with.
  mlir::Value grown(mlir::Value original) const { return growing.lookup(original); }
  /// The last tokens of a value that a ring keeps, the new ones among them; the token n before the first new one is at
  /// `rowPlaces` - n.
  mlir::Value ringOf(mlir::Value original) const { return rings.lookup(original); }
  /// A value that positions decide, with `length` elements along the tokens or more, or as many as the entry takes.
  mlir::Value atLength(mlir::Value original, mlir::OpFoldResult length);
  /// The result of the op being emitted: elements of the span that was asked for.
  void define(mlir::Value original, Piece piece);
  void define(mlir::Value original, mlir::Value fixed) { mapping.map(original, fixed); }

  /// New elements of a value of the given rate, or of `original`; rows (1 without a symbol).
  mlir::OpFoldResult tokens(int64_t rate);
  mlir::OpFoldResult tokensOf(mlir::Value original) { return tokens(rateOf(original)); }
  mlir::OpFoldResult rows();
  int64_t rateOf(mlir::Value original) { return flow.tokenAxis(original).rate; }
  bool hasRows() const { return flow.sizes.rows.has_value(); }
  /// A size of the entry, with C tokens.
  mlir::OpFoldResult size(const SizeFormula &formula);
  mlir::OpFoldResult size(mlir::OpFoldResult original);
  /// The sizes of the given elements of a value.
  llvm::SmallVector<mlir::OpFoldResult> sizesOf(mlir::Value original, Span span, bool lifted = false);
  mlir::OpFoldResult plus(mlir::OpFoldResult size, mlir::OpFoldResult more);
  mlir::OpFoldResult plus(mlir::OpFoldResult size, int64_t more) { return plus(size, getIndexAttr(more)); }

  /// Elements of a value of the given rate that were seen before this call, of each row, plus `distance`: [rows].
  mlir::Value rowPositions(int64_t rate, int64_t distance = 0);
  /// Where the first new token of each row goes in rings, before the places go round: [rows].
  mlir::Value rowPlaces() const { return places; }
  /// Elements seen of one row; `row` is an index below the rows, or null where there is no symbol.
  mlir::Value position(mlir::OpBuilder &builder, mlir::Value row, int64_t rate);
  /// Whether outputs come later than their tokens, so that elements are computed which belong to none.
  bool looksAhead() const { return demand.latency > 0; }
  /// Whether elements of a value may be computed that belong to no token.
  bool mayBeNoToken(mlir::Value original) const { return looksAhead() || flow.of(original).delay() > 0; }
  /// Elements of a value of the given rate that one row has so far, those of this call among them, without what is fed
  /// behind the end; of a step that looks ahead.
  mlir::Value end(mlir::OpBuilder &builder, mlir::Value row, int64_t rate);
  /// The same values for every row.
  Piece lifted(Piece piece);
  /// As an operand of a mixer: what differs from row to row takes the place of a batch of 1.
  mlir::Value batched(Piece piece);
  mlir::Value slice(mlir::Value tensor, int64_t dim, mlir::OpFoldResult offset, mlir::OpFoldResult size);
  /// With two dimensions in each other's place.
  mlir::Value swapped(mlir::Value tensor, int64_t dim, int64_t other);
  mlir::Value concat(mlir::Value front, mlir::Value back, int64_t dim);
  /// The value of a symbol of the entry.
  mlir::Value symbol(unsigned number) { return symbols[number]; }
  /// The shape of a value in terms of the symbols.
  llvm::SmallVector<mlir::AffineExpr> stateShape(mlir::Value original);
  static mlir::RankedTensorType typeOf(llvm::ArrayRef<mlir::AffineExpr> shape, mlir::Type element);

private:
  void bindSymbols(mlir::BlockArgument original, mlir::Value argument);
  mlir::AffineExpr rowCount();
  mlir::Value addCounter(llvm::StringRef name);
  void addEnd();
  mlir::Value mapCounter(mlir::Value counter,
                         llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::Value)> body);
  mlir::Value addToCounter(mlir::Value counter, mlir::Value count);
  void emit(mlir::Operation *op);
  void cloneOp(mlir::Operation *op);
  mlir::Value cloneWithSizes(mlir::Value original, mlir::IRMapping &local);
  void emitTails(mlir::Value original, Piece now);
  mlir::AffineExpr roomOf(const Tail &tail, int64_t rate);
  /// The new elements at their places behind those of `before`.
  void emitAppended(mlir::Value original, const Tail &tail, mlir::Value elements, mlir::Value before);
  /// What is kept of a Tokens value, and the new tokens behind it.
  History history(mlir::Value original, mlir::TypedAttr fill);

  mlir::func::FuncOp entry;
  mlir::IRMapping mapping;
  llvm::DenseMap<mlir::Value, Piece> pieces;
  struct Kept {
    mlir::TypedAttr fill;
    History history;
  };
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Kept, 1>> kept;
  llvm::DenseMap<mlir::Value, mlir::Value> growing, rings;
  llvm::SmallVector<mlir::Value> symbols;
  mlir::Value positions, places, ends;                                  // in tokens
  llvm::DenseMap<std::pair<int64_t, int64_t>, mlir::Value> positionsAt; // by rate and distance
};

} // namespace heddle

#endif

// Which elements of every value a step computes, and which it keeps for later steps.
//
//   %o = convolution of %p with taps 0..3     needs elements [p, p + C)         of itself
//   %p = pad of %x by 3                       needs elements [p, p + C + 3)
//   %x: argument                              needs elements [p - 3, p + C):    C new ones and a tail of 3
//
// A tail is what is kept of a value: its last elements in front of the new ones, newest last or in a ring of places, or
// all so far. Tails stand where elements in front of the first token are asked for, which is at paddings, guarded reads
// and keys of attention; what lies between a padding and its reader is computed again for a few tokens instead.
#ifndef HEDDLE_PASSES_STREAM_STREAMDEMAND_H
#define HEDDLE_PASSES_STREAM_STREAMDEMAND_H

#include "passes/stream/StreamRules.h"
#include "passes/stream/TokenFlow.h"

namespace heddle {

struct Tail {
  mlir::TypedAttr fill; // its elements that belong to no token; null: anything
  int64_t depth = 0;    // tokens kept, unless the room grows
  enum Room {
    Last,    // the last `depth` tokens, newest last
    Ring,    // the same, each where it was written
    Growing, // all tokens so far, at their positions, up to a capacity that the caller chooses
  } room = Last;
  llvm::StringRef part; // what it is to its first reader: "key", "tail"
  mlir::Operation *reader = nullptr;
};

struct Demand {
  std::optional<Span> span; // without tails
  llvm::SmallVector<Tail, 1> tails;
};

class StreamDemand {
public:
  /// Asks for what the outputs of the entry need, each as early as it is known, `lookAhead` tokens late at most. Fails
  /// after a diagnostic at the op that is in the way.
  static mlir::FailureOr<StreamDemand> of(mlir::func::FuncOp entry, TokenFlow &flow, int64_t lookAhead);

  const Demand &of(mlir::Value value) const;
  /// The elements of a value that are known first in a call: as many as there are new tokens.
  Span newest(mlir::Value value) const;
  /// The most tokens that a ring keeps in front of the new ones, 0 where there is none.
  int64_t ringTokens() const;
  /// How many tokens late a value is: its own elements, or where they run at another rate as many as those take.
  int64_t tokensLate(mlir::Value value) const;
  /// How many tokens late the latest output is.
  int64_t latency = 0;

  //===--- for the rules ------------------------------------------------------------------===//

  TokenFlow &flow;
  /// The elements of all results of the op together.
  Span spanOf(mlir::Operation *op) const;
  /// Asks for elements of `value`, those of no token being `fill` (any, where it is null). Nothing for values without
  /// tokens. `part` names what is kept.
  void need(mlir::Value value, Span span, mlir::Operation *reader, mlir::TypedAttr fill = {},
            llvm::StringRef part = "tail");
  /// Asks for the newest elements and for those in front of them: the last `depth` ones in a ring.
  void needRing(mlir::Value value, int64_t depth, mlir::Operation *reader, llvm::StringRef part);
  /// Elements that contain those of the span, as many as a call brings or more: what `need` asks for. Where fewer are
  /// read, as every fourth one from the first on, the others are behind them as far as they are known, else in front.
  Span widened(mlir::Value value, Span span) const;
  /// Asks for all elements so far, each at its position.
  void needAll(mlir::Value value, mlir::Operation *reader, llvm::StringRef part);
  void refuse(mlir::Operation *op, const llvm::Twine &reason);

private:
  explicit StreamDemand(TokenFlow &flow) : flow(flow) {}
  void findLatency(mlir::Operation *end, int64_t lookAhead);
  bool isKept(mlir::Value value, Span span, mlir::TypedAttr fill) const;
  void addTail(mlir::Value value, Tail tail);
  void addRoom(mlir::Value value, Tail::Room room, int64_t depth, mlir::Operation *reader, llvm::StringRef part);

  llvm::DenseMap<mlir::Value, Demand> demands;
  bool failed = false;
};

} // namespace heddle

#endif

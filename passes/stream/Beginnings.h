// What is given in front of the first token: the state of a recurrence that does not begin with one number, and tokens
// that a padding takes from elsewhere.
//
//   state    position[b] = 0 ? initial[b, ..] : state[b, ..]
//   tokens   position[b] + first + t < 0 ? front[b, .. last ..] : kept[b, t, ..]
//
// The states themselves begin with zeros, which nobody reads: creating and resetting them stays a fill.
#ifndef HEDDLE_PASSES_STREAM_BEGINNINGS_H
#define HEDDLE_PASSES_STREAM_BEGINNINGS_H

#include "passes/stream/StreamEmitter.h"

namespace heddle {

/// `state`, and `initial` in rows that have seen no token. Of one shape; dimension 0 are the rows, where the entry has
/// a symbol for them.
mlir::Value beginWith(StreamEmitter &e, mlir::Value initial, mlir::Value state);

/// Elements of a value of the given rate, along `dim`; the first of them is `first` from the new ones.
struct Stretch {
  int64_t dim = 0, first = 0, rate = 1;
  std::optional<int64_t> rowDim;
};

/// Elements of a value with tokens. Those in front of token 0 are the last of `front`, which differs in its size along
/// the tokens alone.
mlir::Value putInFront(StreamEmitter &e, mlir::Value front, mlir::Value elements, const Stretch &stretch);

} // namespace heddle

#endif

// What a step keeps between calls: the tensors of its states, most of them in versions.
//
//   step inputs   x [B, T, 64] | position [B], layers.0.mixer.state [B, 1, 16, 64]       the last ones are states
//   step outputs  y [B, T, 64] | position [B], layers.0.mixer.state [B, 1, 16, 64]
//
// The versions are a ring. A call reads the current one and writes the one behind it, which becomes the current one
// when the call has gone well. So a call that fails or is cancelled leaves the state as it was, whatever it has
// written, and the versions in front of the current one are what rows may be taken back to.
//
//   rewind = 2    [10 tokens]  [13 tokens]  [20 tokens, current]  [written by the next call]
//
// Tensors that calls append to have no versions: of each row the places in front of its position count. Rings have none
// either: they have as many places for each version as a call fills.
#ifndef HEDDLE_RUNTIME_CORE_STATE_H
#define HEDDLE_RUNTIME_CORE_STATE_H

#include "runtime/core/StateTensor.h"

/// Rows [begin, end).
struct RowRange {
  int64_t begin = 0, end = 0;
};

struct heddle_state {
  /// Makes a state with initial values.
  static heddle::runtime::Status create(const heddle_entry &entry, const heddle_state_options_t &options,
                                        std::unique_ptr<heddle_state> &state);
  /// Checks the options and lays out the tensors, without memory.
  static heddle::runtime::Status layOut(const heddle_entry &entry, const heddle_state_options_t &options,
                                        std::vector<heddle::runtime::StateTensor> &tensors);
  ~heddle_state();

  heddle::runtime::Status checkRow(int64_t row) const;
  /// The rows that `row` stands for: that one, or all of them (-1).
  heddle::runtime::Status rangeOf(int64_t row, RowRange &range) const;
  /// Whether the position of these rows may change without that of the others.
  heddle::runtime::Status checkTogether(int64_t row) const;

  /// Initial values for one row, which can be taken back no more.
  void resetRow(int64_t row);
  /// Whether a row at this position has room.
  heddle::runtime::Status checkFits(const std::string &what, int64_t position) const;
  /// The values of a row, which fits, of another state of the same entry; the row can be taken back no more.
  void copyRow(int64_t row, const heddle_state &other, int64_t otherRow);

  /// Whether a call of the window has left the row at this position.
  heddle::runtime::Status checkRewind(int64_t row, int64_t position) const;
  /// The row as the last such call left it; the calls since are forgotten.
  void rewindRow(int64_t row, int64_t position);
  /// Values from outside for rows at `position`, which fits; the tensors are those behind the positions.
  void setRows(RowRange range, int64_t position, const heddle_tensor_view_t *values);

  /// Tokens that a row has been fed.
  int64_t position(int64_t row) const { return tensors.front().number(current, row); }
  /// Tokens of the row's sequence; kMostTokens where nobody knows yet.
  int64_t end(int64_t row) const;
  heddle::runtime::Status checkEnd(int64_t row, int64_t tokens) const;
  void setEnd(int64_t row, int64_t tokens);
  /// Where the next token of a row goes in rings, before the places go round; 0 where there are none.
  int64_t place(int version, int64_t row) const { return entry.info.ring < 0 ? 0 : tensors[1].number(version, row); }

  /// What counts of the current version, in the tensors' order, row-major.
  int64_t savedBytes() const;
  void save(char *bytes) const;
  /// The number of saved bytes that begin so; -1 where a position is none.
  int64_t savedBytesOf(const char *positions) const;
  void restore(const char *bytes);

  /// Puts the state's tensors behind those of a call; the arrays have room for them.
  void appendViews(std::vector<heddle_tensor_view_t> &inputs, std::vector<heddle_tensor_view_t> &outputs);
  /// Whether all rows stand at one position, since a tensor grows by the tokens of all of them.
  bool growsTogether() const;
  /// Whether the rows that take part (all: null) may take `tokens` more. `positions` is the view of the first state: it
  /// is turned to positions that are safe for the others too.
  heddle::runtime::Status admit(int64_t tokens, const bool *active, heddle_tensor_view_t &positions);
  /// After a call that was admitted: undoes what it has written over rows that sat out.
  void putBack();
  /// What a call has written becomes the current version; the rows that sat out are in it as they were.
  void commit(const bool *active);

  const heddle_entry &entry;
  const int64_t rows, capacity, rewind;
  int current = 0;
  std::vector<heddle::runtime::StateTensor> tensors;
  std::vector<heddle_tensor_view_t> inputs, outputs; // of a call; room for all, so that calls allocate nothing

private:
  heddle_state(const heddle_entry &entry, const heddle_state_options_t &options);
  int64_t mostTokens() const; // a number of whole blocks
  heddle::runtime::Status checkRoom(int64_t row, int64_t tokens) const;
  void setAside(int64_t row, int64_t safe, int64_t before);

  int versionCount() const { return static_cast<int>(rewind) + 2; }
  int next() const { return (current + 1) % versionCount(); }
  int versionBefore(int64_t calls) const {
    return static_cast<int>((current + versionCount() - calls) % versionCount());
  }
  size_t at(int version, int64_t row) const { return static_cast<size_t>(version * rows + row); }
  int64_t callsSince(int64_t row, int64_t position) const;
  void forget(int64_t row);

  heddle::runtime::StateTensor *ends = nullptr; // of `tensors`, where outputs come late
  std::vector<int64_t> seen;                    // [version, row]: tokens that the row had seen, or kForgotten
  std::vector<int64_t> safePositions;           // [row]: what a call is given when rows sit out
  struct Aside {
    char *place;
    size_t offset, bytes; // in asideBytes
  };
  std::vector<Aside> aside; // what a call may overwrite of rows that sit out
  std::vector<char> asideBytes;
};

#endif

// What a step keeps between calls: the tensors of its states, most of them twice.
//
//   step inputs   x [B, T, 64] | position [B], layers.0.mixer.state [B, 1, 16, 64]       the last ones are states
//   step outputs  y [B, T, 64] | position [B], layers.0.mixer.state [B, 1, 16, 64]
//
// A call reads the current tensors and writes the other ones; they change places when it has gone well. So a call that
// fails or is cancelled leaves the state as it was, whatever it has written.
//
// A tensor that calls append to ([rows, capacity, ..]) exists once. Of a row its places in front of the position count,
// and no call writes there or reads behind: what is behind, of a failed call or of a row's earlier life, means nothing.
#ifndef HEDDLE_RUNTIME_CORE_STATE_H
#define HEDDLE_RUNTIME_CORE_STATE_H

#include "runtime/core/Package.h"
#include <memory>
#include <vector>

namespace heddle::runtime {

/// One tensor of a state: `rows` pieces of `inner` bytes, `outer` times.
struct StateTensor {
  const TensorInfo *info = nullptr;
  std::vector<int64_t> shape;
  int64_t outer = 1, rows = 1, inner = 0;
  std::unique_ptr<char[]> data[2]; // the current one is named by the state; the second is empty where calls append

  /// Bytes in memory.
  int64_t bytes() const { return outer * rows * inner * (info->appends ? 1 : 2); }
  char *base(int side) const { return data[info->appends ? 0 : side].get(); }
  char *piece(int side, int64_t index, int64_t row) const { return base(side) + (index * rows + row) * inner; }
  /// Bytes that count, of a piece of a row at this position.
  int64_t used(int64_t position) const { return info->appends ? inner / shape[1] * position : inner; }
  heddle_tensor_view_t view(int side);
};

} // namespace heddle::runtime

struct heddle_state {
  /// Makes a state with initial values.
  static heddle::runtime::Status create(const heddle_entry &entry, int64_t rows, int64_t capacity,
                                        std::unique_ptr<heddle_state> &state);
  ~heddle_state();

  /// Initial values for one row.
  void resetRow(int64_t row);
  /// The values of a row of another state of the same entry and capacity.
  void copyRow(int64_t row, const heddle_state &other, int64_t otherRow);
  /// Tokens that a row has seen.
  int64_t position(int64_t row) const;
  /// Bytes of all tensors in memory.
  int64_t bytes() const;
  /// What counts of the tensors, in their order, row-major.
  int64_t savedBytes() const;
  void save(char *bytes) const;
  /// The number of saved bytes that begin so; -1 where a position is none.
  int64_t savedBytesOf(const char *positions) const;
  void restore(const char *bytes);
  /// Whether every row may take `tokens` more.
  heddle::runtime::Status checkRoom(int64_t tokens) const;
  /// Puts the state's tensors behind those of a call; the arrays have room for them.
  void appendViews(std::vector<heddle_tensor_view_t> &inputs, std::vector<heddle_tensor_view_t> &outputs);
  /// The tensors that a call has written become the current ones.
  void commit() { current = 1 - current; }

  const heddle_entry &entry;
  const int64_t rows, capacity;
  int current = 0;
  std::vector<heddle::runtime::StateTensor> tensors;
  std::vector<heddle_tensor_view_t> inputs, outputs; // of a call; room for all, so that calls allocate nothing

private:
  heddle_state(const heddle_entry &entry, int64_t rows, int64_t capacity);
  heddle::runtime::Status allocate(const heddle::runtime::TensorInfo &info);
};

#endif

// One tensor of a step's states, in as many versions as a state keeps, addressed by rows.
//
//   state [L, B, D] with rows B:   L times B pieces of D elements; a row is its L pieces
#ifndef HEDDLE_RUNTIME_CORE_STATETENSOR_H
#define HEDDLE_RUNTIME_CORE_STATETENSOR_H

#include "runtime/core/Package.h"
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace heddle::runtime {

/// `rows` pieces of `inner` bytes, `outer` times.
///
/// A tensor that calls append to ([rows, capacity * n, ..], capacity counting blocks of tokens) exists once, whatever
/// the number of versions. Of a row its places in front of the position count, and no call writes there or reads
/// behind: what is behind, of a failed call or of a row's earlier life, means nothing.
///
/// A tensor that grows ([.., capacity, ..]) has of each version as many places as tokens, without gaps, so all its rows
/// stand at one position. `outer` and `inner` are those of a full one.
///
/// A ring ([rows, places, ..]) exists once too. Of a row the last tokens in front of its place count, and there are as
/// many places for each version as a call fills, so that no call writes what a version needs.
struct StateTensor {
  const TensorInfo *info = nullptr;
  std::vector<int64_t> shape;
  int64_t outer = 1, rows = 1, inner = 0;
  int rowsAt = -1, placesAt = -1; // dimensions; -1: none
  int64_t block = 1, rate = 1;    // tokens that come together, and the places of each such block
  std::vector<std::unique_ptr<char[]>> versions;
  std::vector<std::vector<int64_t>> grownShapes; // of each version, where the tensor grows

  /// Bytes in memory.
  int64_t bytes() const { return outer * rows * inner * static_cast<int64_t>(versions.size()); }
  char *base(int version) const { return versions[info->appends ? 0 : static_cast<size_t>(version)].get(); }
  char *piece(int version, int64_t index, int64_t row) const {
    return base(version) + (index * rows + row) * (info->grows ? used(grownLength(version)) : inner);
  }
  /// What a tensor of one integer for each row says.
  int64_t number(int version, int64_t row) const {
    int64_t number = 0;
    std::memcpy(&number, piece(version, 0, row), sizeof number);
    return number;
  }
  /// Tokens of its own rate that count of a row at this position, where there are places for them. Rings have that of
  /// the inputs.
  int64_t tokens(int64_t position) const {
    return info->ring > 0 ? std::min(position, info->ring) : position / block * rate;
  }
  int64_t tokenBytes() const { return inner / shape[static_cast<size_t>(placesAt)]; } // behind the rows
  /// Pieces of a row at this position, and the bytes that count of each.
  int64_t pieces(int64_t position) const { return info->grows && placesAt < rowsAt ? upTo(outer, position) : outer; }
  int64_t used(int64_t position) const {
    return info->appends || (info->grows && placesAt > rowsAt) ? upTo(inner, position) : inner;
  }
  /// Of a tensor that calls append to, the bytes of a row in front of those that a call at this position writes.
  int64_t untouched(int64_t position) const {
    return tokenBytes() * std::max<int64_t>(0, tokens(position) - info->latency);
  }
  /// What counts of `count` rows at this position, as a tensor.
  std::vector<int64_t> shapeAt(int64_t count, int64_t position) const;
  /// Visits these bytes of a piece, in the tokens' order: (address, size). `place` is the row's in a ring.
  template <typename Visit> void eachUsed(char *piece, int64_t position, int64_t place, Visit visit) const;
  heddle_tensor_view_t view(int version);

  /// The tokens of a version, where the tensor grows.
  void setLength(int version, int64_t count);

  void allocate();
  /// Initial values for a row.
  void resetRow(int version, int64_t row);
  /// The values of a row, at `position` and `place`, of another tensor of the same layout or of another version of this
  /// one. Rings may have other numbers of places.
  void copyRow(int version, int64_t row, const StateTensor &from, int fromVersion, int64_t fromRow, int64_t position,
               int64_t place);

private:
  int64_t upTo(int64_t full, int64_t position) const {
    return full / shape[static_cast<size_t>(placesAt)] * tokens(position);
  }
  int64_t grownLength(int version) const {
    return grownShapes[static_cast<size_t>(version)][static_cast<size_t>(placesAt)];
  }
};

template <typename Visit> void StateTensor::eachUsed(char *piece, int64_t position, int64_t place, Visit visit) const {
  if (info->ring == 0)
    return visit(piece, static_cast<size_t>(used(position)));
  int64_t places = shape[1], count = tokens(position), begin = ((place - count) % places + places) % places;
  int64_t ahead = std::min(count, places - begin);
  visit(piece + begin * tokenBytes(), static_cast<size_t>(ahead * tokenBytes()));
  visit(piece, static_cast<size_t>((count - ahead) * tokenBytes()));
}

/// The tensors of a step's states in the entry's order, without memory; `capacity` is in tokens. All their bytes
/// together are below 2^63.
Status layOutStates(const heddle_entry &entry, int64_t rows, int64_t capacity, int64_t versions,
                    std::vector<StateTensor> &tensors);

/// Whether a capacity is room alone: all states that have one are appended to or grow, so that what counts of a row is
/// the same whatever the capacity is.
bool capacityIsRoom(const heddle_entry &entry);

/// The symbol that counts the rows of a step's states: the size of the first one, the positions. -1: there is one row.
int rowSymbol(const heddle_entry &entry);

} // namespace heddle::runtime
#endif

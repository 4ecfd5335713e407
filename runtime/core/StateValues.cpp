// The tensors of a state for the caller: what counts of them, dense and row-major.
#include "runtime/core/State.h"
#include "runtime/core/View.h"
#include <algorithm>
#include <cstring>

using namespace heddle::runtime;

namespace {

Status checkIndex(const heddle_state &state, size_t index) {
  if (index < state.tensors.size())
    return {};
  return invalid("tensor of the state", "0 to " + std::to_string(state.tensors.size() - 1), std::to_string(index));
}

/// The position that the rows have in common, where the tensor has places for tokens.
Status positionOf(const heddle_state &state, const StateTensor &tensor, RowRange rows, int64_t &position) {
  position = state.position(rows.begin);
  for (int64_t row = rows.begin; tensor.placesAt >= 0 && row < rows.end; ++row)
    if (state.position(row) != position)
      return invalid("rows of state '" + tensor.info->name + "'", "all at position " + std::to_string(position),
                     std::to_string(state.position(row)) + " of row " + std::to_string(row) + ": take one row");
  return {};
}

Status checkShape(const StateTensor &tensor, const std::vector<int64_t> &shape, const heddle_tensor_view_t &view) {
  if (Status status = checkView("state", *tensor.info, view); !status)
    return status;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (view.shape[dim] != shape[dim])
      return invalid("state '" + tensor.info->name + "' dim " + std::to_string(dim), std::to_string(shape[dim]),
                     std::to_string(view.shape[dim]));
  return {};
}

/// What counts of a tensor of a state, of some rows.
struct Part {
  RowRange rows;
  int64_t position = 0;
  std::vector<int64_t> shape;

  static Status of(const heddle_state &state, size_t index, int64_t row, Part &part) {
    if (Status status = checkIndex(state, index); !status)
      return status;
    if (Status status = state.rangeOf(row, part.rows); !status)
      return status;
    const StateTensor &tensor = state.tensors[index];
    if (Status status = positionOf(state, tensor, part.rows, part.position); !status)
      return status;
    part.shape = tensor.shapeAt(part.rows.end - part.rows.begin, part.position);
    return {};
  }
};

} // namespace

size_t heddle_state_tensor_count(const heddle_state_t *state) { return state->tensors.size(); }

const heddle_tensor_info_t *heddle_state_tensor(const heddle_state_t *state, size_t index) {
  size_t states = state->tensors.size();
  return index < states ? heddle_entry_input(&state->entry, state->entry.inputs.size() - states + index) : nullptr;
}

heddle_status_t heddle_state_dims(const heddle_state_t *state, size_t index, int64_t row, int64_t *out_dims) {
  return guard([&]() -> Status {
    Part part;
    if (Status status = Part::of(*state, index, row, part); !status)
      return status;
    std::copy(part.shape.begin(), part.shape.end(), out_dims);
    return {};
  });
}

heddle_status_t heddle_state_get(const heddle_state_t *state, size_t index, int64_t row,
                                 const heddle_tensor_view_t *into) {
  return guard([&]() -> Status {
    Part part;
    if (Status status = Part::of(*state, index, row, part); !status)
      return status;
    const StateTensor &tensor = state->tensors[index];
    if (Status status = checkShape(tensor, part.shape, *into); !status)
      return status;
    char *to = viewData(*into);
    for (int64_t piece = 0; tensor.used(part.position) && piece < tensor.pieces(part.position); ++piece)
      for (int64_t each = part.rows.begin; each < part.rows.end; ++each)
        tensor.eachUsed(tensor.piece(state->current, piece, each), part.position, state->place(state->current, each),
                        [&](const char *bytes, size_t size) {
                          std::memcpy(to, bytes, size);
                          to += size;
                        });
    return {};
  });
}

heddle_status_t heddle_state_set(heddle_state_t *state, int64_t row, int64_t position,
                                 const heddle_tensor_view_t *values, size_t count) {
  return guard([&]() -> Status {
    RowRange rows;
    if (Status status = state->rangeOf(row, rows); !status)
      return status;
    if (position != state->position(rows.begin))
      if (Status status = state->checkTogether(row); !status)
        return status;
    if (position < 0)
      return invalid("position of the rows", "at least 0", std::to_string(position));
    if (Status status = state->checkFits(row == -1 ? "all rows" : "row " + std::to_string(row), position); !status)
      return status;
    if (count != state->tensors.size() - 1 || (count && !values))
      return invalid("number of state tensors behind the positions", std::to_string(state->tensors.size() - 1),
                     values || !count ? std::to_string(count) : "NULL");
    for (size_t i = 0; i < count; ++i) {
      const StateTensor &tensor = state->tensors[i + 1];
      if (Status status = checkShape(tensor, tensor.shapeAt(rows.end - rows.begin, position), values[i]); !status)
        return status;
      if (Status status = checkRange(*tensor.info, values[i]); !status)
        return status;
    }
    state->setRows(rows, position, values);
    return {};
  });
}

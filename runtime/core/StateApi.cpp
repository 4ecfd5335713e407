// The C functions of states; SavedState.cpp has those of their saved form.
#include "runtime/core/Options.h"
#include "runtime/core/State.h"
#include "runtime/core/View.h"

using namespace heddle::runtime;

namespace {

int64_t bytesOf(const std::vector<StateTensor> &tensors) {
  int64_t sum = 0;
  for (const StateTensor &tensor : tensors)
    sum += tensor.bytes();
  return sum;
}

} // namespace

void heddle_state_options_init(heddle_state_options_t *options) { *options = {sizeof *options, 1, 0, 0}; }

heddle_status_t heddle_state_plan(const heddle_entry_t *step, const heddle_state_options_t *options,
                                  int64_t *out_bytes) {
  return guard([&]() -> Status {
    if (!step || !out_bytes)
      return Status(HEDDLE_INVALID_ARGUMENT, "step and out_bytes, expected addresses but got NULL");
    *out_bytes = 0;
    std::vector<StateTensor> tensors;
    heddle_state_options_t given = readOptions(options, heddle_state_options_init);
    if (Status status = heddle_state::layOut(*step, given, tensors); !status)
      return status;
    *out_bytes = bytesOf(tensors);
    return {};
  });
}

heddle_status_t heddle_state_create(const heddle_entry_t *step, const heddle_state_options_t *options,
                                    heddle_state_t **out_state) {
  return guard([&]() -> Status {
    if (!step || !out_state)
      return Status(HEDDLE_INVALID_ARGUMENT, "step and out_state, expected addresses but got NULL");
    *out_state = nullptr;
    std::unique_ptr<heddle_state> state;
    if (Status status = heddle_state::create(*step, readOptions(options, heddle_state_options_init), state); !status)
      return status;
    *out_state = state.release();
    return {};
  });
}

void heddle_state_release(heddle_state_t *state) { delete state; }

int64_t heddle_state_position(const heddle_state_t *state, int64_t row) {
  return row >= 0 && row < state->rows ? state->position(row) : -1;
}

int64_t heddle_state_bytes(const heddle_state_t *state) { return bytesOf(state->tensors); }

heddle_status_t heddle_state_reset(heddle_state_t *state, int64_t row) {
  return guard([&]() -> Status {
    RowRange rows;
    if (Status status = state->rangeOf(row, rows); !status)
      return status;
    if (Status status = state->checkTogether(row); !status)
      return status;
    for (int64_t each = rows.begin; each < rows.end; ++each)
      state->resetRow(each);
    return {};
  });
}

heddle_status_t heddle_state_rewind(heddle_state_t *state, int64_t row, int64_t position) {
  return guard([&]() -> Status {
    RowRange rows;
    if (Status status = state->rangeOf(row, rows); !status)
      return status;
    if (Status status = state->checkTogether(row); !status)
      return status;
    for (int64_t each = rows.begin; each < rows.end; ++each)
      if (Status status = state->checkRewind(each, position); !status)
        return status;
    for (int64_t each = rows.begin; each < rows.end; ++each)
      state->rewindRow(each, position);
    return {};
  });
}

heddle_status_t heddle_state_copy_row(heddle_state_t *to, int64_t to_row, const heddle_state_t *from,
                                      int64_t from_row) {
  return guard([&]() -> Status {
    if (&to->entry != &from->entry || (to->capacity != from->capacity && !capacityIsRoom(to->entry)))
      return Status(HEDDLE_INVALID_ARGUMENT, "states, expected two of one entry and capacity but got others");
    for (auto [state, row] : {std::pair(static_cast<const heddle_state *>(to), to_row), std::pair(from, from_row)})
      if (Status status = state->checkRow(row); !status)
        return status;
    if (to->position(to_row) != from->position(from_row))
      if (Status status = to->checkTogether(to_row); !status)
        return status;
    if (Status status = to->checkFits("row " + std::to_string(from_row), from->position(from_row)); !status)
      return status;
    if (to != from || to_row != from_row)
      to->copyRow(to_row, *from, from_row);
    return {};
  });
}

heddle_status_t heddle_state_fork(const heddle_state_t *state, heddle_state_t **out_state) {
  return guard([&]() -> Status {
    if (!out_state)
      return Status(HEDDLE_INVALID_ARGUMENT, "out_state, expected an address but got NULL");
    *out_state = nullptr;
    std::unique_ptr<heddle_state> fork;
    heddle_state_options_t options = {sizeof options, state->rows, state->capacity, state->rewind};
    if (Status status = heddle_state::create(state->entry, options, fork); !status)
      return status;
    for (int64_t row = 0; row < state->rows; ++row)
      fork->copyRow(row, *state, row);
    *out_state = fork.release();
    return {};
  });
}

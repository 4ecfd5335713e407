// The C functions of states, and their saved form.
//
//   header (64 bytes) | the tensors in the entry's order, row-major; of those that are appended to, the tokens seen
#include "runtime/core/Options.h"
#include "runtime/core/State.h"
#include "runtime/core/View.h"
#include <cstring>
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace heddle::runtime;

namespace {

constexpr char kMagic[8] = {'\x89', 'H', 'E', 'D', 'S', 'T', 'A', '\n'};
constexpr uint32_t kVersion = 1;

struct SavedHeader {
  char magic[8];
  uint32_t version;
  uint32_t tensors;
  uint64_t fingerprint; // of the package
  uint64_t entry;       // hash of its name
  int64_t rows, capacity;
  uint64_t bytes; // of the tensors
  uint64_t hash;  // of the tensors
};
static_assert(sizeof(SavedHeader) == 64, "layout is fixed");

SavedHeader headerOf(const heddle_state &state) {
  SavedHeader header = {};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.tensors = static_cast<uint32_t>(state.tensors.size());
  header.fingerprint = state.entry.package->image.fingerprint;
  header.entry = XXH3_64bits(state.entry.info.name.data(), state.entry.info.name.size());
  header.rows = state.rows;
  header.capacity = state.capacity;
  header.bytes = static_cast<uint64_t>(state.savedBytes());
  return header;
}

Status checkRow(const heddle_state &state, int64_t row) {
  if (row >= 0 && row < state.rows)
    return {};
  return invalid("row", "0 to " + std::to_string(state.rows - 1), std::to_string(row));
}

Status checkSaved(const heddle_state &state, const SavedHeader &saved, const void *bytes, size_t size) {
  SavedHeader expected = headerOf(state);
  if (size < sizeof saved || std::memcmp(saved.magic, kMagic, sizeof kMagic) != 0)
    return Status(HEDDLE_CORRUPT, "saved state, expected one of Heddle but got other bytes");
  if (saved.version != kVersion)
    return mismatch(HEDDLE_INCOMPATIBLE, "version of the saved state", std::to_string(kVersion),
                    std::to_string(saved.version));
  const std::tuple<const char *, uint64_t, uint64_t> fields[] = {
      {"fingerprint of the saved state's package", expected.fingerprint, saved.fingerprint},
      {"hash of the saved state's entry", expected.entry, saved.entry},
      {"rows of the saved state", uint64_t(expected.rows), uint64_t(saved.rows)},
      {"capacity of the saved state", uint64_t(expected.capacity), uint64_t(saved.capacity)},
      {"tensors of the saved state", expected.tensors, saved.tensors}};
  for (auto [what, wanted, got] : fields)
    if (wanted != got)
      return mismatch(HEDDLE_INCOMPATIBLE, what, std::to_string(wanted), std::to_string(got));
  if (size != sizeof saved + saved.bytes)
    return mismatch(HEDDLE_CORRUPT, "size of the saved state", std::to_string(sizeof saved + saved.bytes),
                    std::to_string(size));
  const char *tensors = static_cast<const char *>(bytes) + sizeof saved;
  uint64_t hash = XXH3_64bits(tensors, saved.bytes);
  if (hash != saved.hash)
    return mismatch(HEDDLE_CORRUPT, "hash of the saved state", std::to_string(saved.hash), std::to_string(hash));
  bool hasPositions = saved.bytes >= static_cast<uint64_t>(state.rows) * sizeof(int64_t);
  int64_t wanted = hasPositions ? state.savedBytesOf(tensors) : -1;
  if (wanted < 0 || static_cast<uint64_t>(wanted) != saved.bytes)
    return mismatch(HEDDLE_CORRUPT, "bytes of the saved state", "those of its positions", std::to_string(saved.bytes));
  return {};
}

} // namespace

void heddle_state_options_init(heddle_state_options_t *options) { *options = {sizeof *options, 1, 0}; }

heddle_status_t heddle_state_create(const heddle_entry_t *step, const heddle_state_options_t *options,
                                    heddle_state_t **out_state) {
  return guard([&]() -> Status {
    if (!step || !out_state)
      return Status(HEDDLE_INVALID_ARGUMENT, "step and out_state, expected addresses but got NULL");
    *out_state = nullptr;
    heddle_state_options_t given = readOptions(options, heddle_state_options_init);
    std::unique_ptr<heddle_state> state;
    if (Status status = heddle_state::create(*step, given.rows, given.capacity, state); !status)
      return status;
    *out_state = state.release();
    return {};
  });
}

void heddle_state_release(heddle_state_t *state) { delete state; }

int64_t heddle_state_position(const heddle_state_t *state, int64_t row) {
  return row >= 0 && row < state->rows ? state->position(row) : -1;
}

int64_t heddle_state_bytes(const heddle_state_t *state) { return state->bytes(); }

heddle_status_t heddle_state_reset(heddle_state_t *state, int64_t row) {
  return guard([&]() -> Status {
    if (row != -1)
      if (Status status = checkRow(*state, row); !status)
        return status;
    for (int64_t each = row == -1 ? 0 : row; each < (row == -1 ? state->rows : row + 1); ++each)
      state->resetRow(each);
    return {};
  });
}

heddle_status_t heddle_state_copy_row(heddle_state_t *to, int64_t to_row, const heddle_state_t *from,
                                      int64_t from_row) {
  return guard([&]() -> Status {
    if (&to->entry != &from->entry || to->capacity != from->capacity)
      return Status(HEDDLE_INVALID_ARGUMENT, "states, expected two of one entry and capacity but got others");
    for (auto [state, row] : {std::pair(static_cast<const heddle_state *>(to), to_row), std::pair(from, from_row)})
      if (Status status = checkRow(*state, row); !status)
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
    if (Status status = heddle_state::create(state->entry, state->rows, state->capacity, fork); !status)
      return status;
    for (int64_t row = 0; row < state->rows; ++row)
      fork->copyRow(row, *state, row);
    *out_state = fork.release();
    return {};
  });
}

size_t heddle_state_saved_size(const heddle_state_t *state) {
  return sizeof(SavedHeader) + static_cast<size_t>(state->savedBytes());
}

heddle_status_t heddle_state_save(const heddle_state_t *state, void *bytes, size_t size) {
  return guard([&]() -> Status {
    if (!bytes || size != heddle_state_saved_size(state))
      return invalid("size of the saved state", std::to_string(heddle_state_saved_size(state)),
                     bytes ? std::to_string(size) : "NULL");
    state->save(static_cast<char *>(bytes) + sizeof(SavedHeader));
    SavedHeader header = headerOf(*state);
    header.hash = XXH3_64bits(static_cast<char *>(bytes) + sizeof header, header.bytes);
    std::memcpy(bytes, &header, sizeof header);
    return {};
  });
}

heddle_status_t heddle_state_restore(heddle_state_t *state, const void *bytes, size_t size) {
  return guard([&]() -> Status {
    SavedHeader saved = {};
    if (bytes)
      std::memcpy(&saved, bytes, std::min(size, sizeof saved));
    if (Status status = checkSaved(*state, saved, bytes, bytes ? size : 0); !status)
      return status;
    state->restore(static_cast<const char *>(bytes) + sizeof saved);
    return {};
  });
}

// The saved form of a state.
//
//   header (64 bytes) | the tensors in the entry's order, row-major; of those that are appended to, the tokens seen
#include "runtime/core/State.h"
#include "runtime/core/View.h"
#include <cstring>
#include <tuple>
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

int64_t numberAt(const char *numbers, int64_t index) {
  int64_t number = 0;
  std::memcpy(&number, numbers + index * int64_t(sizeof number), sizeof number);
  return number;
}

/// The header of what may be anything.
Status readHeader(const void *bytes, size_t size, SavedHeader &saved) {
  if (bytes)
    std::memcpy(&saved, bytes, std::min(size, sizeof saved));
  if (!bytes || size < sizeof saved || std::memcmp(saved.magic, kMagic, sizeof kMagic) != 0)
    return Status(HEDDLE_CORRUPT, "saved state, expected one of Heddle but got other bytes");
  if (saved.version != kVersion)
    return mismatch(HEDDLE_INCOMPATIBLE, "version of the saved state", std::to_string(kVersion),
                    std::to_string(saved.version));
  return {};
}

Status checkSaved(const heddle_state &state, const SavedHeader &saved, const void *bytes, size_t size) {
  SavedHeader expected = headerOf(state);
  const std::tuple<const char *, uint64_t, uint64_t> fields[] = {
      {"fingerprint of the saved state's package", expected.fingerprint, saved.fingerprint},
      {"hash of the saved state's entry", expected.entry, saved.entry},
      {"rows of the saved state", uint64_t(expected.rows), uint64_t(saved.rows)},
      {"capacity of the saved state", uint64_t(expected.capacity),
       uint64_t(capacityIsRoom(state.entry) ? expected.capacity : saved.capacity)},
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
  for (int64_t row = 0; hasPositions && row < state.rows; ++row)
    if (Status status = state.checkFits("row " + std::to_string(row) + " of the saved state", numberAt(tensors, row));
        !status)
      return status;
  int64_t wanted = hasPositions ? state.savedBytesOf(tensors) : -1;
  if (wanted < 0 || static_cast<uint64_t>(wanted) != saved.bytes)
    return mismatch(HEDDLE_CORRUPT, "bytes of the saved state", "those of its positions", std::to_string(saved.bytes));
  return {};
}

} // namespace

int64_t heddle_state::savedBytesOf(const char *positions) const {
  int64_t sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t tokens = numberAt(positions, row);
    if (tokens < 0 || tokens > mostTokens() || tokens % entry.info.block ||
        (growsTogether() && tokens != numberAt(positions, 0)))
      return -1;
    for (const StateTensor &tensor : tensors)
      sum += tensor.pieces(tokens) * tensor.used(tokens);
  }
  return sum;
}

int64_t heddle_state::savedBytes() const { return savedBytesOf(tensors.front().base(current)); }

void heddle_state::save(char *bytes) const {
  for (const StateTensor &tensor : tensors)
    for (int64_t index = 0; index < tensor.pieces(position(0)); ++index)
      for (int64_t row = 0; row < rows; ++row) {
        tensor.eachUsed(tensor.piece(current, index, row), position(row), place(current, row),
                        [&](const char *part, size_t size) {
                          std::memcpy(bytes, part, size);
                          bytes += size;
                        });
      }
}

/// The positions are the first tensor, the places the second one.
void heddle_state::restore(const char *bytes) {
  const char *positions = bytes;
  for (StateTensor &tensor : tensors) {
    tensor.setLength(current, numberAt(positions, 0));
    for (int64_t index = 0; index < tensor.pieces(numberAt(positions, 0)); ++index)
      for (int64_t row = 0; row < rows; ++row) {
        tensor.eachUsed(tensor.piece(current, index, row), numberAt(positions, row), place(current, row),
                        [&](char *part, size_t size) {
                          std::memcpy(part, bytes, size);
                          bytes += size;
                        });
      }
  }
  for (int64_t row = 0; row < rows; ++row)
    forget(row);
}

size_t heddle_state_saved_size(const heddle_state_t *state) {
  return sizeof(SavedHeader) + static_cast<size_t>(state->savedBytes());
}

heddle_status_t heddle_state_saved_options(const void *bytes, size_t size, heddle_state_options_t *out_options) {
  return guard([&]() -> Status {
    SavedHeader saved = {};
    if (Status status = readHeader(bytes, size, saved); !status)
      return status;
    heddle_state_options_t options = {sizeof options, saved.rows, saved.capacity, 0};
    std::memcpy(out_options, &options, std::min(out_options->size, sizeof options));
    return {};
  });
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
    if (Status status = readHeader(bytes, size, saved); !status)
      return status;
    if (Status status = checkSaved(*state, saved, bytes, size); !status)
      return status;
    state->restore(static_cast<const char *>(bytes) + sizeof saved);
    return {};
  });
}

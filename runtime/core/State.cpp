#include "runtime/core/State.h"
#include "runtime/core/View.h"
#include <algorithm>
#include <cstring>

using namespace heddle;
using namespace heddle::runtime;

namespace {

constexpr int64_t kForgotten = -1;
constexpr int64_t kMaxRewind = 1 << 20; // versions are counted in an int

std::string rowName(int64_t row) { return "row " + std::to_string(row); }

} // namespace

// --- making one
// -------------------------------------------------------------------------------------------------------

heddle_state::heddle_state(const heddle_entry &entry, const heddle_state_options_t &options)
    : entry(entry), rows(options.rows), capacity(entry.info.capacity < 0 ? 0 : options.capacity),
      rewind(options.rewind) {
  heddle_package_retain(const_cast<heddle_package *>(entry.package)); // counting references changes nothing else
}

heddle_state::~heddle_state() { heddle_package_release(const_cast<heddle_package *>(entry.package)); }

Status heddle_state::layOut(const heddle_entry &entry, const heddle_state_options_t &options,
                            std::vector<StateTensor> &tensors) {
  if (entry.info.stateCount() == 0)
    return invalid("entry '" + entry.info.name + "'", "a step", "an entry without states");
  bool oneRow = rowSymbol(entry) < 0;
  if (options.rows < 1 || (oneRow && options.rows != 1))
    return invalid("rows", oneRow ? "1" : "at least 1", std::to_string(options.rows));
  if (entry.info.capacity >= 0 && options.capacity < entry.info.block)
    return invalid("capacity", "at least " + std::to_string(entry.info.block), std::to_string(options.capacity));
  if (options.rewind < 0 || options.rewind > kMaxRewind)
    return invalid("rewind", "0 to " + std::to_string(kMaxRewind) + " calls", std::to_string(options.rewind));
  return layOutStates(entry, options.rows, options.capacity, options.rewind + 2, tensors);
}

Status heddle_state::create(const heddle_entry &entry, const heddle_state_options_t &options,
                            std::unique_ptr<heddle_state> &state) {
  state.reset(new heddle_state(entry, options));
  if (Status status = layOut(entry, options, state->tensors); !status)
    return status;
  for (StateTensor &tensor : state->tensors) {
    tensor.allocate();
    state->ends = tensor.info->isEnd ? &tensor : state->ends;
  }
  state->inputs.reserve(entry.info.inputs.size());
  state->outputs.reserve(entry.info.outputs.size());
  state->seen.assign(static_cast<size_t>(state->versionCount() * state->rows), kForgotten);
  state->safePositions.assign(static_cast<size_t>(state->rows), 0);
  for (int64_t row = 0; row < state->rows; ++row)
    state->resetRow(row);
  return {};
}

// --- rows
// -------------------------------------------------------------------------------------------------------------

Status heddle_state::checkRow(int64_t row) const {
  if (row >= 0 && row < rows)
    return {};
  return invalid("row", "0 to " + std::to_string(rows - 1), std::to_string(row));
}

Status heddle_state::rangeOf(int64_t row, RowRange &range) const {
  range = row == -1 ? RowRange{0, rows} : RowRange{row, row + 1};
  return row == -1 ? Status() : checkRow(row);
}

Status heddle_state::checkTogether(int64_t row) const {
  if (row == -1 || rows == 1 || !growsTogether())
    return {};
  return invalid("row", "-1, all " + std::to_string(rows) + ", whose caches grow together", std::to_string(row));
}

void heddle_state::forget(int64_t row) {
  for (int version = 0; version < versionCount(); ++version)
    seen[at(version, row)] = kForgotten;
  seen[at(current, row)] = position(row);
}

void heddle_state::resetRow(int64_t row) {
  for (StateTensor &tensor : tensors)
    tensor.resetRow(current, row);
  forget(row);
}

Status heddle_state::checkFits(const std::string &what, int64_t position) const {
  if (position % entry.info.block != 0)
    return invalid("tokens of " + what, "a multiple of " + std::to_string(entry.info.block), std::to_string(position));
  if (position <= mostTokens())
    return {};
  return mismatch(HEDDLE_OUT_OF_RANGE, "tokens of " + what, "at most " + std::to_string(mostTokens()) + " in all",
                  std::to_string(position));
}

void heddle_state::copyRow(int64_t row, const heddle_state &other, int64_t otherRow) {
  for (size_t i = 0; i < tensors.size(); ++i) // the positions are the first
    tensors[i].copyRow(current, row, other.tensors[i], other.current, otherRow, other.position(otherRow),
                       other.place(other.current, otherRow));
  forget(row);
}

/// How many calls ago the row last stood there; more than `rewind`: not within the window.
int64_t heddle_state::callsSince(int64_t row, int64_t position) const {
  int64_t calls = 0;
  while (calls <= rewind && seen[at(versionBefore(calls), row)] != position)
    ++calls;
  return calls;
}

Status heddle_state::checkRewind(int64_t row, int64_t position) const {
  if (position >= 0 && callsSince(row, position) <= rewind)
    return {};
  std::string window;
  for (int64_t calls = 0; calls <= rewind; ++calls)
    if (int64_t there = seen[at(versionBefore(calls), row)]; there != kForgotten)
      window += (window.empty() ? "" : ", ") + std::to_string(there);
  return mismatch(HEDDLE_OUT_OF_RANGE, "position to take " + rowName(row) + " back to",
                  "one that the last " + std::to_string(rewind) + " calls began or ended at (" + window + ")",
                  std::to_string(position));
}

void heddle_state::rewindRow(int64_t row, int64_t position) {
  int64_t calls = callsSince(row, position);
  int version = versionBefore(calls);
  if (calls == 0)
    return;
  for (StateTensor &tensor : tensors)
    tensor.copyRow(current, row, tensor, version, row, position, place(version, row));
  for (int64_t since = 1; since < calls; ++since)
    seen[at(versionBefore(since), row)] = kForgotten;
  seen[at(current, row)] = position;
}

void heddle_state::setRows(RowRange range, int64_t position, const heddle_tensor_view_t *values) {
  for (int64_t row = range.begin; row < range.end; ++row)
    std::memcpy(tensors.front().piece(current, 0, row), &position, sizeof position);
  for (size_t i = 1; i < tensors.size(); ++i) {
    StateTensor &tensor = tensors[i];
    tensor.setLength(current, position);
    const char *from = viewData(values[i - 1]);
    for (int64_t index = 0; tensor.used(position) && index < tensor.pieces(position); ++index)
      for (int64_t row = range.begin; row < range.end; ++row)
        tensor.eachUsed(tensor.piece(current, index, row), position, place(current, row), [&](char *part, size_t size) {
          std::memcpy(part, from, size);
          from += size;
        });
  }
  for (int64_t row = range.begin; row < range.end; ++row)
    forget(row);
}

// --- calls
// ------------------------------------------------------------------------------------------------------------

void heddle_state::appendViews(std::vector<heddle_tensor_view_t> &toInputs,
                               std::vector<heddle_tensor_view_t> &toOutputs) {
  for (StateTensor &tensor : tensors) {
    toInputs.push_back(tensor.view(current));
    toOutputs.push_back(tensor.view(next()));
  }
}

bool heddle_state::growsTogether() const {
  return std::any_of(tensors.begin(), tensors.end(), [](const StateTensor &tensor) { return tensor.info->grows; });
}

/// The most that a row may be fed. What is fed behind the end has no position in the model, but a place.
int64_t heddle_state::mostTokens() const {
  int64_t positions = ends ? kMostTokens : entry.info.positions;
  int64_t most = entry.info.capacity < 0 || entry.info.callerPlaces ? positions : std::min(positions, capacity);
  return most - most % entry.info.block;
}

Status heddle_state::checkRoom(int64_t row, int64_t tokens) const {
  int64_t before = position(row), most = mostTokens();
  if (int64_t counted = std::min(before + tokens, end(row)); before <= most - tokens && counted > entry.info.positions)
    most = entry.info.positions;
  else if (before <= most - tokens)
    return {};
  return mismatch(HEDDLE_OUT_OF_RANGE, "tokens of " + rowName(row),
                  "at most " + std::to_string(most) + " in all" +
                      (most < entry.info.positions ? " (the state's capacity)" : ""),
                  std::to_string(before) + " and " + std::to_string(tokens) + " more");
}

Status heddle_state::admit(int64_t tokens, const bool *active, heddle_tensor_view_t &positions) {
  if (active && std::none_of(active, active + rows, [](bool isActive) { return isActive; }))
    return invalid("active rows", "at least 1", "0");
  bool allTakePart = !active || std::all_of(active, active + rows, [](bool isActive) { return isActive; });
  if (!allTakePart && growsTogether())
    return invalid("active rows", "all " + std::to_string(rows) + ", whose caches grow together", "fewer");
  for (int64_t row = 0; row < rows; ++row)
    if (!active || active[row])
      if (Status status = checkRoom(row, tokens); !status)
        return status;
  for (StateTensor &tensor : tensors)
    tensor.setLength(next(), position(0) + tokens);
  aside.clear();
  asideBytes.clear();
  if (!active)
    return {};
  for (int64_t row = 0; row < rows; ++row) {
    // What the call computes for a row that sits out is thrown away, but its tokens must have places too.
    int64_t before = position(row), safe = std::min(before, mostTokens() - tokens);
    safePositions[static_cast<size_t>(row)] = safe;
    if (!active[row])
      setAside(row, safe, before);
  }
  positions.data = safePositions.data();
  return {};
}

/// Keeps what a call at position `safe` of a row that stands at `before` writes over, in the tensors that it appends
/// to.
void heddle_state::setAside(int64_t row, int64_t safe, int64_t before) {
  for (const StateTensor &tensor : tensors) {
    if (!tensor.info->appends || tensor.info->ring > 0 || safe == before)
      continue; // what a call writes to a ring means nothing to any version
    int64_t begin = tensor.untouched(safe);
    char *place = tensor.piece(current, 0, row) + begin;
    size_t offset = asideBytes.size(), bytes = static_cast<size_t>(tensor.untouched(before) - begin);
    aside.push_back({place, offset, bytes});
    asideBytes.insert(asideBytes.end(), place, place + bytes);
  }
}

void heddle_state::putBack() {
  for (const Aside &kept : aside)
    std::memcpy(kept.place, asideBytes.data() + kept.offset, kept.bytes);
}

void heddle_state::commit(const bool *active) {
  for (int64_t row = 0; row < rows; ++row)
    if (active && !active[row])
      for (StateTensor &tensor : tensors)
        tensor.copyRow(next(), row, tensor, current, row, position(row), place(current, row));
  current = next();
  for (int64_t row = 0; row < rows; ++row)
    seen[at(current, row)] = position(row);
}

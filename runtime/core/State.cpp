#include "runtime/core/State.h"
#include "runtime/core/Checked.h"
#include "runtime/core/View.h"
#include "runtime/io/DlpackType.h"
#include <algorithm>
#include <cstring>

using namespace heddle;
using namespace heddle::runtime;

namespace {

/// The symbol that counts the rows: the size of the first state, the positions. -1: there is one row.
int rowSymbol(const heddle_entry &entry) {
  const TensorInfo &positions = entry.info.inputs[entry.info.inputs.size() - entry.info.stateCount()];
  return positions.exprs.size() == 1 ? positions.exprs[0].plainSymbol() : -1;
}

int64_t numberAt(const char *numbers, int64_t index) {
  int64_t number = 0;
  std::memcpy(&number, numbers + index * int64_t(sizeof number), sizeof number);
  return number;
}

template <typename T> void fillWith(char *data, int64_t bytes, T value) {
  for (int64_t at = 0; at < bytes; at += int64_t(sizeof value))
    std::memcpy(data + at, &value, sizeof value);
}

void fillInitial(const TensorInfo &info, char *data, int64_t bytes) {
  if (info.initial == 0) // 0 is zero bytes in every type
    std::memset(data, 0, static_cast<size_t>(bytes));
  else if (info.dtype == io::DType::F64)
    fillWith(data, bytes, info.initial);
  else
    fillWith(data, bytes, static_cast<float>(info.initial));
}

} // namespace

heddle_tensor_view_t StateTensor::view(int side) {
  return heddle_tensor_view(base(side), io::toDlpack(info->dtype), static_cast<int32_t>(shape.size()), shape.data());
}

heddle_state::heddle_state(const heddle_entry &entry, int64_t rows, int64_t capacity)
    : entry(entry), rows(rows), capacity(capacity) {
  heddle_package_retain(const_cast<heddle_package *>(entry.package)); // counting references changes nothing else
}

heddle_state::~heddle_state() { heddle_package_release(const_cast<heddle_package *>(entry.package)); }

Status heddle_state::create(const heddle_entry &entry, int64_t rows, int64_t capacity,
                            std::unique_ptr<heddle_state> &state) {
  size_t count = entry.info.stateCount();
  if (count == 0)
    return invalid("entry '" + entry.info.name + "'", "a step", "an entry without states");
  if (rows < 1 || (rowSymbol(entry) < 0 && rows != 1))
    return invalid("rows", rowSymbol(entry) < 0 ? "1" : "at least 1", std::to_string(rows));
  if (entry.info.capacity >= 0 && capacity < 1)
    return invalid("capacity", "at least 1", std::to_string(capacity));
  state.reset(new heddle_state(entry, rows, capacity));
  for (size_t i = entry.info.inputs.size() - count; i < entry.info.inputs.size(); ++i)
    if (Status status = state->allocate(entry.info.inputs[i]); !status)
      return status;
  state->inputs.reserve(entry.info.inputs.size());
  state->outputs.reserve(entry.info.outputs.size());
  for (int64_t row = 0; row < rows; ++row)
    state->resetRow(row);
  return {};
}

Status heddle_state::allocate(const TensorInfo &info) {
  std::vector<int64_t> symbols(entry.info.symbols.size(), 0);
  int rowsAt = rowSymbol(entry);
  if (rowsAt >= 0)
    symbols[static_cast<size_t>(rowsAt)] = rows;
  if (entry.info.capacity >= 0)
    symbols[static_cast<size_t>(entry.info.capacity)] = capacity;
  StateTensor tensor;
  tensor.info = &info;
  tensor.inner = static_cast<int64_t>(io::dtypeSize(info.dtype));
  bool foundRows = rowsAt < 0;
  for (const DimExpr &expr : info.exprs) {
    int64_t size = 0;
    if (!expr.evaluate(symbols.data(), size))
      return Status(HEDDLE_OUT_OF_RANGE, "state '" + info.name + "', expected less than 2^63 bytes but got more");
    tensor.shape.push_back(size);
    if (!foundRows && expr.plainSymbol() == rowsAt) {
      foundRows = true;
      tensor.rows = rows;
    } else if (mulOverflows(foundRows ? tensor.inner : tensor.outer, size, foundRows ? tensor.inner : tensor.outer)) {
      return Status(HEDDLE_OUT_OF_RANGE, "state '" + info.name + "', expected less than 2^63 bytes but got more");
    }
  }
  if (!foundRows)
    return mismatch(HEDDLE_INCOMPATIBLE, "state '" + info.name + "'", "a dimension of rows", "none");
  int64_t bytes = 0;
  if (byteSizeOverflows(tensor.shape.data(), tensor.shape.size(), static_cast<int64_t>(io::dtypeSize(info.dtype)),
                        bytes))
    return Status(HEDDLE_OUT_OF_RANGE, "state '" + info.name + "', expected less than 2^63 bytes but got more");
  for (int side = 0; side < (info.appends ? 1 : 2); ++side)
    tensor.data[side].reset(new char[static_cast<size_t>(bytes)]);
  tensors.push_back(std::move(tensor));
  return {};
}

void heddle_state::resetRow(int64_t row) {
  for (StateTensor &tensor : tensors)
    for (int64_t index = 0; index < tensor.outer; ++index)
      fillInitial(*tensor.info, tensor.piece(current, index, row), tensor.used(/*position=*/0));
}

void heddle_state::copyRow(int64_t row, const heddle_state &other, int64_t otherRow) {
  int64_t seen = other.position(otherRow);
  for (size_t i = 0; i < tensors.size(); ++i)
    for (int64_t index = 0; index < tensors[i].outer; ++index)
      std::memcpy(tensors[i].piece(current, index, row), other.tensors[i].piece(other.current, index, otherRow),
                  static_cast<size_t>(tensors[i].used(seen)));
}

int64_t heddle_state::position(int64_t row) const { return numberAt(tensors.front().base(current), row); }

int64_t heddle_state::bytes() const {
  int64_t sum = 0;
  for (const StateTensor &tensor : tensors)
    sum += tensor.bytes();
  return sum;
}

int64_t heddle_state::savedBytesOf(const char *positions) const {
  int64_t sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t seen = numberAt(positions, row);
    if (seen < 0 || (entry.info.capacity >= 0 && seen > capacity))
      return -1;
    for (const StateTensor &tensor : tensors)
      sum += tensor.outer * tensor.used(seen);
  }
  return sum;
}

int64_t heddle_state::savedBytes() const { return savedBytesOf(tensors.front().base(current)); }

void heddle_state::save(char *bytes) const {
  for (const StateTensor &tensor : tensors)
    for (int64_t index = 0; index < tensor.outer; ++index)
      for (int64_t row = 0; row < rows; ++row) {
        int64_t used = tensor.used(position(row));
        std::memcpy(bytes, tensor.piece(current, index, row), static_cast<size_t>(used));
        bytes += used;
      }
}

/// The positions are the first tensor.
void heddle_state::restore(const char *bytes) {
  const char *positions = bytes;
  for (StateTensor &tensor : tensors)
    for (int64_t index = 0; index < tensor.outer; ++index)
      for (int64_t row = 0; row < rows; ++row) {
        int64_t used = tensor.used(numberAt(positions, row));
        std::memcpy(tensor.piece(current, index, row), bytes, static_cast<size_t>(used));
        bytes += used;
      }
}

Status heddle_state::checkRoom(int64_t tokens) const {
  for (int64_t row = 0; row < rows; ++row) {
    int64_t seen = position(row);
    int64_t most = entry.info.capacity < 0 ? entry.info.positions : std::min(entry.info.positions, capacity);
    if (seen > most - tokens)
      return mismatch(HEDDLE_OUT_OF_RANGE, "tokens of row " + std::to_string(row),
                      "at most " + std::to_string(most) + " in all" +
                          (most < entry.info.positions ? " (the state's capacity)" : ""),
                      std::to_string(seen) + " and " + std::to_string(tokens) + " more");
  }
  return {};
}

void heddle_state::appendViews(std::vector<heddle_tensor_view_t> &toInputs,
                               std::vector<heddle_tensor_view_t> &toOutputs) {
  for (StateTensor &tensor : tensors) {
    toInputs.push_back(tensor.view(current));
    toOutputs.push_back(tensor.view(1 - current));
  }
}

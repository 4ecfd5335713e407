#include "runtime/core/StateTensor.h"
#include "runtime/core/Checked.h"
#include "runtime/io/DlpackType.h"
#include <algorithm>
#include <cstring>

namespace heddle::runtime {

namespace {

template <typename T> void fillWith(char *data, int64_t bytes, T value) {
  for (int64_t at = 0; at < bytes; at += int64_t(sizeof value))
    std::memcpy(data + at, &value, sizeof value);
}

void fillInitial(const TensorInfo &info, char *data, int64_t bytes) {
  if (info.initial == 0) // 0 is zero bytes in every type
    std::memset(data, 0, static_cast<size_t>(bytes));
  else if (info.dtype == io::DType::I64)
    fillWith(data, bytes, static_cast<int64_t>(info.initial));
  else if (info.dtype == io::DType::F64)
    fillWith(data, bytes, info.initial);
  else
    fillWith(data, bytes, static_cast<float>(info.initial));
}

Status tooLarge(const TensorInfo &info) {
  return Status(HEDDLE_OUT_OF_RANGE, "state '" + info.name + "', expected less than 2^63 bytes but got more");
}

/// The layout of one tensor: what stands in front of the dimension of rows is `outer`, what stands behind it `inner`.
Status layOut(const TensorInfo &info, const std::vector<int64_t> &symbols, int rowSymbol, int capacity,
              StateTensor &tensor) {
  tensor.info = &info;
  tensor.inner = static_cast<int64_t>(io::dtypeSize(info.dtype));
  bool foundRows = rowSymbol < 0;
  for (const DimExpr &expr : info.exprs) {
    int64_t size = 0;
    if (!expr.evaluate(symbols.data(), size))
      return tooLarge(info);
    auto dim = static_cast<int>(tensor.shape.size());
    tensor.shape.push_back(size);
    bool isRing = info.ring > 0 && dim == 1;
    if (int64_t rate = info.ring == 0 && (info.appends || info.grows) ? expr.multipleOf(capacity) : isRing) {
      tensor.placesAt = dim;
      tensor.rate = rate;
    }
    if (!foundRows && expr.plainSymbol() == rowSymbol) {
      foundRows = true;
      tensor.rows = size;
      tensor.rowsAt = dim;
      continue;
    }
    // The places that calls append to are the second dimension, also where the first one is no symbol of rows.
    bool isInner = foundRows && !(info.appends && tensor.shape.size() == 1);
    if (int64_t &part = isInner ? tensor.inner : tensor.outer; mulOverflows(part, size, part))
      return tooLarge(info);
  }
  int64_t bytes = 0;
  if (byteSizeOverflows(tensor.shape.data(), tensor.shape.size(), static_cast<int64_t>(io::dtypeSize(info.dtype)),
                        bytes))
    return tooLarge(info);
  return foundRows ? Status()
                   : mismatch(HEDDLE_INCOMPATIBLE, "state '" + info.name + "'", "a dimension of rows", "none");
}

} // namespace

heddle_tensor_view_t StateTensor::view(int version) {
  std::vector<int64_t> &sizes = info->grows ? grownShapes[static_cast<size_t>(version)] : shape;
  return heddle_tensor_view(base(version), io::toDlpack(info->dtype), static_cast<int32_t>(sizes.size()), sizes.data());
}

std::vector<int64_t> StateTensor::shapeAt(int64_t count, int64_t position) const {
  std::vector<int64_t> sizes = shape;
  if (rowsAt >= 0)
    sizes[static_cast<size_t>(rowsAt)] = count;
  if (placesAt >= 0)
    sizes[static_cast<size_t>(placesAt)] = tokens(position);
  return sizes;
}

void StateTensor::setLength(int version, int64_t count) {
  if (info->grows)
    grownShapes[static_cast<size_t>(version)][static_cast<size_t>(placesAt)] = tokens(count);
}

void StateTensor::allocate() {
  for (std::unique_ptr<char[]> &version : versions)
    version.reset(new char[static_cast<size_t>(outer * rows * inner)]);
  if (info->grows)
    grownShapes.assign(versions.size(), shape);
}

void StateTensor::resetRow(int version, int64_t row) {
  setLength(version, 0);
  for (int64_t index = 0; index < pieces(/*position=*/0); ++index)
    fillInitial(*info, piece(version, index, row), used(/*position=*/0));
}

void StateTensor::copyRow(int version, int64_t row, const StateTensor &from, int fromVersion, int64_t fromRow,
                          int64_t position, int64_t place) {
  setLength(version, position);
  if (piece(version, 0, row) == from.piece(fromVersion, 0, fromRow))
    return; // the versions of what is appended to, or of a ring
  for (int64_t index = 0; index < pieces(position); ++index) {
    char *to = piece(version, index, row);
    if (info->ring == 0) {
      std::memcpy(to, from.piece(fromVersion, index, fromRow), static_cast<size_t>(used(position)));
      continue;
    }
    int64_t next = place - tokens(position), size = tokenBytes();
    from.eachUsed(from.piece(fromVersion, index, fromRow), position, place, [&](const char *bytes, size_t count) {
      for (size_t at = 0; at < count; at += static_cast<size_t>(size), ++next)
        std::memcpy(to + (next % shape[1] + shape[1]) % shape[1] * size, bytes + at, static_cast<size_t>(size));
    });
  }
}

bool capacityIsRoom(const heddle_entry &entry) {
  auto dependsOnIt = [&](const TensorInfo &info) {
    return info.isState && !info.appends && !info.grows &&
           std::any_of(info.exprs.begin(), info.exprs.end(),
                       [&](const DimExpr &size) { return size.uses(entry.info.capacity); });
  };
  return entry.info.capacity >= 0 && std::none_of(entry.info.inputs.begin(), entry.info.inputs.end(), dependsOnIt);
}

int rowSymbol(const heddle_entry &entry) {
  const TensorInfo &positions = entry.info.inputs[entry.info.inputs.size() - entry.info.stateCount()];
  return positions.exprs.size() == 1 ? positions.exprs[0].plainSymbol() : -1;
}

Status layOutStates(const heddle_entry &entry, int64_t rows, int64_t capacity, int64_t versions,
                    std::vector<StateTensor> &tensors) {
  std::vector<int64_t> symbols(entry.info.symbols.size(), 0);
  int rowsAt = rowSymbol(entry);
  if (rowsAt >= 0)
    symbols[static_cast<size_t>(rowsAt)] = rows;
  if (entry.info.capacity >= 0)
    symbols[static_cast<size_t>(entry.info.capacity)] = capacity / entry.info.block;
  if (entry.info.ring >= 0)
    if (mulOverflows(entry.info.ringTokens, versions, symbols[static_cast<size_t>(entry.info.ring)]))
      return Status(HEDDLE_OUT_OF_RANGE, "places of rings, expected less than 2^63 but got more");
  int64_t sum = 0;
  for (size_t i = entry.info.inputs.size() - entry.info.stateCount(); i < entry.info.inputs.size(); ++i) {
    const TensorInfo &info = entry.info.inputs[i];
    tensors.emplace_back();
    if (Status status = layOut(info, symbols, rowsAt, entry.info.capacity, tensors.back()); !status)
      return status;
    tensors.back().block = entry.info.block;
    int64_t count = info.appends ? 1 : versions, bytes = tensors.back().outer * rows * tensors.back().inner;
    if (mulOverflows(bytes, count, bytes) || addOverflows(sum, bytes, sum))
      return tooLarge(info);
    tensors.back().versions.resize(static_cast<size_t>(count));
  }
  return {};
}

} // namespace heddle::runtime

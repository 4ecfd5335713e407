#include "runtime/core/Binding.h"
#include "runtime/core/Checked.h"
#include <algorithm>

namespace heddle::runtime {

namespace {

Status invalid(const std::string &what, const std::string &expected, const std::string &got) {
  return mismatch(HEDDLE_INVALID_ARGUMENT, what, expected, got);
}

std::string dimName(const char *kind, const TensorInfo &info, size_t dim) {
  return std::string(kind) + " '" + info.name + "' dim " + std::to_string(dim);
}

std::string dtypeText(heddle_dtype_t dtype) {
  for (io::DType type : io::kAllDTypes) {
    heddle_dtype_t known = toDlpack(type);
    if (known.code == dtype.code && known.bits == dtype.bits && dtype.lanes == 1)
      return io::dtypeName(type);
  }
  return "DLPack type " + std::to_string(dtype.code) + "/" + std::to_string(dtype.bits) + "x" +
         std::to_string(dtype.lanes);
}

/// Bytes of a view that has passed checkView.
int64_t viewBytes(const heddle_tensor_view_t &view) {
  int64_t bytes = 0;
  byteSizeOverflows(view.shape, static_cast<size_t>(view.rank), view.dtype.bits / 8, bytes);
  return bytes;
}

char *viewData(const heddle_tensor_view_t &view) { return static_cast<char *>(view.data) + view.byte_offset; }

/// Row-major without gaps. Strides of dimensions of size 1, and of empty tensors, mean nothing.
bool isDense(const heddle_tensor_view_t &view) {
  if (!view.strides)
    return true;
  int64_t expected = 1;
  for (int32_t i = view.rank - 1; i >= 0; --i) {
    if (view.shape[i] == 0)
      return true;
    if (view.shape[i] != 1 && view.strides[i] != expected)
      return false;
    expected *= view.shape[i];
  }
  return true;
}

/// All that can be said of a view without knowing the symbols.
Status checkView(const char *kind, const TensorInfo &info, const heddle_tensor_view_t &view) {
  // Texts are made only for messages: runs allocate nothing.
  auto what = [&](const char *aspect) { return std::string(kind) + " '" + info.name + "' " + aspect; };
  constexpr int32_t kCpu = 1, kPinned = 3;
  if (view.device_type != kCpu && view.device_type != kPinned)
    return invalid(what("device"), "the CPU (1)", std::to_string(view.device_type));
  heddle_dtype_t expected = toDlpack(info.dtype);
  if (view.dtype.code != expected.code || view.dtype.bits != expected.bits || view.dtype.lanes != 1)
    return invalid(what("type"), io::dtypeName(info.dtype), dtypeText(view.dtype));
  if (view.rank != static_cast<int32_t>(info.exprs.size()))
    return invalid(what("rank"), std::to_string(info.exprs.size()), std::to_string(view.rank));
  if (view.rank != 0 && !view.shape)
    return invalid(what("shape"), "an address", "NULL");
  int64_t bytes = 0, width = static_cast<int64_t>(io::dtypeSize(info.dtype));
  if (byteSizeOverflows(view.shape, static_cast<size_t>(view.rank), width, bytes))
    return invalid(what("shape"), "sizes of at least 0 and less than 2^63 bytes", "others");
  if (!isDense(view))
    return invalid(what("strides"), "dense row-major order", "another order: make the tensor contiguous");
  if (bytes != 0 && !view.data)
    return invalid(what("data"), "an address", "NULL");
  if (reinterpret_cast<uintptr_t>(viewData(view)) % static_cast<uintptr_t>(width) != 0)
    return invalid(what("address"), "a multiple of " + std::to_string(width), "another");
  return {};
}

Status checkCount(const char *kind, size_t expected, const heddle_tensor_view_t *views, size_t count) {
  if (count == expected && (views || count == 0))
    return {};
  return invalid(std::string("number of ") + kind + "s", std::to_string(expected),
                 views ? std::to_string(count) : "NULL");
}

/// Finds the symbols' values from the shapes of the inputs.
class Unifier {
public:
  Unifier(const heddle_entry &entry, const heddle_tensor_view_t *views, BindingRoom &room)
      : entry(entry), views(views), room(room) {
    std::fill(room.origins.begin(), room.origins.end(), BindingRoom::Origin());
    std::fill(room.symbols.begin(), room.symbols.end(), 0);
  }

  Status run() {
    if (Status status = forEachDim(&Unifier::bindPlain); !status)
      return status;
    // Each round can settle a symbol that another expression was waiting for.
    do {
      progress = false;
      if (Status status = forEachDim(&Unifier::solve); !status)
        return status;
    } while (progress);
    if (Status status = checkAllBound(); !status)
      return status;
    if (Status status = forEachDim(&Unifier::compare); !status)
      return status;
    return entry.checkSymbols(room.symbols.data());
  }

private:
  using Step = Status (Unifier::*)(int32_t input, int32_t dim, const DimExpr &expr, int64_t size);

  Status forEachDim(Step step) {
    const std::vector<TensorInfo> &inputs = entry.info.inputs;
    for (size_t i = 0; i < inputs.size(); ++i)
      for (size_t d = 0; d < inputs[i].exprs.size(); ++d)
        if (Status status =
                (this->*step)(static_cast<int32_t>(i), static_cast<int32_t>(d), inputs[i].exprs[d], views[i].shape[d]);
            !status)
          return status;
    return {};
  }

  bool isBound(int symbol) const { return room.origins[static_cast<size_t>(symbol)].input >= 0; }

  Status bindPlain(int32_t input, int32_t dim, const DimExpr &expr, int64_t size) {
    int symbol = expr.plainSymbol();
    if (symbol < 0)
      return {};
    BindingRoom::Origin &origin = room.origins[static_cast<size_t>(symbol)];
    int64_t &value = room.symbols[static_cast<size_t>(symbol)];
    if (origin.input < 0) {
      origin = {input, dim};
      value = size;
      return {};
    }
    if (value == size)
      return {};
    return invalid("dim '" + entry.info.symbols[static_cast<size_t>(symbol)].name + "'",
                   std::to_string(value) + " (from " + inputDim(origin.input, origin.dim) + ")",
                   std::to_string(size) + " (" + inputDim(input, dim) + ")");
  }

  Status solve(int32_t input, int32_t dim, const DimExpr &expr, int64_t size) {
    int unbound = -1, count = 0;
    for (int s = 0; s < static_cast<int>(entry.symbols.size()); ++s) {
      if (!isBound(s) && expr.uses(s)) {
        unbound = s;
        ++count;
      }
    }
    if (count != 1)
      return {};
    if (!expr.solve(unbound, size, room.symbols.data()))
      return invalid(inputDim(input, dim),
                     "a value of " + entry.info.inputs[static_cast<size_t>(input)].dimensions[static_cast<size_t>(dim)],
                     std::to_string(size));
    room.origins[static_cast<size_t>(unbound)] = {input, dim};
    progress = true;
    return {};
  }

  /// A symbol that no input mentions must have one possible value.
  Status checkAllBound() {
    for (size_t s = 0; s < entry.symbols.size(); ++s) {
      const Symbol &symbol = entry.info.symbols[s];
      if (isBound(static_cast<int>(s)))
        continue;
      if (symbol.minimum != symbol.maximum)
        return invalid("dim '" + symbol.name + "'", "an input that determines it", "none");
      room.symbols[s] = symbol.minimum;
    }
    return {};
  }

  Status compare(int32_t input, int32_t dim, const DimExpr &expr, int64_t size) {
    int64_t expected = 0;
    if (expr.evaluate(room.symbols.data(), expected) && expected == size)
      return {};
    std::string text = entry.info.inputs[static_cast<size_t>(input)].dimensions[static_cast<size_t>(dim)];
    if (!expr.isConstant())
      text += " = " + std::to_string(expected);
    return invalid(inputDim(input, dim), text, std::to_string(size));
  }

  std::string inputDim(int32_t input, int32_t dim) const {
    return dimName("input", entry.info.inputs[static_cast<size_t>(input)], static_cast<size_t>(dim));
  }

  const heddle_entry &entry;
  const heddle_tensor_view_t *views;
  BindingRoom &room;
  bool progress = false;
};

template <typename T> Status checkRange(const TensorInfo &info, const heddle_tensor_view_t &view) {
  const T *values = reinterpret_cast<const T *>(viewData(view));
  int64_t count = viewBytes(view) / static_cast<int64_t>(sizeof(T));
  bool inside = true;
  for (int64_t i = 0; i < count; ++i) // without an early exit the loop is vectorised
    inside &= (values[i] >= info.low) & (values[i] < info.high);
  if (inside)
    return {};
  const T *bad = std::find_if(values, values + count, [&](T v) { return v < info.low || v >= info.high; });
  return mismatch(HEDDLE_OUT_OF_RANGE, "input '" + info.name + "'",
                  "values in [" + std::to_string(info.low) + ", " + std::to_string(info.high) + ")",
                  std::to_string(*bad) + " at index " + std::to_string(bad - values));
}

bool overlap(const heddle_tensor_view_t &a, const heddle_tensor_view_t &b) {
  const char *beginA = viewData(a), *beginB = viewData(b);
  return beginA < beginB + viewBytes(b) && beginB < beginA + viewBytes(a);
}

Status checkOutputShape(const TensorInfo &info, const heddle_tensor_view_t &view, const int64_t *dims) {
  for (size_t d = 0; d < info.exprs.size(); ++d)
    if (view.shape[d] != dims[d])
      return invalid(dimName("output", info, d), std::to_string(dims[d]), std::to_string(view.shape[d]));
  return {};
}

/// A tensor written while another reads or writes the same bytes would give results that depend on the schedule.
Status checkOverlaps(const heddle_entry &entry, const heddle_tensor_view_t *inputs,
                     const heddle_tensor_view_t *outputs) {
  for (size_t i = 0; i < entry.outputs.size(); ++i) {
    for (size_t j = 0; j < entry.inputs.size(); ++j)
      if (overlap(outputs[i], inputs[j]))
        return invalid("output '" + entry.info.outputs[i].name + "'", "memory of its own",
                       "that of input '" + entry.info.inputs[j].name + "'");
    for (size_t j = 0; j < i; ++j)
      if (overlap(outputs[i], outputs[j]))
        return invalid("output '" + entry.info.outputs[i].name + "'", "memory of its own",
                       "that of output '" + entry.info.outputs[j].name + "'");
  }
  return {};
}

} // namespace

BindingRoom::BindingRoom(const heddle_package &package) {
  size_t maxSymbols = 0, maxDims = 0, maxInputs = 0, maxOutputs = 0;
  for (const auto &entry : package.entries) {
    maxSymbols = std::max(maxSymbols, entry->symbols.size());
    maxDims = std::max(maxDims, entry->outputDims);
    maxInputs = std::max(maxInputs, entry->inputs.size());
    maxOutputs = std::max(maxOutputs, entry->outputs.size());
  }
  origins.resize(maxSymbols);
  symbols.resize(maxSymbols);
  outputDims.resize(maxDims);
  inputs.resize(maxInputs);
  outputs.resize(maxOutputs);
}

Status bindInputs(const heddle_entry &entry, const heddle_tensor_view_t *views, size_t count, BindingRoom &room) {
  if (Status status = checkCount("input", entry.inputs.size(), views, count); !status)
    return status;
  for (size_t i = 0; i < count; ++i) {
    if (Status status = checkView("input", entry.info.inputs[i], views[i]); !status)
      return status;
    room.inputs[i] = viewData(views[i]);
  }
  return Unifier(entry, views, room).run();
}

Status checkInputRanges(const heddle_entry &entry, const heddle_tensor_view_t *views) {
  for (size_t i = 0; i < entry.inputs.size(); ++i) {
    const TensorInfo &info = entry.info.inputs[i];
    if (!info.hasRange)
      continue;
    Status status = info.dtype == io::DType::I64   ? checkRange<int64_t>(info, views[i])
                    : info.dtype == io::DType::I32 ? checkRange<int32_t>(info, views[i])
                    : info.dtype == io::DType::I8  ? checkRange<int8_t>(info, views[i])
                                                   : checkRange<uint8_t>(info, views[i]);
    if (!status)
      return status;
  }
  return {};
}

Status bindOutputs(const heddle_entry &entry, const heddle_tensor_view_t *inputs, const heddle_tensor_view_t *views,
                   size_t count, BindingRoom &room) {
  if (Status status = checkCount("output", entry.outputs.size(), views, count); !status)
    return status;
  const int64_t *dims = room.outputDims.data();
  for (size_t i = 0; i < count; ++i) {
    const TensorInfo &info = entry.info.outputs[i];
    if (Status status = checkView("output", info, views[i]); !status)
      return status;
    if (Status status = checkOutputShape(info, views[i], dims); !status)
      return status;
    dims += info.exprs.size();
    room.outputs[i] = viewData(views[i]);
  }
  return checkOverlaps(entry, inputs, views);
}

} // namespace heddle::runtime

heddle_status_t heddle_entry_bind(const heddle_entry_t *entry, const heddle_tensor_view_t *inputs, size_t input_count,
                                  int64_t *out_symbols) {
  using namespace heddle::runtime;
  return guard([&]() -> Status {
    BindingRoom room(*entry->package);
    if (Status status = bindInputs(*entry, inputs, input_count, room); !status)
      return status;
    std::copy_n(room.symbols.begin(), entry->symbols.size(), out_symbols);
    return {};
  });
}

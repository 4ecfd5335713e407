#include "runtime/core/Binding.h"
#include "runtime/core/View.h"
#include <algorithm>

namespace heddle::runtime {

namespace {

std::string dimName(const char *kind, const TensorInfo &info, size_t dim) {
  return std::string(kind) + " '" + info.name + "' dim " + std::to_string(dim);
}

Status checkCount(const char *kind, size_t expected, const heddle_tensor_view_t *views, size_t count) {
  if (count == expected && (views || count == 0))
    return {};
  return invalid(std::string("number of ") + kind + "s", std::to_string(expected),
                 views || count == 0 ? std::to_string(count) : "NULL");
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
      return invalid(inputDim(input, dim), valuesOf(input, dim, expr, unbound), std::to_string(size));
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

  std::string valuesOf(int32_t input, int32_t dim, const DimExpr &expr, int symbol) const {
    if (int64_t factor = expr.multipleOf(symbol); factor > 1)
      return "a multiple of " + std::to_string(factor);
    return "a value of " + entry.info.inputs[static_cast<size_t>(input)].dimensions[static_cast<size_t>(dim)];
  }

  std::string inputDim(int32_t input, int32_t dim) const {
    return dimName("input", entry.info.inputs[static_cast<size_t>(input)], static_cast<size_t>(dim));
  }

  const heddle_entry &entry;
  const heddle_tensor_view_t *views;
  BindingRoom &room;
  bool progress = false;
};

Status checkOutputShape(const TensorInfo &info, const heddle_tensor_view_t &view, const int64_t *dims) {
  for (size_t d = 0; d < info.exprs.size(); ++d)
    if (view.shape[d] != dims[d])
      return invalid(dimName("output", info, d), std::to_string(dims[d]), std::to_string(view.shape[d]));
  return {};
}

/// Whether an output is the state that an input is, appended to where it lies.
bool isAppendedInPlace(const heddle_entry &entry, size_t output, const heddle_tensor_view_t &outputView, size_t input,
                       const heddle_tensor_view_t &inputView) {
  return entry.info.inputs[input].appends && entry.outputs.size() - output == entry.inputs.size() - input &&
         viewData(outputView) == viewData(inputView);
}

/// A tensor written while another reads or writes the same bytes would give results that depend on the schedule.
Status checkOverlaps(const heddle_entry &entry, const heddle_tensor_view_t *inputs,
                     const heddle_tensor_view_t *outputs) {
  for (size_t i = 0; i < entry.outputs.size(); ++i) {
    for (size_t j = 0; j < entry.inputs.size(); ++j)
      if (overlap(outputs[i], inputs[j]) && !isAppendedInPlace(entry, i, outputs[i], j, inputs[j]))
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

// One call of a package's step through a state object: heddle-step-case PACKAGE IN.npz OUT.npz CAPACITY.
//
// IN holds the step's inputs and the tensors of its states by name, `position` among them: the state is made for that
// many rows, set to those tensors at the position of row 0, and saved and restored once. OUT gets the outputs of the
// call and the tensors of the state behind it.
#include "runtime/io/DlpackType.h"
#include "runtime/io/Npz.h"
#include "runtime/tools/Runner.h"

#include "heddle/runtime.hpp"
#include <cstdio>

using namespace heddle;

namespace {

template <typename T> T take(io::Result<T> result) {
  if (!result)
    throw std::runtime_error(result.message());
  return std::move(*result);
}

std::vector<heddle_tensor_view_t> viewsOf(std::vector<io::HostTensor> &tensors) {
  std::vector<heddle_tensor_view_t> views;
  for (io::HostTensor &tensor : tensors)
    views.push_back(viewOf(tensor));
  return views;
}

/// The number of states of a step.
size_t countStates(const heddle_entry_t *step) { return heddle_state_tensor_count(State(step, 1, 1).get()); }

/// A state whose tensors are those given, positions first.
State makeState(const heddle_entry_t *step, std::vector<io::HostTensor> given, int64_t rows, int64_t capacity) {
  int64_t position = given.front().as<int64_t>()[0];
  State state(step, rows, capacity);
  given.erase(given.begin());
  state.set(position, viewsOf(given));
  State restored(step, rows, capacity);
  restored.restore(state.save());
  return restored;
}

std::vector<io::NamedTensor> tensorsOf(const State &state) {
  std::vector<io::NamedTensor> tensors;
  for (size_t index = 0; index < state.tensorCount(); ++index) {
    const heddle_tensor_info_t *info = state.tensor(index);
    io::HostTensor tensor = take(io::makeTensor(*io::fromDlpack(info->dtype), state.dims(index)));
    state.get(index, viewOf(tensor));
    tensors.push_back({info->name, std::move(tensor)});
  }
  return tensors;
}

void runCase(const char *package, const char *in, const char *out, int64_t capacity) {
  std::unique_ptr<Runner> runner = take(Runner::open(package, 1));
  const heddle_entry_t *step = take(runner->entry("step"));
  std::vector<io::HostTensor> inputs = take(Runner::orderInputs(step, take(io::readNpz(in))));
  std::vector<io::NamedTensor> outputs = take(runner->makeOutputs(step, inputs));
  size_t states = countStates(step);
  std::vector<io::HostTensor> given(inputs.end() - static_cast<std::ptrdiff_t>(states), inputs.end());
  inputs.resize(inputs.size() - states);
  outputs.resize(outputs.size() - states);
  int64_t rows = given.front().numElements();
  State state = makeState(step, std::move(given), rows, capacity);
  std::vector<heddle_tensor_view_t> results;
  for (io::NamedTensor &output : outputs)
    results.push_back(viewOf(output.tensor));
  std::vector<heddle_tensor_view_t> views = viewsOf(inputs);
  check(heddle_session_step(runner->session(), step, state.get(), nullptr, views.data(), views.size(), results.data(),
                            results.size()));
  for (io::NamedTensor &tensor : tensorsOf(state))
    outputs.push_back(std::move(tensor));
  if (io::Status status = io::writeNpz(out, outputs); !status)
    throw std::runtime_error(status.message());
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 5)
    throw std::runtime_error("arguments, expected PACKAGE IN.npz OUT.npz CAPACITY");
  runCase(argv[1], argv[2], argv[3], std::atoll(argv[4]));
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}

// Calls of a step on a state, for tests.
#ifndef HEDDLE_TEST_UNIT_RUNTIME_STATEFIXTURE_H
#define HEDDLE_TEST_UNIT_RUNTIME_STATEFIXTURE_H

#include "test/unit/runtime/TestPackage.h"

namespace heddle::test {

struct ReleaseState {
  void operator()(heddle_state_t *state) const { heddle_state_release(state); }
};
using StatePtr = std::unique_ptr<heddle_state_t, ReleaseState>;

using Floats = std::vector<float>;

/// A state of one step of the test package, from one input to one output of floats.
class StateFixture : public testing::Test {
protected:
  explicit StateFixture(const char *step) : entry(heddle_package_find_entry(package.get(), step)) {}

  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package);
  const heddle_entry_t *entry;

  StatePtr make(int64_t rows, int64_t capacity = 0, int64_t rewind = 0) {
    heddle_state_options_t options;
    heddle_state_options_init(&options);
    options.rows = rows;
    options.capacity = capacity;
    options.rewind = rewind;
    heddle_state_t *state = nullptr;
    expectOk(heddle_state_create(entry, &options, &state));
    return StatePtr(state);
  }

  heddle_status_t call(const StatePtr &state, Floats x, int64_t rows, Floats &y, const bool *active = nullptr) {
    int64_t shape[2] = {rows, static_cast<int64_t>(x.size()) / rows};
    y.assign(x.size(), 0);
    heddle_tensor_view_t in = heddle_tensor_view(x.data(), HEDDLE_F32, 2, shape),
                         out = heddle_tensor_view(y.data(), HEDDLE_F32, 2, shape);
    return heddle_session_step(session.get(), entry, state.get(), active, &in, 1, &out, 1);
  }

  Floats step(const StatePtr &state, Floats x, int64_t rows, const bool *active = nullptr) {
    Floats y;
    expectOk(call(state, std::move(x), rows, y, active));
    return y;
  }

  static std::vector<char> save(const StatePtr &state) {
    std::vector<char> saved(heddle_state_saved_size(state.get()));
    expectOk(heddle_state_save(state.get(), saved.data(), saved.size()));
    return saved;
  }
};

} // namespace heddle::test
#endif

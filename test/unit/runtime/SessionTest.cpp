// Running: results, the checks at the boundary, cancellation.
#include "test/unit/runtime/TestPackage.h"
#include <atomic>
#include <thread>

using namespace heddle::test;

namespace {

class Session : public testing::Test {
protected:
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package);
};

TEST_F(Session, runs_for_many_sizes) {
  for (int64_t batch : {1, 3})
    for (int64_t length : {1, 7, 64, 1000, 5, 20000}) {
      ForwardCall call(batch, length);
      expectOk(call.run(session, package));
      EXPECT_TRUE(call.outputsAreRight()) << batch << " x " << length;
    }
  EXPECT_EQ(heddle_session_peak_arena_bytes(session.get()), 3 * 20000 * 16);
  EXPECT_EQ(heddle_session_threads(session.get()), 2);
}

TEST_F(Session, package_may_be_released_first) {
  const heddle_entry_t *forward = heddle_package_find_entry(package.get(), "forward");
  package.reset();
  ForwardCall call(1, 8);
  expectOk(heddle_session_run(session.get(), forward, call.inputs, 2, call.outputs, 2));
  EXPECT_TRUE(call.outputsAreRight());
}

TEST_F(Session, refuses_a_wrong_size) {
  ForwardCall call(2, 5);
  call.xShape[2] = 3;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "input 'x' dim 2, expected 4 but got 3");
}

TEST_F(Session, refuses_inputs_that_disagree) {
  ForwardCall call(2, 16);
  call.tokensShape[0] = 15;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
              "dim 'T', expected 16 (from input 'x' dim 1) but got 15 (input 'tokens' dim 0)");
}

TEST_F(Session, refuses_types_ranks_counts_and_devices) {
  ForwardCall call(2, 16);
  call.inputs[0].dtype = HEDDLE_F64;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "input 'x' type, expected f32 but got f64");
  call.inputs[0].dtype = HEDDLE_F32;
  call.inputs[0].rank = 2;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "input 'x' rank, expected 3 but got 2");
  call.inputs[0].rank = 3;
  call.inputs[0].device_type = 2;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "input 'x' device, expected the CPU (1) but got 2");
  call.inputs[0].device_type = 1;
  const heddle_entry_t *forward = heddle_package_find_entry(package.get(), "forward");
  expectError(heddle_session_run(session.get(), forward, call.inputs, 1, call.outputs, 2), HEDDLE_INVALID_ARGUMENT,
              "number of inputs, expected 2 but got 1");
  expectError(heddle_session_run(session.get(), forward, call.inputs, 2, nullptr, 2), HEDDLE_INVALID_ARGUMENT,
              "number of outputs, expected 2 but got NULL");
  expectError(heddle_session_run(session.get(), nullptr, call.inputs, 2, call.outputs, 2), HEDDLE_INVALID_ARGUMENT,
              "entry, expected one of the session's package but got another");
}

TEST_F(Session, refuses_bad_addresses_and_strides) {
  ForwardCall call(2, 16);
  call.inputs[0].data = nullptr;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "input 'x' data, expected an address but got NULL");
  call.inputs[0].data = reinterpret_cast<char *>(call.x.data()) + 2;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
              "input 'x' address, expected a multiple of 4 but got another");
  call.inputs[0].data = call.x.data();
  int64_t transposed[3] = {64, 1, 16};
  call.inputs[0].strides = transposed;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
              "input 'x' strides, expected dense row-major order but got another order: make the tensor contiguous");
  int64_t dense[3] = {64, 4, 1};
  call.inputs[0].strides = dense;
  expectOk(call.run(session, package));
}

TEST_F(Session, refuses_sizes_that_overflow) {
  ForwardCall call(2, 16);
  for (int64_t size : {int64_t(-1), INT64_MIN, INT64_MAX, int64_t(1) << 62}) {
    call.xShape[0] = size;
    expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
                "input 'x' shape, expected sizes of at least 0 and less than 2^63 bytes but got others");
  }
}

TEST_F(Session, refuses_symbols_and_values_out_of_range) {
  ForwardCall empty(0, 16);
  expectError(empty.run(session, package), HEDDLE_OUT_OF_RANGE, "dim 'B', expected at least 1 but got 0");
  ForwardCall call(2, 16);
  call.tokens[12] = 10;
  expectError(call.run(session, package), HEDDLE_OUT_OF_RANGE,
              "input 'tokens', expected values in [0, 10) but got 10 at index 12");
  call.tokens[12] = -1;
  EXPECT_EQ(codeOf(call.run(session, package)), HEDDLE_OUT_OF_RANGE);
}

TEST_F(Session, refuses_wrong_and_overlapping_outputs) {
  ForwardCall call(2, 16);
  call.twiceShape[0] = 16;
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT, "output 'twice' dim 0, expected 32 but got 16");
  call.twiceShape[0] = 32;
  call.outputs[0].data = call.x.data();
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
              "output 'y', expected memory of its own but got that of input 'x'");
  call.outputs[0].data = call.twice.data();
  call.y.resize(1);
  EXPECT_EQ(codeOf(call.run(session, package)), HEDDLE_INVALID_ARGUMENT);
}

TEST_F(Session, binds_symbols_without_running) {
  ForwardCall call(2, 16);
  int64_t symbols[2] = {};
  const heddle_entry_t *forward = heddle_package_find_entry(package.get(), "forward");
  expectOk(heddle_entry_bind(forward, call.inputs, 2, symbols));
  EXPECT_EQ(symbols[0], 2);
  EXPECT_EQ(symbols[1], 16);
}

TEST_F(Session, cancel_ends_a_run) {
  const heddle_entry_t *spin = heddle_package_find_entry(package.get(), "spin");
  for (int round = 0; round < 20; ++round) {
    int32_t started = 0;
    int64_t shape[1] = {1};
    heddle_tensor_view_t output = heddle_tensor_view(&started, HEDDLE_I32, 1, shape);
    std::atomic<bool> finished{false};
    std::thread canceller([&] {
      // The run clears earlier requests when it begins: ask until it ends.
      while (!finished)
        heddle_session_cancel(session.get());
    });
    expectError(heddle_session_run(session.get(), spin, nullptr, 0, &output, 1), HEDDLE_CANCELLED,
                "run of entry 'spin' was cancelled");
    finished = true;
    canceller.join();
  }
  ForwardCall call(2, 100);
  expectOk(call.run(session, package));
  EXPECT_TRUE(call.outputsAreRight());
}

TEST_F(Session, refuses_a_second_run_at_once) {
  const heddle_entry_t *spin = heddle_package_find_entry(package.get(), "spin");
  int32_t started = 0;
  int64_t shape[1] = {1};
  heddle_tensor_view_t output = heddle_tensor_view(&started, HEDDLE_I32, 1, shape);
  std::thread runner(
      [&] { EXPECT_EQ(codeOf(heddle_session_run(session.get(), spin, nullptr, 0, &output, 1)), HEDDLE_CANCELLED); });
  while (!__atomic_load_n(&started, __ATOMIC_RELAXED))
    std::this_thread::yield();
  ForwardCall call(1, 1);
  expectError(call.run(session, package), HEDDLE_INVALID_ARGUMENT,
              "session, expected one run at a time but got a second");
  heddle_session_cancel(session.get());
  runner.join();
}

TEST(Status, success_is_null) {
  EXPECT_EQ(heddle_status_code(nullptr), HEDDLE_OK);
  EXPECT_STREQ(heddle_status_message(nullptr), "");
  EXPECT_EQ(heddle_status_cause(nullptr), nullptr);
  EXPECT_STREQ(heddle_code_name(HEDDLE_CORRUPT), "corrupt");
  EXPECT_STREQ(heddle_version(), "0.1.0");
  heddle_status_release(nullptr);
}

} // namespace

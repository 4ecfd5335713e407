// What a caller may set on a session: traces, executors, limits.
#include "test/unit/runtime/TestPackage.h"
#include <map>
#include <mutex>
#include <set>

using namespace heddle::test;

namespace {

class SessionOptions : public testing::Test {
protected:
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  SessionPtr session = makeSession(package);
};

struct Trace {
  std::mutex mutex;
  std::map<std::string, int64_t> iterations;
  std::set<int64_t> threads;
  static void record(void *user, const heddle_trace_event_t *event) {
    auto &trace = *static_cast<Trace *>(user);
    std::lock_guard lock(trace.mutex);
    trace.iterations[event->kernel] += event->end - event->begin;
    trace.threads.insert(event->thread);
    EXPECT_GE(event->duration_ns, 0);
    EXPECT_GT(event->start_ns, 0);
  }
};

TEST_F(SessionOptions, trace_covers_each_kernel) {
  Trace trace;
  heddle_session_set_trace(session.get(), Trace::record, &trace);
  ForwardCall call(2, 5000);
  expectOk(call.run(session, package));
  EXPECT_TRUE(call.outputsAreRight());
  std::map<std::string, int64_t> expected = {{"scale", 10000}, {"add", 10000}, {"repeat", 5000}};
  EXPECT_EQ(trace.iterations, expected);
  heddle_session_set_trace(session.get(), nullptr, nullptr);
  expectOk(call.run(session, package));
  EXPECT_EQ(trace.iterations, expected);
}

TEST_F(SessionOptions, uses_the_executor_of_the_caller) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  int calls = 0;
  options.executor_user = &calls;
  options.executor = [](void *user, heddle_task_t task, void *arguments, int64_t count, int64_t grain) {
    ++*static_cast<int *>(user);
    for (int64_t begin = 0; begin < count; begin += grain)
      task(arguments, begin, std::min(count, begin + grain));
  };
  heddle_session_t *own = nullptr;
  expectOk(heddle_session_create(package.get(), &options, &own));
  SessionPtr owner(own);
  EXPECT_EQ(heddle_session_threads(own), 0);
  ForwardCall call(2, 100);
  expectOk(call.run(owner, package));
  EXPECT_TRUE(call.outputsAreRight());
  EXPECT_EQ(calls, 3);
}

TEST_F(SessionOptions, keeps_to_its_arena_limit_and_policy) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.max_arena_bytes = 1600;
  options.arena_policy = HEDDLE_ARENA_RELEASE;
  heddle_session_t *limited = nullptr;
  expectOk(heddle_session_create(package.get(), &options, &limited));
  SessionPtr owner(limited);
  ForwardCall fits(1, 100), tooLarge(1, 101);
  expectOk(fits.run(owner, package));
  EXPECT_TRUE(fits.outputsAreRight());
  expectError(tooLarge.run(owner, package), HEDDLE_OUT_OF_MEMORY,
              "arena of entry 'forward', expected at most the session's limit of 1600 bytes but got 1616");
}

TEST_F(SessionOptions, reads_options_of_an_older_caller) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.size = offsetof(heddle_session_options_t, executor); // the struct ended here
  options.threads = 1;
  options.executor = reinterpret_cast<heddle_executor_t>(8);
  heddle_session_t *old = nullptr;
  expectOk(heddle_session_create(package.get(), &options, &old));
  EXPECT_EQ(heddle_session_threads(old), 1);
  heddle_session_release(old);
  options.threads = -1;
  expectError(heddle_session_create(package.get(), &options, &old), HEDDLE_INVALID_ARGUMENT,
              "threads, expected 0 to 1024 but got -1");
  EXPECT_EQ(old, nullptr);
}

} // namespace

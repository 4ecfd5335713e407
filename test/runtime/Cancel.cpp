// Runs a package, then cancels a second run from another thread, then runs a third time: prints what each did. Once
// with the session's threads, and once with an executor that runs every range it is given, where only the compiled code
// can end the run. usage: Cancel PACKAGE TOKENS, for an entry `forward` from x [1, TOKENS, 32] to y of the same shape.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <heddle/runtime.hpp>
#include <thread>

namespace {

constexpr int64_t kFeatures = 32;

void runAll(void *, heddle_task_t task, void *arguments, int64_t count, int64_t) { task(arguments, 0, count); }

heddle_session_options_t optionsWith(heddle_executor_t executor) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.executor = executor;
  return options;
}

struct Model {
  Model(const char *path, int64_t tokens, heddle_executor_t executor)
      : package(path), options(optionsWith(executor)), session(package, &options),
        x(static_cast<size_t>(tokens * kFeatures)), y(x.size()), shape{1, tokens, kFeatures} {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i * 2654435761u % 1000) / 500 - 1;
  }

  /// Seconds that a run took.
  double run() {
    auto start = std::chrono::steady_clock::now();
    session.run(package.entry("forward"), {heddle_tensor_view(x.data(), HEDDLE_F32, 3, shape)},
                {heddle_tensor_view(y.data(), HEDDLE_F32, 3, shape)});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  heddle::Package package;
  heddle_session_options_t options;
  heddle::Session session;
  std::vector<float> x, y;
  int64_t shape[3];
};

/// Cancels the run once its first range is done, from a thread of its own; seconds until the run had returned.
double runCancelled(Model &model) {
  std::atomic<bool> begun{false};
  heddle_session_set_trace(
      model.session.get(),
      [](void *user, const heddle_trace_event_t *) { static_cast<std::atomic<bool> *>(user)->store(true); }, &begun);
  std::thread canceller([&] {
    while (!begun)
      std::this_thread::yield();
    model.session.cancel();
  });
  auto start = std::chrono::steady_clock::now();
  try {
    model.run();
    std::printf("the run was not cancelled\n");
  } catch (const heddle::Error &error) {
    std::printf("%s: %s\n", heddle_code_name(error.code), error.what());
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  canceller.join();
  heddle_session_set_trace(model.session.get(), nullptr, nullptr);
  return seconds;
}

void check(const char *path, int64_t tokens, const char *name, heddle_executor_t executor) {
  Model model(path, tokens, executor);
  double full = model.run();
  std::vector<float> expected = model.y;
  std::memset(model.y.data(), 0, model.y.size() * sizeof(float));
  double cut = runCancelled(model);
  std::fprintf(stderr, "%s: full run %.3f s, cancelled run %.3f s\n", name, full, cut);
  std::printf("%s: cancelled run is %s\n", name, cut < full / 2 ? "short" : "long");
  model.run();
  bool same = std::memcmp(expected.data(), model.y.data(), model.y.size() * sizeof(float)) == 0;
  std::printf("%s: next run gives %s\n", name, same ? "the same" : "something else");
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 3)
    return 2;
  check(argv[1], std::atoll(argv[2]), "threads", nullptr);
  check(argv[1], std::atoll(argv[2]), "executor", runAll);
} catch (const heddle::Error &error) {
  std::printf("%s: %s\n", heddle_code_name(error.code), error.what());
  return 1;
}

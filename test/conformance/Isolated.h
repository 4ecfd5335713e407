// Jobs that each run in a process of their own: a crash or a hang is that job's failure and nobody else's.
//
//   runIsolated(jobs.size(), {.parallel = 2, .seconds = 30}, work, [&](size_t job, const std::string &text) { .. });
//
// `work` runs in the child and returns a text; `done` runs in the parent with that text, or with "crash: .." or
// "timeout: ..".
#ifndef HEDDLE_TEST_CONFORMANCE_ISOLATED_H
#define HEDDLE_TEST_CONFORMANCE_ISOLATED_H

#include <functional>
#include <string>

namespace heddle::test {

struct IsolationOptions {
  unsigned parallel = 1;
  int seconds = 60; // of wall time for one job
};

void runIsolated(size_t jobs, const IsolationOptions &options, const std::function<std::string(size_t)> &work,
                 const std::function<void(size_t, const std::string &)> &done);

} // namespace heddle::test
#endif

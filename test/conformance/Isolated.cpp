#include "test/conformance/Isolated.h"
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace heddle::test {

namespace {

using Clock = std::chrono::steady_clock;

struct Child {
  size_t job;
  pid_t process;
  int pipe;
  Clock::time_point deadline;
  std::string text;
};

void writeAll(int file, const std::string &text) {
  for (size_t written = 0; written < text.size();) {
    ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count <= 0)
      return;
    written += static_cast<size_t>(count);
  }
}

Child start(size_t job, const IsolationOptions &options, const std::function<std::string(size_t)> &work) {
  int ends[2];
  if (pipe(ends) != 0)
    return {job, -1, -1, Clock::now(), "crash: no pipe"};
  pid_t process = fork();
  if (process == 0) {
    // What the job prints is not part of the report.
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    writeAll(ends[1], "ran " + work(job));
    _exit(0);
  }
  close(ends[1]);
  return {job, process, ends[0], Clock::now() + std::chrono::seconds(options.seconds), ""};
}

// Reads what there is; true when the child has closed its end.
bool drain(Child &child) {
  char buffer[4096];
  ssize_t count = read(child.pipe, buffer, sizeof buffer);
  if (count > 0)
    child.text.append(buffer, static_cast<size_t>(count));
  return count <= 0;
}

std::string finish(Child &child, bool late) {
  if (late)
    kill(child.process, SIGKILL);
  int status = 0;
  waitpid(child.process, &status, 0);
  close(child.pipe);
  if (late)
    return "timeout: no result in time";
  if (WIFSIGNALED(status))
    return std::string("crash: ") + strsignal(WTERMSIG(status));
  return child.text.rfind("ran ", 0) == 0 ? child.text.substr(4) : "crash: no result";
}

} // namespace

void runIsolated(size_t jobs, const IsolationOptions &options, const std::function<std::string(size_t)> &work,
                 const std::function<void(size_t, const std::string &)> &done) {
  std::vector<Child> running;
  size_t next = 0;
  while (next < jobs || !running.empty()) {
    while (next < jobs && running.size() < options.parallel)
      running.push_back(start(next, options, work)), ++next;
    std::vector<pollfd> waits;
    for (const Child &child : running)
      waits.push_back({child.pipe, POLLIN, 0});
    poll(waits.data(), waits.size(), /*milliseconds=*/200);
    for (size_t index = running.size(); index-- > 0;) {
      bool ended = waits[index].revents != 0 && drain(running[index]);
      bool late = !ended && Clock::now() > running[index].deadline;
      if (!ended && !late)
        continue;
      Child child = std::move(running[index]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(index));
      done(child.job, finish(child, late));
    }
  }
}

} // namespace heddle::test

#include "runtime/core/ThreadPool.h"
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

using heddle::runtime::ThreadPool;

namespace {

/// Counts how often each iteration ran, and checks the sizes of the ranges.
struct Visits {
  explicit Visits(int64_t count, int64_t grain = 1) : hits(count), grain(grain) {}
  static void run(void *self, int64_t begin, int64_t end) {
    auto &visits = *static_cast<Visits *>(self);
    if (begin < 0 || end > static_cast<int64_t>(visits.hits.size()) || begin >= end ||
        (end - begin < visits.grain && end != static_cast<int64_t>(visits.hits.size())))
      visits.bad = true;
    for (int64_t i = begin; i < end; ++i)
      ++visits.hits[static_cast<size_t>(i)];
    visits.ranges.fetch_add(1);
  }
  bool eachOnce() const {
    for (int hit : hits)
      if (hit != 1)
        return false;
    return !bad;
  }
  std::vector<int> hits;
  int64_t grain;
  std::atomic<int> ranges{0};
  std::atomic<bool> bad{false};
};

TEST(ThreadPool, visits_each_iteration_once) {
  for (int32_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (int64_t count : {0, 1, 2, 7, 64, 1000, 100003})
      for (int64_t grain : {0, 1, 3, 64, 1000000}) {
        Visits visits(count, grain);
        pool.parallelFor(Visits::run, &visits, count, grain, nullptr);
        EXPECT_TRUE(visits.eachOnce()) << threads << " threads, " << count << " by " << grain;
      }
  }
}

TEST(ThreadPool, does_not_split_below_the_grain) {
  ThreadPool pool(4);
  Visits visits(100, 100);
  pool.parallelFor(Visits::run, &visits, 100, 100, nullptr);
  EXPECT_EQ(visits.ranges, 1);
}

TEST(ThreadPool, takes_counts_near_the_limit) {
  ThreadPool pool(2);
  std::atomic<int64_t> total{0};
  auto task = [](void *sum, int64_t begin, int64_t end) {
    static_cast<std::atomic<int64_t> *>(sum)->fetch_add(end - begin);
  };
  pool.parallelFor(task, &total, INT64_MAX, 1, nullptr);
  EXPECT_EQ(total, INT64_MAX);
}

TEST(ThreadPool, survives_many_short_loops) {
  ThreadPool pool(4);
  for (int round = 0; round < 20000; ++round) {
    Visits visits(1 + round % 37);
    pool.parallelFor(Visits::run, &visits, static_cast<int64_t>(visits.hits.size()), 1, nullptr);
    ASSERT_TRUE(visits.eachOnce()) << "round " << round;
  }
}

TEST(ThreadPool, wakes_sleeping_workers) {
  ThreadPool pool(3);
  for (int round = 0; round < 50; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(round * 20)); // around the spin time
    Visits visits(1000);
    pool.parallelFor(Visits::run, &visits, 1000, 1, nullptr);
    ASSERT_TRUE(visits.eachOnce());
  }
}

TEST(ThreadPool, nested_loop_runs_on_its_own_thread) {
  ThreadPool pool(2);
  struct Nested {
    ThreadPool *pool;
    std::atomic<int64_t> inner{0};
  } nested{&pool, {}};
  auto outer = [](void *self, int64_t begin, int64_t end) {
    auto &nested = *static_cast<Nested *>(self);
    auto inner = [](void *sum, int64_t begin, int64_t end) {
      static_cast<std::atomic<int64_t> *>(sum)->fetch_add(end - begin);
    };
    for (int64_t i = begin; i < end; ++i)
      nested.pool->parallelFor(inner, &nested.inner, 10, 1, nullptr);
  };
  pool.parallelFor(outer, &nested, 100, 1, nullptr);
  EXPECT_EQ(nested.inner, 1000);
}

TEST(ThreadPool, drops_ranges_once_cancelled) {
  ThreadPool pool(2);
  std::atomic<int32_t> cancelled{1};
  Visits visits(1000);
  pool.parallelFor(Visits::run, &visits, 1000, 1, &cancelled);
  EXPECT_EQ(visits.ranges, 0);
}

TEST(ThreadPool, one_thread_stops_between_ranges) {
  ThreadPool pool(1);
  struct Work {
    std::atomic<int32_t> cancelled{0};
    int64_t done = 0;
  } work;
  auto task = [](void *self, int64_t begin, int64_t end) {
    auto &work = *static_cast<Work *>(self);
    work.done += end - begin;
    work.cancelled = 1;
  };
  pool.parallelFor(task, &work, 1000, 1, &work.cancelled);
  EXPECT_GT(work.done, 0);
  EXPECT_LT(work.done, 1000);
}

TEST(ThreadPool, pools_are_independent) {
  std::vector<std::thread> users;
  std::atomic<int> good{0};
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      ThreadPool pool(3);
      bool all = true;
      for (int round = 0; round < 500; ++round) {
        Visits visits(100);
        pool.parallelFor(Visits::run, &visits, 100, 1, nullptr);
        all &= visits.eachOnce();
      }
      good += all;
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(good, 4);
}

} // namespace

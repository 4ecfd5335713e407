// Drawing tokens: which can be drawn, how often, and that a seed says everything.
#include "runtime/tools/stream/Sampler.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>

using namespace heddle;

namespace {

io::HostTensor logitsOf(const std::vector<double> &values) {
  io::HostTensor tensor = *io::makeTensor(io::DType::F32, {1, static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    tensor.set(static_cast<int64_t>(i), values[i]);
  return tensor;
}

/// The share of each id among many.
std::map<int64_t, double> sharesOf(const SamplingOptions &options, const std::vector<double> &logits) {
  constexpr int count = 20000;
  Sampler sampler(options);
  io::HostTensor tensor = logitsOf(logits);
  std::map<int64_t, double> shares;
  for (int i = 0; i < count; ++i)
    shares[*sampler.next(tensor, 0, tensor.numElements())] += 1.0 / count;
  return shares;
}

TEST(Sampler, takes_the_first_of_the_largest) {
  Sampler sampler({});
  EXPECT_EQ(*sampler.next(logitsOf({1, 3, -2, 3}), 0, 4), 1);
  EXPECT_EQ(*sampler.next(logitsOf({9, 9, 1, 2, 0}), 2, 3), 1);
  EXPECT_EQ(*sampler.next(logitsOf({-INFINITY, -5}), 0, 2), 1);
}

TEST(Sampler, draws_by_weight) {
  SamplingOptions options;
  options.temperature = 1;
  auto shares = sharesOf(options, {std::log(1.0), std::log(2.0), -INFINITY, std::log(5.0)});
  EXPECT_NEAR(shares[0], 1.0 / 8, 0.01);
  EXPECT_NEAR(shares[1], 2.0 / 8, 0.01);
  EXPECT_EQ(shares.count(2), 0u);
  EXPECT_NEAR(shares[3], 5.0 / 8, 0.01);
  options.temperature = 0.5; // squares
  EXPECT_NEAR(sharesOf(options, {std::log(1.0), std::log(2.0)})[1], 4.0 / 5, 0.01);
}

TEST(Sampler, keeps_the_likeliest) {
  SamplingOptions options;
  options.temperature = 1;
  options.topK = 2;
  std::vector<double> logits = {std::log(4.0), std::log(1.0), std::log(3.0), std::log(2.0)};
  auto shares = sharesOf(options, logits);
  EXPECT_EQ(shares.size(), 2u);
  EXPECT_NEAR(shares[0], 4.0 / 7, 0.01);
  options.topK = 0;
  options.topP = 0.65; // 0.4, 0.7
  EXPECT_EQ(sharesOf(options, logits).size(), 2u);
  options.topP = 0.75; // 0.4, 0.7, 0.9
  EXPECT_EQ(sharesOf(options, logits).size(), 3u);
  options.topP = 0;
  EXPECT_EQ(sharesOf(options, logits).size(), 1u);
  options.topK = 100;
  options.topP = 1;
  EXPECT_EQ(sharesOf(options, logits).size(), 4u);
}

TEST(Sampler, a_seed_says_everything) {
  SamplingOptions options;
  options.temperature = 2;
  options.seed = 5;
  io::HostTensor logits = logitsOf({0.1, 0.2, 0.3, 0.4, 0.5});
  Sampler first(options), second(options);
  std::vector<int64_t> left, right;
  for (int i = 0; i < 100; ++i) {
    left.push_back(*first.next(logits, 0, 5));
    right.push_back(*second.next(logits, 0, 5));
  }
  EXPECT_EQ(left, right);
}

TEST(Sampler, refuses_what_it_cannot_draw_from) {
  Sampler sampler({});
  EXPECT_EQ(sampler.next(logitsOf({1, NAN}), 0, 2).message(), "logit of token 1, expected a number but got NaN");
  EXPECT_EQ(sampler.next(logitsOf({-INFINITY}), 0, 1).message(),
            "largest logit, expected a finite number but got -inf");
  EXPECT_EQ(sampler.next(logitsOf({1, INFINITY}), 0, 2).message(),
            "largest logit, expected a finite number but got inf");
}

} // namespace

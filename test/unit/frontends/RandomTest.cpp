// Random weights are the same on every machine: their bits are part of the format.
#include "frontends/json/Random.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace heddle::json;

TEST(Random, depends_on_seed_name_and_index_alone) {
  Random a(1, "blocks.0.weight"), b(1, "blocks.0.weight"), seed(2, "blocks.0.weight"), name(1, "blocks.1.weight");
  EXPECT_EQ(a.normal(5), b.normal(5));
  EXPECT_NE(a.normal(5), a.normal(6));
  EXPECT_NE(a.normal(5), seed.normal(5));
  EXPECT_NE(a.normal(5), name.normal(5));
}

TEST(Random, first_values_never_change) {
  Random random(1, "w");
  EXPECT_FLOAT_EQ(random.normal(0), -0.067209526f);
  EXPECT_FLOAT_EQ(random.uniform(0), 0.0317981839f);
}

TEST(Random, normal_has_unit_variance) {
  std::vector<float> values = randomWeights(Init::normal(2.0), 100000, 3, 0.5, "w");
  double sum = 0, square = 0;
  for (float value : values) {
    sum += value;
    square += value * value;
  }
  EXPECT_NEAR(sum / values.size(), 0, 0.02);
  EXPECT_NEAR(square / values.size(), 1, 0.02);
}

TEST(Random, uniform_keeps_its_bounds) {
  for (float value : randomWeights(Init::uniform(-2, 3), 10000, 3, 1, "w")) {
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 3);
  }
}

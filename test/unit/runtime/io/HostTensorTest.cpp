#include "test/unit/runtime/io/TestFiles.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace heddle::io;

namespace {

TEST(HostTensor, size_refuses_overflow_even_beside_zero) {
  EXPECT_EQ(*tensorByteSize(DType::F32, {2, 3}), 24u);
  EXPECT_EQ(*tensorByteSize(DType::F32, {}), 4u);
  EXPECT_EQ(*tensorByteSize(DType::F32, {0, 5}), 0u);
  EXPECT_FALSE(tensorByteSize(DType::F32, {int64_t(1) << 61}).ok());
  EXPECT_FALSE(tensorByteSize(DType::U8, {0, int64_t(1) << 40, int64_t(1) << 40}).ok());
  EXPECT_EQ(tensorByteSize(DType::I8, {3, -1}).message(), "dim 1, expected at least 0 but got -1");
}

TEST(HostTensor, names_round_trip) {
  for (DType type : kAllDTypes) {
    DType parsed;
    ASSERT_TRUE(parseDType(dtypeName(type), parsed));
    EXPECT_EQ(parsed, type);
  }
  DType parsed;
  EXPECT_TRUE(parseDType("ui8", parsed) && parsed == DType::U8);
  EXPECT_TRUE(parseDType("i1", parsed) && parsed == DType::Bool);
  EXPECT_FALSE(parseDType("f8", parsed));
}

TEST(HostTensor, half_is_exact_for_all_patterns) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    uint16_t half = static_cast<uint16_t>(bits);
    float value = halfToFloat(half);
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
    else
      ASSERT_EQ(floatToHalf(value), half) << bits;
  }
}

TEST(HostTensor, half_rounds_to_nearest_even) {
  EXPECT_EQ(floatToHalf(1.0f + 0x1p-11f), 0x3c00);            // a tie goes to the even neighbour
  EXPECT_EQ(floatToHalf(1.0f + 0x1p-11f + 0x1p-20f), 0x3c01); // just above it does not
  EXPECT_EQ(floatToHalf(1.0f + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(floatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-1e9f), 0xfc00);
  EXPECT_EQ(floatToHalf(0x1p-25f), 0x0000);
  EXPECT_EQ(floatToHalf(0x1.8p-24f), 0x0002);
}

TEST(HostTensor, bfloat_rounds_to_nearest_even) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    float value = bfloatToFloat(static_cast<uint16_t>(bits));
    if (!std::isnan(value))
      ASSERT_EQ(floatToBfloat(value), bits);
  }
  EXPECT_TRUE(std::isnan(bfloatToFloat(floatToBfloat(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_EQ(floatToBfloat(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(floatToBfloat(1.0f + 3 * 0x1p-8f), 0x3f82);
}

TEST(HostTensor, set_and_at_agree) {
  for (DType type : kAllDTypes) {
    Result<HostTensor> tensor = makeTensor(type, {2});
    tensor->set(1, 1);
    // A type of powers of two alone has no zero; its smallest is 2^-127.
    EXPECT_EQ(tensor->at(0), type == DType::F8E8M0FNU ? 0x1p-127 : 0);
    EXPECT_EQ(tensor->at(1), 1) << dtypeName(type);
  }
}

} // namespace

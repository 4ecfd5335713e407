#include "runtime/io/OnnxTensor.h"
#include "test/unit/runtime/io/TestFiles.h"

using namespace heddle::io;

namespace {

// The wire format by hand.
std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7)
    bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string number(int field, uint64_t value) { return varint(static_cast<uint64_t>(field) << 3) + varint(value); }
std::string run(int field, const std::string &bytes) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string errorOf(const std::string &bytes) { return parseOnnxTensor(bytes, "f").message(); }

TEST(OnnxTensor, reads_raw_data) {
  Result<NamedTensor> tensor = parseOnnxTensor(
      number(1, 2) + number(2, 1) + run(8, "x") + run(9, std::string("\0\0\x80\x3f\0\0\0\x40", 8)), "f");
  ASSERT_TRUE(tensor.ok()) << tensor.message();
  EXPECT_EQ(tensor->name, "x");
  EXPECT_EQ(describeTensor(tensor->tensor.dtype, tensor->tensor.shape), "2xf32");
  EXPECT_EQ(tensor->tensor.at(1), 2.0);
}

TEST(OnnxTensor, reads_typed_data_packed_or_not) {
  Result<NamedTensor> packed =
      parseOnnxTensor(run(1, varint(3)) + number(2, 7) + run(7, varint(1) + varint(UINT64_MAX) + varint(300)), "f");
  ASSERT_TRUE(packed.ok()) << packed.message();
  EXPECT_EQ(packed->tensor.at(1), -1);
  EXPECT_EQ(packed->tensor.at(2), 300);
  Result<NamedTensor> single = parseOnnxTensor(number(1, 2) + number(2, 9) + number(5, 1) + number(5, 0), "f");
  ASSERT_TRUE(single.ok()) << single.message();
  EXPECT_EQ(describeTensor(single->tensor.dtype, single->tensor.shape), "2xbool");
  EXPECT_EQ(single->tensor.at(0), 1);
  Result<NamedTensor> half = parseOnnxTensor(number(2, 10) + number(5, 0x3c00), "f");
  ASSERT_TRUE(half.ok()) << half.message();
  EXPECT_EQ(half->tensor.at(0), 1.0) << "float16 travels in int32_data";
  Result<NamedTensor> wide = parseOnnxTensor(number(2, 11) + run(10, std::string("\0\0\0\0\0\0\xf0\x3f", 8)), "f");
  ASSERT_TRUE(wide.ok()) << wide.message();
  EXPECT_EQ(wide->tensor.at(0), 1.0);
}

TEST(OnnxTensor, refuses_by_name) {
  EXPECT_EQ(errorOf("\x08"), "f: file, expected an ONNX TensorProto but got malformed protobuf");
  EXPECT_EQ(errorOf(run(9, "abcd").substr(0, 4)), "f: file, expected an ONNX TensorProto but got malformed protobuf");
  EXPECT_EQ(errorOf(number(2, 8)),
            "f: data_type, expected one of float double float16 bfloat16 int64 int32 int8 uint8 bool but got 8");
  EXPECT_EQ(errorOf(number(1, 2) + number(2, 1) + run(9, "abcd")), "f: data of 2xf32, expected 8 bytes but got 4");
  EXPECT_EQ(errorOf(number(1, 1) + number(2, 1) + run(9, "abcdefgh")), "f: data of 1xf32, expected 4 bytes but got 8");
  EXPECT_EQ(errorOf(number(1, 1) + number(2, 1) + number(7, 1)),
            "f: data of 1xf32, expected raw_data or the field of its type but got another typed field");
  EXPECT_EQ(errorOf(run(6, "text")), "f: element type, expected numbers but got strings");
  EXPECT_EQ(errorOf(number(14, 1)), "f: data, expected in the file itself but got external data");
  EXPECT_EQ(errorOf(number(1, UINT64_MAX) + number(2, 1)), "f: dim 0, expected at least 0 but got -1");
  EXPECT_EQ(errorOf(number(1, uint64_t(1) << 40) + number(2, 1)),
            "f: data of 1099511627776xf32, expected 4398046511104 bytes but got 0");
}

TEST(OnnxTensor, survives_noise) {
  std::string good = number(1, 2) + number(2, 1) + run(8, "x") + run(4, std::string(8, 'a'));
  uint32_t random = 7;
  for (int round = 0; round < 20000; ++round) {
    std::string bad = good;
    random = random * 1664525 + 1013904223;
    bad[(random >> 8) % bad.size()] = static_cast<char>(random >> 24);
    (void)parseOnnxTensor(bad, "f");
    (void)parseOnnxTensor(good.substr(0, round % good.size()), "f");
  }
}

} // namespace

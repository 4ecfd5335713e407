#include "runtime/io/SafeTensors.h"
#include "test/unit/runtime/io/TestFiles.h"

using namespace heddle::io;
using namespace heddle::test;

namespace {

std::string makeFile(const std::string &header, const std::string &data = "") {
  std::string file;
  for (int i = 0; i < 8; ++i)
    file += static_cast<char>(uint64_t(header.size()) >> (8 * i) & 0xff);
  return file + header + data;
}

std::string errorOf(const std::string &bytes) {
  TemporaryFile file("bad.safetensors", bytes);
  Result<SafeTensors> result = readSafeTensors(file.path);
  std::string message = result.message();
  size_t at = message.find(file.path);
  return at == std::string::npos ? message : message.replace(at, file.path.size(), "f");
}

std::string entry(const std::string &name, const std::string &shape, const std::string &offsets,
                  const std::string &dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

TEST(SafeTensors, round_trip) {
  TemporaryFile file("round.safetensors");
  std::map<std::string, HostTensor> tensors;
  for (DType type : kAllDTypes) {
    if (type == DType::F8E4M3FNUZ || type == DType::F8E5M2FNUZ || type == DType::F8E8M0FNU) {
      EXPECT_NE(writeSafeTensors(file.path, {{"t", iota(type, {3, 1})}}, {}).message().find("one that safetensors has"),
                std::string::npos);
      continue;
    }
    tensors[std::string("t.") + dtypeName(type)] = iota(type, {3, 1});
  }
  tensors["scalar"] = iota(DType::F32, {});
  tensors["empty"] = iota(DType::F32, {0, 7});
  ASSERT_TRUE(writeSafeTensors(file.path, tensors, {{"format", "pt"}}).ok());
  Result<SafeTensors> read = readSafeTensors(file.path);
  ASSERT_TRUE(read.ok()) << read.message();
  EXPECT_EQ(read->metadata.at("format"), "pt");
  ASSERT_EQ(read->tensors.size(), tensors.size());
  for (const auto &[name, tensor] : tensors) {
    expectEqual(read->tensors.at(name), tensor);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(read->tensors.at(name).data()) % dtypeSize(tensor.dtype), 0u);
  }
}

TEST(SafeTensors, tensors_outlive_the_file_object) {
  TemporaryFile file("live.safetensors", makeFile("{" + entry("a", "[2]", "[0,8]") + "}", "abcdefgh"));
  HostTensor tensor;
  {
    Result<SafeTensors> read = readSafeTensors(file.path);
    ASSERT_TRUE(read.ok()) << read.message();
    tensor = read->tensors.at("a");
  }
  EXPECT_EQ(static_cast<char>(tensor.data()[7]), 'h');
}

TEST(SafeTensors, refuses_by_name) {
  EXPECT_EQ(errorOf("abc"), "f: file size, expected at least 8 bytes but got 3");
  EXPECT_EQ(errorOf(makeFile("{}").substr(0, 9)), "f: header size, expected at most 1 but got 2");
  EXPECT_EQ(errorOf(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)),
            "f: header size, expected at most 2 but got 18446744073709551615");
  EXPECT_EQ(errorOf(makeFile(" {}")), "f: header, expected '{' as its first byte but got something else");
  EXPECT_EQ(errorOf(makeFile("{\"a\":")), "f: header, expected a JSON object but got malformed JSON");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[1]", "[0,4]") + "," + entry("a", "[1]", "[0,4]") + "}", "abcd")),
            "f: header, expected each name once, at depth 3 at most but got 'a' twice");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[1]", "[0,4]", "C64") + "}", "abcd")),
            "f:a: dtype, expected one of F32 F64 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL F8_E4M3 F8_E5M2 but got "
            "\"C64\"");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[-1]", "[0,4]") + "}", "abcd")),
            "f:a: shape, expected a list of sizes but got [-1]");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[2]", "[0,4]") + "}", "abcd")),
            "f:a: data_offsets of 2xf32, expected a range of 8 bytes but got [0,4]");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[1]", "[4,8]") + "}", "abcdefgh")),
            "f:a: data begin (no holes, no overlaps), expected 0 but got 4");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[1]", "[0,4]") + "," + entry("b", "[1]", "[0,4]") + "}", "abcd")),
            "f:b: data begin (no holes, no overlaps), expected 4 but got 0");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[1]", "[0,4]") + "}", "abcdefgh")),
            "f: data size, expected 4 bytes but got 8");
  EXPECT_EQ(errorOf(makeFile("{" + entry("a", "[2]", "[0,8]") + "}", "abcd")),
            "f:a: data end, expected at most 4 but got 8");
  EXPECT_EQ(
      errorOf(makeFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "abcd")),
      "f:a: tensor entry, expected exactly dtype, shape and data_offsets but got {\"dtype\":\"F32\",\"shape\":[1]}");
  EXPECT_EQ(errorOf(makeFile("{\"__metadata__\":{\"a\":1}}")),
            "f: __metadata__, expected an object of texts but got {\"a\":1}");
  EXPECT_EQ(errorOf(makeFile("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}")),
            "f: header, expected each name once, at depth 3 at most but got nested too deep");
}

TEST(SafeTensors, refuses_overflowing_shapes) {
  for (const char *shape : {"[4611686018427387904]", "[4294967296,4294967296]", "[0,4294967296,4294967296]",
                            "[9223372036854775808]", "[1.5]", "[\"2\"]", "{}"})
    EXPECT_NE(errorOf(makeFile("{" + entry("a", shape, "[0,0]") + "}")), "") << shape;
}

TEST(SafeTensors, misaligned_tensors_are_copied) {
  // The header has 63 bytes and one byte comes first: "b" starts at an odd address.
  std::string header = "{" + entry("a", "[1]", "[0,1]", "U8") + "," + entry("b", "[1]", "[1,5]") + "}";
  TemporaryFile file("odd.safetensors", makeFile(header, std::string("\0\0\0\x80\x3f", 5)));
  Result<SafeTensors> read = readSafeTensors(file.path);
  ASSERT_TRUE(read.ok()) << read.message();
  EXPECT_EQ(read->tensors.at("b").at(0), 1.0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(read->tensors.at("b").data()) % 4, 0u);
}

} // namespace

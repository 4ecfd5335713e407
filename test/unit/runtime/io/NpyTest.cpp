#include "runtime/io/Npy.h"
#include "test/unit/runtime/io/TestFiles.h"

using namespace heddle::io;
using namespace heddle::test;

namespace {

/// A version 1.0 file with this dict and data.
std::string makeNpy(const std::string &dict, const std::string &data, char version = 1) {
  std::string file = std::string("\x93NUMPY", 6) + version + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += static_cast<char>(dict.size() >> (8 * i) & 0xff);
  return file + dict + data;
}

std::string errorOf(const std::string &file) { return parseNpy(file, "f").message(); }

TEST(Npy, round_trip_of_all_types_and_ranks) {
  TemporaryFile file("round.npy");
  for (DType type : kAllDTypes)
    for (const std::vector<int64_t> &shape : {std::vector<int64_t>{}, {5}, {0, 3}, {2, 3, 4}}) {
      HostTensor tensor = iota(type, shape);
      if (dtypeIsFloat8(type)) {
        EXPECT_NE(writeNpy(file.path, tensor).message().find("expected one that npy has but got f8E"),
                  std::string::npos);
        continue;
      }
      ASSERT_TRUE(writeNpy(file.path, tensor).ok());
      Result<HostTensor> read = readNpy(file.path);
      ASSERT_TRUE(read.ok()) << read.message();
      expectEqual(*read, tensor);
    }
}

TEST(Npy, header_is_numpys_own) {
  HostTensor tensor = iota(DType::F32, {3});
  std::string header = npyHeader(tensor.dtype, tensor.shape);
  EXPECT_EQ(header.size() % 64, 0u);
  EXPECT_EQ(header.substr(10, 57), "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  EXPECT_EQ(header.back(), '\n');
}

TEST(Npy, reads_versions_2_and_3_and_other_spellings) {
  for (char version : {1, 2, 3}) {
    Result<HostTensor> tensor =
        parseNpy(makeNpy("{\"shape\":(2L,),'fortran_order':False,'descr':'=i4'}", std::string(8, '\1'), version), "f");
    ASSERT_TRUE(tensor.ok()) << tensor.message();
    EXPECT_EQ(tensor->at(1), 0x01010101);
  }
}

TEST(Npy, converts_fortran_order) {
  std::string data;
  for (char c = 0; c < 24; ++c)
    data += c; // the element at (i, j, k) of 2 x 3 x 4 is i + 2 j + 6 k
  Result<HostTensor> tensor =
      parseNpy(makeNpy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", data), "f");
  ASSERT_TRUE(tensor.ok()) << tensor.message();
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t k = 0; k < 4; ++k)
        ASSERT_EQ(tensor->at((i * 3 + j) * 4 + k), i + 2 * j + 6 * k);
}

TEST(Npy, refuses_by_name) {
  const std::string rest = "'fortran_order': False, 'shape': (1,)}";
  EXPECT_EQ(errorOf("PK"), "f: file, expected an npy file (magic \\x93NUMPY) but got something else");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '|O', " + rest, "")),
            "f: descr, expected one of <f4 <f8 <f2 <V2 (bf16) <i8 <i4 <i2 |i1 <u8 <u4 <u2 |u1 |b1 but got |O (Python "
            "objects, which are "
            "never loaded)");
  EXPECT_EQ(errorOf(makeNpy("{'descr': [('a', '<f4')], " + rest, "")),
            "f: descr, expected a plain type such as '<f4' but got a structured type");
  EXPECT_NE(errorOf(makeNpy("{'descr': '>f4', " + rest, "abcd")).find("but got >f4"), std::string::npos);
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', " + rest, "abc")), "f: data of 1xf32, expected 4 bytes but got 3");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', " + rest, "abcde")), "f: data of 1xf32, expected 4 bytes but got 5");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', 'descr': '<f4', " + rest, "abcd")),
            "f: header key, expected each of descr, fortran_order, shape once but got 'descr'");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', 'extra': 1, " + rest, "abcd")),
            "f: header key, expected each of descr, fortran_order, shape once but got 'extra'");
  EXPECT_EQ(errorOf(makeNpy("{" + rest, "abcd")),
            "f: header, expected the keys descr, fortran_order and shape but got fewer");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "abcd")),
            "f: header at byte 34, expected True or False but got '0, 'shape': ()}'");
  EXPECT_EQ(errorOf(makeNpy("{'descr': '<f4', " + rest, "abcd", 4)),
            "f: npy version, expected 1.0, 2.0 or 3.0 but got 4.0");
}

TEST(Npy, refuses_absurd_shapes_before_taking_memory) {
  for (const char *shape : {"(99999999999999999999,)", "(4611686018427387904,)", "(4294967296, 4294967296)",
                            "(0, 4294967296, 4294967296)", "(-1,)", "(1000000000000,)"})
    EXPECT_FALSE(
        parseNpy(makeNpy(std::string("{'descr': '<f4', 'fortran_order': False, 'shape': ") + shape + "}", ""), "f")
            .ok())
        << shape;
}

TEST(Npy, survives_truncation_and_noise) {
  HostTensor tensor = iota(DType::F32, {4, 4});
  std::string good = npyHeader(tensor.dtype, tensor.shape) + std::string(64, 'x');
  for (size_t size = 0; size < good.size(); ++size)
    ASSERT_FALSE(parseNpy(good.substr(0, size), "f").ok());
  uint32_t random = 1;
  for (int round = 0; round < 20000; ++round) {
    std::string bad = good;
    for (int i = 0; i < 3; ++i) {
      random = random * 1664525 + 1013904223;
      bad[(random >> 8) % 128] = static_cast<char>(random >> 24);
    }
    (void)parseNpy(bad, "f"); // any answer will do, as long as it comes
  }
}

TEST(Npy, refuses_folders_and_missing_files) {
  EXPECT_EQ(readNpy("/tmp").message(), "/tmp: file type, expected a regular file but got a folder");
  EXPECT_EQ(readNpy("/no/such.npy").message(), "/no/such.npy: cannot open: No such file or directory");
}

TEST(Npy, failed_write_leaves_the_old_file) {
  HostTensor tensor = iota(DType::F32, {2});
  EXPECT_FALSE(writeNpy("/no/such/folder/x.npy", tensor).ok());
  TemporaryFile file("old.npy", "old");
  ASSERT_TRUE(writeNpy(file.path, tensor).ok());
  EXPECT_EQ(file.bytes().substr(1, 5), "NUMPY");
}

} // namespace

#include "runtime/io/Npz.h"
#include "test/unit/runtime/io/TestFiles.h"
#include <zip.h>

using namespace heddle::io;
using namespace heddle::test;

namespace {

std::vector<NamedTensor> someTensors() {
  return {{"x", iota(DType::F32, {2, 3})}, {"blocks.0.w", iota(DType::BF16, {4})}, {"empty", iota(DType::I64, {0})}};
}

TEST(Npz, round_trip) {
  TemporaryFile file("round.npz");
  ASSERT_TRUE(writeNpz(file.path, someTensors()).ok());
  Result<std::vector<NamedTensor>> read = readNpz(file.path);
  ASSERT_TRUE(read.ok()) << read.message();
  ASSERT_EQ(read->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*read)[i].name, someTensors()[i].name);
    expectEqual((*read)[i].tensor, someTensors()[i].tensor);
  }
  EXPECT_EQ(*listNpz(file.path), (std::vector<std::string>{"x", "blocks.0.w", "empty"}));
  expectEqual(*readNpzArray(file.path, "blocks.0.w"), someTensors()[1].tensor);
}

TEST(Npz, same_tensors_same_bytes) {
  TemporaryFile a("a.npz"), b("b.npz");
  ASSERT_TRUE(writeNpz(a.path, someTensors()).ok());
  ASSERT_TRUE(writeNpz(b.path, someTensors()).ok());
  EXPECT_EQ(a.bytes(), b.bytes());
}

TEST(Npz, refuses_by_name) {
  TemporaryFile file("names.npz");
  ASSERT_TRUE(writeNpz(file.path, someTensors()).ok());
  EXPECT_EQ(readNpzArray(file.path, "y").message(),
            file.path + ": array, expected one of the file's (x, blocks.0.w, empty) but got 'y'");
  NpzOptions small;
  small.maxTotalBytes = 200;
  EXPECT_NE(readNpz(file.path, small).message().find("unpacked size, expected at most"), std::string::npos);
  EXPECT_FALSE(writeNpz(file.path, {}).ok());
  TemporaryFile text("text.npz", "not a zip archive, although it is long enough to be one");
  EXPECT_NE(readNpz(text.path).message().find("file, expected an npz file (zip archive)"), std::string::npos);
  EXPECT_FALSE(readNpz("/no/such.npz").ok());
}

TEST(Npz, damage_is_noticed) {
  TemporaryFile file("good.npz");
  ASSERT_TRUE(writeNpz(file.path, someTensors()).ok());
  std::string good = file.bytes();
  for (size_t size = 0; size < good.size(); size += 16) {
    TemporaryFile bad("cut.npz", good.substr(0, size));
    ASSERT_FALSE(readNpz(bad.path).ok()) << size;
  }
  std::string flipped = good;
  flipped[good.find("\n", good.find("shape")) + 3] ^= 1; // in the data of the first array: the checksum sees it
  TemporaryFile bad("flip.npz", flipped);
  EXPECT_FALSE(readNpz(bad.path).ok());
}

/// Compressed archives, as numpy.savez_compressed makes them.
TEST(Npz, reads_compressed_and_refuses_a_bomb) {
  TemporaryFile file("packed.npz");
  std::string zeros(10 << 20, '\0');
  zip_t *archive = zip_open(file.path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  zip_file_add(archive, "x.npy", zip_source_buffer(archive, zeros.data(), zeros.size(), 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
  EXPECT_EQ(readNpz(file.path).message(),
            file.path + ":x: file, expected an npy file (magic \\x93NUMPY) but got something else");
  NpzOptions options;
  options.maxTotalBytes = 1 << 20;
  EXPECT_EQ(readNpz(file.path, options).message(),
            file.path + ":x: unpacked size, expected at most 1048576 bytes but got 10485760");
}

} // namespace

// Temporary files that remove themselves.
#ifndef HEDDLE_TEST_UNIT_RUNTIME_IO_TESTFILES_H
#define HEDDLE_TEST_UNIT_RUNTIME_IO_TESTFILES_H

#include "runtime/io/HostTensor.h"
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <unistd.h>

namespace heddle::test {

class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &name, const std::string &bytes = "")
      : path(testing::TempDir() + "heddle-" + std::to_string(::getpid()) + "-" + name) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string bytes() const {
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }
  const std::string path;
};

/// A tensor with the values 0, 1, 2, ...
inline io::HostTensor iota(io::DType dtype, std::vector<int64_t> shape) {
  io::Result<io::HostTensor> tensor = io::makeTensor(dtype, std::move(shape));
  EXPECT_TRUE(tensor.ok()) << tensor.message();
  for (int64_t i = 0; i < tensor->numElements(); ++i)
    tensor->set(i, static_cast<double>(i));
  return *tensor;
}

inline void expectEqual(const io::HostTensor &a, const io::HostTensor &b) {
  EXPECT_EQ(io::describeTensor(a.dtype, a.shape), io::describeTensor(b.dtype, b.shape));
  ASSERT_EQ(a.byteSize, b.byteSize);
  EXPECT_TRUE(std::equal(a.data(), a.data() + a.byteSize, b.data()));
}

} // namespace heddle::test
#endif

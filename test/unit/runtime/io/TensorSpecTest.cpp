#include "runtime/io/TensorSpec.h"
#include "runtime/io/Npy.h"
#include "runtime/io/Npz.h"
#include "test/unit/runtime/io/TestFiles.h"

using namespace heddle::io;
using namespace heddle::test;

namespace {

HostTensor parse(const std::string &spec) {
  Result<HostTensor> tensor = parseTensorSpec(spec);
  EXPECT_TRUE(tensor.ok()) << tensor.message();
  return tensor ? *tensor : HostTensor();
}

std::string errorOf(const std::string &spec) { return parseTensorSpec(spec).message(); }

TEST(TensorSpec, reads_values) {
  HostTensor values = parse("2x2xf32=1,-2.5, 3 ,4e3");
  EXPECT_EQ(describeTensor(values.dtype, values.shape), "2x2xf32");
  EXPECT_EQ(values.at(1), -2.5);
  EXPECT_EQ(values.at(3), 4000);
  EXPECT_EQ(parse("3xi32=7").at(2), 7);
  EXPECT_EQ(parse("f32=3.5").at(0), 3.5);
  EXPECT_EQ(parse("i64=9007199254740993").as<int64_t>()[0], 9007199254740993);
  EXPECT_EQ(parse("2xbool=true,false").at(0), 1);
  EXPECT_EQ(parse("3xbf16=zeros").at(2), 0);
  EXPECT_EQ(parse("3xf64=ones").at(2), 1);
  EXPECT_EQ(parse("5xi64=iota").at(4), 4);
  EXPECT_EQ(parse("0x3xf32=random(1)").numElements(), 0);
}

TEST(TensorSpec, random_is_the_same_everywhere) {
  HostTensor a = parse("2x64xf32=random(7)"), b = parse("2x64xf32=random(7)"), c = parse("2x64xf32=random(8)");
  expectEqual(a, b);
  EXPECT_NE(a.at(0), c.at(0));
  EXPECT_FLOAT_EQ(static_cast<float>(a.at(0)), -0.22034051f); // pinned: other tools may have stored results
  for (int64_t i = 0; i < a.numElements(); ++i)
    EXPECT_TRUE(a.at(i) >= -1 && a.at(i) < 1);
}

TEST(TensorSpec, random_integers_keep_to_their_range) {
  TensorSpecOptions options;
  options.integerHigh = 3;
  Result<HostTensor> tensor = parseTensorSpec("1000xi64=random(1)", options);
  HostTensor wide = parse("1000xi64=random(1,-5,5)");
  std::vector<int> seen(10);
  for (int64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(tensor->at(i) >= 0 && tensor->at(i) < 3);
    ++seen.at(static_cast<size_t>(wide.at(i) + 5));
  }
  for (int count : seen)
    EXPECT_GT(count, 50);
}

TEST(TensorSpec, reads_files) {
  TemporaryFile npy("spec.npy"), npz("spec.npz"), pb("spec.pb", std::string("\x08\x01\x10\x01\x25\0\0\x80\x3f", 9));
  HostTensor tensor = iota(DType::F32, {3});
  ASSERT_TRUE(writeNpy(npy.path, tensor).ok());
  ASSERT_TRUE(writeNpz(npz.path, {{"a:b", tensor}}).ok());
  expectEqual(parse("@" + npy.path), tensor);
  expectEqual(parse("@" + npz.path + ":a:b"), tensor);
  EXPECT_EQ(parse("@" + pb.path).at(0), 1.0);
}

TEST(TensorSpec, named) {
  Result<NamedTensor> named = parseNamedTensorSpec("x=2xf32=zeros");
  ASSERT_TRUE(named.ok()) << named.message();
  EXPECT_EQ(named->name, "x");
  EXPECT_EQ(named->tensor.numElements(), 2);
  EXPECT_EQ(parseNamedTensorSpec("=2xf32=zeros").message(),
            "=2xf32=zeros: input, expected NAME=TENSOR, for example x=@x.npy or x=2x64xf32=zeros but got no name");
}

TEST(TensorSpec, refuses_by_name) {
  EXPECT_EQ(errorOf("2xf32"), "2xf32: tensor, expected TYPE=VALUES (2x3xf32=random(7)) or @FILE but got neither");
  EXPECT_EQ(errorOf("2xf31=zeros"),
            "2xf31=zeros: element type, expected one of f32 f64 f16 bf16 i64 i32 i8 u8 bool but got 'f31'");
  EXPECT_EQ(errorOf("2x?xf32=zeros"), "2x?xf32=zeros: dim 1, expected a size but got '?'");
  EXPECT_EQ(errorOf("-2xf32=zeros"), "-2xf32=zeros: dim 0, expected a size but got '-2'");
  EXPECT_EQ(errorOf("4xf32=1,2"), "4xf32=1,2: number of values, expected 4, or 1 for all but got 2");
  EXPECT_EQ(errorOf("2xi32=1,x"), "2xi32=1,x: value 1, expected a number of type i32 but got 'x'");
  EXPECT_EQ(errorOf("2xi32=1,2.5"), "2xi32=1,2.5: value 1, expected a number of type i32 but got '2.5'");
  EXPECT_EQ(errorOf("i8=300"), "i8=300: value 0, expected one that fits i8 but got 300");
  EXPECT_EQ(errorOf("u8=-1"), "u8=-1: value 0, expected one that fits u8 but got -1");
  EXPECT_EQ(errorOf("f32=random()"),
            "f32=random(): random, expected random(seed) or random(seed,low,high) with low < high but got random()");
  EXPECT_EQ(errorOf("i8=random(1,0,129)"),
            "i8=random(1,0,129): random, expected bounds that fit i8 but got random(1,0,129)");
  EXPECT_NE(errorOf("f32=random(1,0,inf)"), "");
  EXPECT_EQ(errorOf("f32=random(1,2,1)"), "f32=random(1,2,1): random, expected random(seed) or random(seed,low,high) "
                                          "with low < high but got random(1,2,1)");
  EXPECT_EQ(
      errorOf("4611686018427387904xf32=zeros"),
      "4611686018427387904xf32=zeros: size of 4611686018427387904xf32, expected less than 2^63 bytes but got more");
  EXPECT_EQ(errorOf("100000000000xf32=zeros"),
            "100000000000xf32=zeros: size, expected at most 68719476736 bytes but got 400000000000");
  EXPECT_EQ(errorOf("@x.txt"), "@x.txt: file name, expected .npy, .pb, .npz:NAME or .safetensors:NAME but got 'x.txt'");
}

} // namespace

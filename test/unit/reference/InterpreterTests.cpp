// Ops of the interpreter against values worked out by hand.
#include "dialects/mixer/reference/Interpreter.h"
#include "mlir/Parser/Parser.h"
#include "test/property/MixRun.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

class InterpreterTest : public testing::Test {
protected:
  std::unique_ptr<MLIRContext> context = makeContext();
  std::string diagnostics;

  ReferenceTensor f32(ArrayRef<int64_t> shape, std::vector<double> data) {
    return {Float32Type::get(context.get()), SmallVector<int64_t>(shape), std::move(data), {}};
  }
  ReferenceTensor i64(ArrayRef<int64_t> shape, std::vector<int64_t> integers) {
    return {IntegerType::get(context.get(), 64), SmallVector<int64_t>(shape), {}, std::move(integers)};
  }

  SmallVector<ReferenceTensor> run(StringRef text, ArrayRef<ReferenceTensor> inputs,
                                   Precision precision = Precision::Double) {
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
      diagnostics += diagnostic.str();
      return success();
    });
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, context.get());
    EXPECT_TRUE(module) << diagnostics;
    return module ? evaluate(*module, inputs, precision) : SmallVector<ReferenceTensor>();
  }
};

TEST_F(InterpreterTest, matmulAccumulatesOntoItsInit) {
  auto result = run(R"(
    func.func @forward(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>, %c: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %0 = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%c : tensor<2x2xf32>) -> tensor<2x2xf32>
      return %0 : tensor<2x2xf32>
    })",
                    {f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {1, 0, 0, 1, 1, 1}), f32({2, 2}, {10, 20, 30, 40})});
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0].data, (std::vector<double>{14, 25, 40, 51}));
}

TEST_F(InterpreterTest, genericReadsIndicesAndOtherTensors) {
  auto result = run(R"(
    func.func @forward(%table: tensor<4x2xf32>, %ids: tensor<3xi64>) -> tensor<3x2xf32> {
      %init = tensor.empty() : tensor<3x2xf32>
      %0 = linalg.generic {indexing_maps = [affine_map<(i, d) -> (i)>, affine_map<(i, d) -> (i, d)>],
                           iterator_types = ["parallel", "parallel"]}
          ins(%ids : tensor<3xi64>) outs(%init : tensor<3x2xf32>) {
      ^bb0(%id: i64, %out: f32):
        %d = linalg.index 1 : index
        %row = arith.index_cast %id : i64 to index
        %value = tensor.extract %table[%row, %d] : tensor<4x2xf32>
        linalg.yield %value : f32
      } -> tensor<3x2xf32>
      return %0 : tensor<3x2xf32>
    })",
                    {f32({4, 2}, {0, 1, 10, 11, 20, 21, 30, 31}), i64({3}, {3, 0, 2})});
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0].data, (std::vector<double>{30, 31, 0, 1, 20, 21}));
}

TEST_F(InterpreterTest, bodyWithControlFlowIsInterpreted) {
  auto result = run(R"(
    func.func @forward(%x: tensor<3xf32>) -> tensor<3xf32> {
      %zero = arith.constant 0.0 : f32
      %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
          ins(%x : tensor<3xf32>) outs(%x : tensor<3xf32>) {
      ^bb0(%in: f32, %out: f32):
        %negative = arith.cmpf olt, %in, %zero : f32
        %r = scf.if %negative -> f32 {
          scf.yield %zero : f32
        } else {
          scf.yield %in : f32
        }
        linalg.yield %r : f32
      } -> tensor<3xf32>
      return %0 : tensor<3xf32>
    })",
                    {f32({3}, {-1, 0.5, 2})});
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0].data, (std::vector<double>{0, 0.5, 2}));
}

TEST_F(InterpreterTest, loopsCarryTensors) {
  auto result = run(R"(
    func.func @forward(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %zero = arith.constant 0.0 : f32
      %sum, %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero, %t = %x) -> (f32, tensor<?xf32>) {
        %v = tensor.extract %t[%i] : tensor<?xf32>
        %next = arith.addf %s, %v : f32
        %u = tensor.insert %next into %t[%i] : tensor<?xf32>
        scf.yield %next, %u : f32, tensor<?xf32>
      }
      return %y : tensor<?xf32>
    })",
                    {f32({4}, {1, 2, 3, 4})});
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0].data, (std::vector<double>{1, 3, 6, 10}));
}

TEST_F(InterpreterTest, slicesConcatAndPad) {
  auto result = run(R"(
    func.func @forward(%x: tensor<2x4xf32>) -> (tensor<2x2xf32>, tensor<4x4xf32>, tensor<3x5xf32>) {
      %0 = tensor.extract_slice %x[0, 1] [2, 2] [1, 2] : tensor<2x4xf32> to tensor<2x2xf32>
      %1 = tensor.concat dim(0) %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
      %value = arith.constant 9.0 : f32
      %2 = tensor.pad %x low[1, 0] high[0, 1] {
      ^bb0(%i: index, %j: index):
        tensor.yield %value : f32
      } : tensor<2x4xf32> to tensor<3x5xf32>
      return %0, %1, %2 : tensor<2x2xf32>, tensor<4x4xf32>, tensor<3x5xf32>
    })",
                    {f32({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})});
  ASSERT_EQ(result.size(), 3u);
  EXPECT_EQ(result[0].data, (std::vector<double>{2, 4, 6, 8}));
  EXPECT_EQ(result[1].data, (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(result[2].data, (std::vector<double>{9, 9, 9, 9, 9, 1, 2, 3, 4, 9, 5, 6, 7, 8, 9}));
}

TEST_F(InterpreterTest, tokensAreAppendedAtThePositionOfTheirRow) {
  auto result =
      run(R"(
    func.func @forward(%new: tensor<3x2x1xf32>, %at: tensor<3xi64>, %cache: tensor<3x4x1xf32>) -> (tensor<3x4x1xf32>, tensor<3x4x1xf32>) {
      %0 = mixer.append %new at(%at : tensor<3xi64>) outs(%cache : tensor<3x4x1xf32>) : tensor<3x2x1xf32> -> tensor<3x4x1xf32>
      return %0, %cache : tensor<3x4x1xf32>, tensor<3x4x1xf32>
    })",
          {f32({3, 2, 1}, {5, 6, 7, 8, 9, 10}), i64({3}, {0, 3, -1}), f32({3, 4, 1}, std::vector<double>(12, 1))});
  ASSERT_EQ(result.size(), 2u);
  EXPECT_EQ(result[0].data, (std::vector<double>{5, 6, 1, 1, 1, 1, 1, 7, 10, 1, 1, 1}));
  EXPECT_EQ(result[1].data, std::vector<double>(12, 1));
}

TEST_F(InterpreterTest, appendedTokensOfOtherRowsAreAnError) {
  auto result = run(R"(
    func.func @forward(%new: tensor<?x1xf32>, %at: tensor<?xi64>, %cache: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %0 = mixer.append %new at(%at : tensor<?xi64>) outs(%cache : tensor<?x4xf32>) : tensor<?x1xf32> -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    })",
                    {f32({3, 1}, {1, 2, 3}), i64({3}, {0, 0, 0}), f32({2, 4}, std::vector<double>(8, 1))});
  EXPECT_TRUE(result.empty());
  EXPECT_NE(diagnostics.find("dimension 0 of tokens, expected 2 but got 3"), std::string::npos) << diagnostics;
}

TEST_F(InterpreterTest, integersWrapAtTheirWidth) {
  auto result = run(R"(
    func.func @forward(%x: tensor<2xi64>) -> (tensor<2xi8>, tensor<2xi64>, tensor<2xi1>) {
      %0 = arith.trunci %x : tensor<2xi64> to tensor<2xi8>
      %1 = arith.muli %x, %x : tensor<2xi64>
      %c = arith.constant dense<[7, 300]> : tensor<2xi64>
      %2 = arith.cmpi ult, %x, %c : tensor<2xi64>
      return %0, %1, %2 : tensor<2xi8>, tensor<2xi64>, tensor<2xi1>
    })",
                    {i64({2}, {-1, 200})});
  ASSERT_EQ(result.size(), 3u);
  EXPECT_EQ(result[0].integers, (std::vector<int64_t>{-1, -56}));
  EXPECT_EQ(result[1].integers, (std::vector<int64_t>{1, 40000}));
  EXPECT_EQ(result[2].integers, (std::vector<int64_t>{0, 1}));
}

TEST_F(InterpreterTest, singleRoundsEveryResultToItsType) {
  const char *text = R"(
    func.func @forward(%x: tensor<1xf32>) -> tensor<1xf32> {
      %0 = arith.mulf %x, %x : tensor<1xf32>
      %1 = arith.truncf %0 : tensor<1xf32> to tensor<1xbf16>
      %2 = arith.extf %1 : tensor<1xbf16> to tensor<1xf32>
      return %2 : tensor<1xf32>
    })";
  double third = float(1.0 / 3);
  EXPECT_EQ(run(text, {f32({1}, {third})})[0].data[0], third * third);
  EXPECT_EQ(run(text, {f32({1}, {third})}, Precision::Single)[0].data[0], 0.111328125);
}

TEST_F(InterpreterTest, storedRoundsAllButDoubles) {
  const char *text = R"(
    func.func @forward(%x: tensor<1xf64>) -> (tensor<1xf64>, tensor<1xf32>) {
      %0 = arith.mulf %x, %x : tensor<1xf64>
      %1 = arith.truncf %0 : tensor<1xf64> to tensor<1xf32>
      return %0, %1 : tensor<1xf64>, tensor<1xf32>
    })";
  double third = 1.0 / 3;
  ReferenceTensor x{Float64Type::get(context.get()), {1}, {third}, {}};
  EXPECT_EQ(run(text, {x}, Precision::Stored)[0].data[0], third * third);
  EXPECT_EQ(run(text, {x}, Precision::Stored)[1].data[0], float(third * third));
  EXPECT_EQ(run(text, {x}, Precision::Single)[0].data[0], float(third * third));
}

TEST_F(InterpreterTest, constantsOfAllKinds) {
  auto result = run(R"(
    func.func @forward() -> (tensor<2xf16>, tensor<3xi1>, tensor<2xf32>) {
      %0 = arith.constant dense<[0.5, -2.0]> : tensor<2xf16>
      %1 = arith.constant dense<[true, false, true]> : tensor<3xi1>
      %2 = arith.constant dense_resource<weights> : tensor<2xf32>
      return %0, %1, %2 : tensor<2xf16>, tensor<3xi1>, tensor<2xf32>
    }
    {-# dialect_resources: { builtin: { weights: "0x040000000000803F00000040" } } #-})",
                    {});
  ASSERT_EQ(result.size(), 3u);
  EXPECT_EQ(result[0].data, (std::vector<double>{0.5, -2.0}));
  EXPECT_EQ(result[1].integers, (std::vector<int64_t>{1, 0, 1}));
  EXPECT_EQ(result[2].data, (std::vector<double>{1.0, 2.0}));
}

TEST_F(InterpreterTest, softmaxAndReduction) {
  auto result = run(R"(
    func.func @forward(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1xf32>) {
      %init = tensor.empty() : tensor<1x2xf32>
      %0 = linalg.softmax dimension(1) ins(%x : tensor<1x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<1xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1xf32>) -> tensor<1xf32>
      %1 = linalg.reduce {arith.addf} ins(%0 : tensor<1x2xf32>) outs(%f : tensor<1xf32>) dimensions = [1]
      return %0, %1 : tensor<1x2xf32>, tensor<1xf32>
    })",
                    {f32({1, 2}, {0, 0})});
  ASSERT_EQ(result.size(), 2u);
  EXPECT_EQ(result[0].data, (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(result[1].data, (std::vector<double>{1.0}));
}

//===--- errors ---------------------------------------------------------------------------===//

TEST_F(InterpreterTest, unknownOpIsAnError) {
  auto result = run(R"(
    func.func @forward(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = mixer.unsupported "Foo" (%x) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                    {f32({2}, {1, 2})});
  EXPECT_TRUE(result.empty());
  EXPECT_NE(diagnostics.find("'mixer.unsupported' op has no meaning in the reference evaluator"), std::string::npos)
      << diagnostics;
}

TEST_F(InterpreterTest, inputOfWrongShapeIsAnError) {
  run("func.func @forward(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }", {f32({3}, {1, 2, 3})});
  EXPECT_NE(diagnostics.find("argument 0 expected 'tensor<2xf32>' but got 'tensor<3xf32>'"), std::string::npos)
      << diagnostics;
}

TEST_F(InterpreterTest, sliceOutsideOfItsTensorIsAnError) {
  Scalar five;
  five.integer = 5;
  run(R"(
    func.func @forward(%x: tensor<4xf32>, %o: index) -> tensor<2xf32> {
      %0 = tensor.extract_slice %x[%o] [2] [1] : tensor<4xf32> to tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
      {f32({4}, {1, 2, 3, 4}), ReferenceTensor::splat(IndexType::get(context.get()), {}, five)});
  EXPECT_NE(diagnostics.find("slice expected inside of shape [4]"), std::string::npos) << diagnostics;
}

} // namespace

// The graph builder: symbolic shapes, numpy's rules, and what the emitted IR computes when it is interpreted.
#include "dialects/mixer/reference/Interpreter.h"
#include "frontends/Layers.h"
#include "mlir/IR/Diagnostics.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;

namespace {

class GraphBuilderTest : public ::testing::Test {
protected:
  MLIRContext context;
  std::string errors;
  GraphBuilder g{&context, "forward", {"B", "T"}};
  Type f32 = Float32Type::get(&context);
  ScopedDiagnosticHandler handler{&context, [this](Diagnostic &diagnostic) {
                                    errors += diagnostic.str() + "\n";
                                    return success();
                                  }};

  Tensor input(Shape shape) { return g.input("x", shape, f32); }
  Tensor input() { return input({g.dim("B"), g.dim("T"), g.dim(4)}); }

  // Runs y on x with the given sizes, filled with 0, 1, 2, ...
  std::vector<double> run(Tensor y, ArrayRef<int64_t> sizes) {
    g.output("y", y);
    OwningOpRef<ModuleOp> module = g.finish();
    EXPECT_TRUE(module) << errors;
    if (!module)
      return {};
    ReferenceTensor x = ReferenceTensor::zeros(f32, sizes);
    for (size_t i = 0; i < x.data.size(); ++i)
      x.data[i] = static_cast<double>(i);
    SmallVector<ReferenceTensor> outputs;
    EXPECT_TRUE(succeeded(interpret(*module->getOps<func::FuncOp>().begin(), x, outputs, Precision::Double))) << errors;
    return outputs.empty() ? std::vector<double>()
                           : std::vector<double>(outputs[0].data.begin(), outputs[0].data.end());
  }
};

TEST_F(GraphBuilderTest, products_of_symbols_have_one_form) {
  Dim b = g.dim("B"), t = g.dim("T");
  EXPECT_TRUE(g.sameDim(b * t, t * b));
  EXPECT_TRUE(g.sameDim(t * 2 + b - t, t + b));
  EXPECT_FALSE(g.sameDim(b, t));
  EXPECT_EQ(g.describe(g.simplify(t * 2 + 1)), "T*2+1");
}

TEST_F(GraphBuilderTest, unknown_symbol_is_named) {
  EXPECT_FALSE(g.dim("S"));
  EXPECT_EQ(errors, "dimension 'S' is unknown, expected one of: B, T\n");
}

TEST_F(GraphBuilderTest, broadcast_mismatch_names_both_sizes) {
  Tensor x = input();
  EXPECT_FALSE(g.add(x, g.transpose(x, {1, 0, 2})));
  EXPECT_NE(errors.find("dimension 0 is B and T, expected equal sizes or 1"), std::string::npos) << errors;
  EXPECT_FALSE(g.finish());
}

TEST_F(GraphBuilderTest, reshape_keeps_the_number_of_elements) {
  Tensor x = input();
  EXPECT_TRUE(g.reshape(x, {g.dim("T") * g.dim("B"), g.dim(2), g.dim(2)}));
  EXPECT_TRUE(g.reshape(x, {g.dim("B"), g.dim(1), g.dim("T") * 4}));
  EXPECT_TRUE(errors.empty()) << errors;
  EXPECT_FALSE(g.reshape(x, {g.dim("B"), g.dim("T"), g.dim(5)}));
  EXPECT_NE(errors.find("reshape of [B, T, 4] to [B, T, 5] changes the number of elements"), std::string::npos)
      << errors;
}

TEST_F(GraphBuilderTest, empty_tensor_passes_in_silence) {
  EXPECT_FALSE(g.softmax(g.matmul(Tensor(), Tensor()), -1));
  EXPECT_TRUE(errors.empty());
}

TEST_F(GraphBuilderTest, model_without_output) {
  EXPECT_FALSE(g.finish());
  EXPECT_EQ(errors, "model has no output, expected at least one\n");
}

TEST_F(GraphBuilderTest, matmul_mismatch) {
  Tensor x = input();
  EXPECT_FALSE(g.matmul(x, x));
  EXPECT_NE(errors.find("contracted dimensions are 4 and T, expected equal sizes"), std::string::npos) << errors;
}

TEST_F(GraphBuilderTest, matmul_of_collapsed_rows) {
  Tensor weight = g.constant(ArrayRef<float>{1, 0, 0, 1, 1, 1, 0, 2}, {4, 2});
  EXPECT_EQ(run(g.matmul(input(), weight), {1, 2, 4}), (std::vector<double>{2, 9, 10, 25}));
}

TEST_F(GraphBuilderTest, matmul_with_transposed_operand) {
  Tensor x = input();
  EXPECT_EQ(run(g.matmul(x, x, false, true), {1, 2, 4}), (std::vector<double>{14, 38, 38, 126}));
}

TEST_F(GraphBuilderTest, einsum_sums_what_the_result_leaves_out) {
  EXPECT_EQ(run(g.einsum("btd->bd", input()), {1, 2, 4}), (std::vector<double>{4, 6, 8, 10}));
}

TEST_F(GraphBuilderTest, slice_backwards) {
  EXPECT_EQ(run(g.slice(input(), 2, g.dim(-1), g.dim(INT64_MIN + 1), -2), {1, 1, 4}), (std::vector<double>{3, 1}));
}

TEST_F(GraphBuilderTest, slice_from_the_end) {
  EXPECT_EQ(run(g.slice(input(), 1, g.dim(-1), g.dim(INT64_MAX)), {1, 3, 4}), (std::vector<double>{8, 9, 10, 11}));
}

TEST_F(GraphBuilderTest, concat_and_pad) {
  Tensor x = g.slice(input(), 2, g.dim(0), g.dim(2));
  Tensor padded = g.pad(x, {g.dim(0), g.dim(1), g.dim(-1)}, {g.dim(0), g.dim(0), g.dim(0)}, 7);
  EXPECT_EQ(run(g.concat({padded, padded}, 2), {1, 1, 4}), (std::vector<double>{7, 7, 1, 1}));
}

TEST_F(GraphBuilderTest, gather_clamps_and_counts_from_the_end) {
  Tensor indices = g.constant(ArrayRef<int64_t>{-1, 0, 9, -9}, {4});
  EXPECT_EQ(run(g.gather(input(), indices, 2), {1, 1, 4}), (std::vector<double>{3, 0, 3, 0}));
}

TEST_F(GraphBuilderTest, mean_over_a_symbolic_dimension) {
  EXPECT_EQ(run(g.reduce(Reduce::Mean, input(), 1, false), {1, 3, 4}), (std::vector<double>{4, 5, 6, 7}));
}

TEST_F(GraphBuilderTest, arg_max_takes_the_first) {
  Tensor equal = g.clamp(input(), std::nullopt, 2.0);
  Tensor index = g.argReduce(equal, -1, true, false, IntegerType::get(&context, 64));
  EXPECT_EQ(run(g.cast(index, f32), {1, 1, 4}), (std::vector<double>{2}));
}

TEST_F(GraphBuilderTest, short_conv_sees_zero_before_the_first_token) {
  Tensor weight = g.constant(ArrayRef<float>{10, 1, 10, 1, 10, 1, 10, 1}, {4, 2});
  EXPECT_EQ(run(shortConv(g, input(), weight), {1, 2, 4}), (std::vector<double>{0, 1, 2, 3, 4, 15, 26, 37}));
}

TEST_F(GraphBuilderTest, rotary_needs_an_even_number_of_features) {
  Tensor x = input({g.dim("B"), g.dim("T"), g.dim(2), g.dim(3)});
  EXPECT_FALSE(rotary(g, x, {}));
  EXPECT_NE(errors.find("rotary embedding of [B, T, 2, 3] over 3 features"), std::string::npos) << errors;
}

} // namespace

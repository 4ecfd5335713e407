#include "frontends/onnx/Dimensions.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace heddle;
using namespace heddle::onnx;

namespace {
class DimensionsTest : public ::testing::Test {
protected:
  // Sizes of one input; an empty name is a missing size.
  std::optional<InputSizes> resolve(std::vector<std::string> sizes, const FixedSymbols &fixed = {}) {
    ValueInfoProto input;
    input.set_name("x");
    TensorShapeProto *shape = input.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (const std::string &size : sizes) {
      auto *dimension = shape->add_dim();
      if (!size.empty() && (isdigit(size[0]) || size[0] == '~'))
        dimension->set_dim_value(size[0] == '~' ? -1 : std::stoll(size));
      else if (!size.empty())
        dimension->set_dim_param(size);
    }
    mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) { return mlir::success(); });
    mlir::Location loc = mlir::UnknownLoc::get(&context);
    return resolveInputSizes({&input}, fixed, &context, [&] { return mlir::emitError(loc); });
  }
  Dim symbol(unsigned position) { return mlir::getAffineSymbolExpr(position, &context); }
  mlir::MLIRContext context;
};
} // namespace

TEST_F(DimensionsTest, namesBecomeSymbols) {
  std::optional<InputSizes> sizes = resolve({"batch", "16", "len", "batch"});
  ASSERT_TRUE(sizes);
  EXPECT_EQ(sizes->symbols, (std::vector<std::string>{"batch", "len"}));
  EXPECT_EQ(sizes->shapes[0][3], symbol(0));
}

TEST_F(DimensionsTest, expressionsOfKnownNamesStayExpressions) {
  std::optional<InputSizes> sizes = resolve({"past", "past + 2*(past // 2) - 1"});
  ASSERT_TRUE(sizes);
  EXPECT_EQ(sizes->symbols.size(), 1u);
  EXPECT_EQ(sizes->shapes[0][1], symbol(0) + symbol(0).floorDiv(2) * 2 - 1);
}

TEST_F(DimensionsTest, otherSizesBecomeFreshSymbols) {
  std::optional<InputSizes> sizes = resolve({"", "ceil(n/2)", "n + 1", "a.b"});
  ASSERT_TRUE(sizes);
  EXPECT_EQ(sizes->symbols, (std::vector<std::string>{"x_dim0", "ceil_n_2_", "n___1", "a_b"}));
}

TEST_F(DimensionsTest, fixedSymbolsDisappear) {
  FixedSymbols fixed = {{"len", {"2*batch", mlir::UnknownLoc::get(&context)}}};
  std::optional<InputSizes> sizes = resolve({"batch", "len"}, fixed);
  ASSERT_TRUE(sizes);
  EXPECT_EQ(sizes->symbols, (std::vector<std::string>{"batch"}));
  EXPECT_EQ(sizes->shapes[0][1], symbol(0) * 2);
}

TEST_F(DimensionsTest, negativeSizesAreRefused) { EXPECT_FALSE(resolve({"~"})); }

TEST_F(DimensionsTest, deepParenthesesAreNoExpression) {
  std::string deep(1000, '(');
  EXPECT_FALSE(parseDim(deep + "1" + std::string(1000, ')'), &context, [](llvm::StringRef) { return Dim(); }));
}

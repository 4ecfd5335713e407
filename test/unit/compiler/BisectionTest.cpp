// A bisection finds the pass that is wrong, and nothing where all are right.
#include "compiler/pipeline/Bisection.h"
#include "compiler/pipeline/Compile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;

namespace {

constexpr const char *model = R"(
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %y = arith.mulf %x, %two : tensor<4xf32>
  return %y : tensor<4xf32>
})";

/// A pass that is wrong: products become sums.
struct WrongPass : PassWrapper<WrongPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WrongPass)
  StringRef getArgument() const override { return "test-wrong"; }
  void runOnOperation() override {
    getOperation().walk([](arith::MulFOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(arith::AddFOp::create(builder, op.getLoc(), op.getLhs(), op.getRhs()).getResult());
      op.erase();
    });
  }
};

struct BisectionTest : ::testing::Test {
  BisectionTest() : context(registry()) {
    module = parseSourceString<ModuleOp>(model, &context);
    ReferenceTensor x = ReferenceTensor::zeros(Float32Type::get(&context), {4}), y = x;
    x.data = {1, 2, 3, 4};
    y.data = {2, 4, 6, 8};
    truth = {"forward", {x}, {y}, {1e-6}};
  }

  static DialectRegistry registry() {
    DialectRegistry registry;
    registerEverything(registry);
    return registry;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  BisectionTruth truth;
};

TEST_F(BisectionTest, FindsTheFirstWrongPass) {
  Bisection bisection(truth);
  PassManager pm(&context);
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(std::make_unique<WrongPass>());
  pm.addPass(createCanonicalizerPass());
  bisection.observe(pm, "simplify");
  ASSERT_TRUE(succeeded(pm.run(*module)));
  EXPECT_EQ(bisection.evaluatedPasses(), 2u);
  EXPECT_NE(bisection.finding().find("phase simplify, pass test-wrong: output 0"), std::string::npos)
      << bisection.finding();
}

TEST_F(BisectionTest, FindsNothingWhereAllPassesAgree) {
  Bisection bisection(truth);
  PassManager pm(&context);
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
  bisection.observe(pm, "simplify");
  ASSERT_TRUE(succeeded(pm.run(*module)));
  EXPECT_EQ(bisection.evaluatedPasses(), 2u);
  EXPECT_EQ(bisection.finding(), "");
}

} // namespace

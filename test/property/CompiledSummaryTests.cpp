// The ops that the carried-state builders write, compiled like any model and compared with the reference.
#include "test/property/MixAgreement.h"
#include "test/property/SummaryWriter.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

constexpr double slack = 16; // of the plain same-precision loop's error, see Tolerance.h

void expectCompiledAgrees(MixCase &point, SummaryWriter::Write write) {
  OwningOpRef<ModuleOp> module = returning(point, write);
  Expectation expected = Expectation::of(*module, point.inputs, slack);
  ASSERT_FALSE(expected.outputs.empty());
  std::string error;
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, CompileOptions(), /*threads=*/2, error);
  ASSERT_TRUE(compiled) << error;
  double share = 0;
  EXPECT_EQ(disagreement(*compiled, point.inputs, expected, share), "");
}

TEST(CompiledSummaries, ofEveryTransportAndNorm) {
  std::unique_ptr<MLIRContext> context = makeCompilerContext();
  for (const NamedMixer &named : namedMixers) {
    SCOPED_TRACE(std::string(named.transport) + " " + named.score + " " + named.norm);
    MixCase point(named.spec(context.get(), 13), 1);
    expectCompiledAgrees(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
      SummaryWriter writer{b, mix, point.spec};
      mixer::MixSummary both = writer.combine(writer.summary({0, 7}), writer.summary({7, 11}));
      SmallVector<Value> state = writer.apply(writer.combine(writer.identity(), both), writer.initial());
      return writer.step({11, 13}, state);
    });
  }
}

TEST(CompiledSummaries, ofSoftmax) {
  std::unique_ptr<MLIRContext> context = makeCompilerContext();
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = 3;
  spec.keys = 17;
  spec.queryHeads = 4;
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<forward, align = end>"));
  for (const char *score :
       {"#mixer.softmax<scale = 0.5, soft_cap = 2.0>", "#mixer.softmax<scale = 0.5, bias = dense>",
        "#mixer.softmax<scale = 0.5, bias = relative>", "#mixer.softmax<scale = 0.5, bias = alibi>"}) {
    SCOPED_TRACE(score);
    spec.score = spec.parse(score);
    MixCase point(spec, 1);
    expectCompiledAgrees(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
      SummaryWriter writer{b, mix, point.spec};
      return writer.apply(writer.combine(writer.summary({0, 11}), writer.summary({11, 17})), {});
    });
  }
}

} // namespace

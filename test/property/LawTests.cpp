// The laws that every mixer obeys, on random legal points of the template.
#include "dialects/mixer/reference/CarriedState.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "mlir/IR/Verifier.h"
#include "test/property/EachPoint.h"
#include "test/property/ExpectClose.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

// Double sums of a few hundred terms, reordered.
constexpr double reordering = 1e-11;

ReferenceTensor asTensor(const std::vector<double> &values, const ReferenceTensor &like) {
  ReferenceTensor tensor{like.elementType, like.shape, values, {}};
  return tensor;
}

//===--- the generator --------------------------------------------------------------------===//

TEST(RandomMix, pointsAreLegal) {
  forEachPoint([](MixCase &point, uint64_t) {
    ASSERT_TRUE(succeeded(verify(*point.module)));
    EXPECT_FALSE(point.mix().admittedForms().empty());
  });
}

TEST(RandomMix, referenceIsFinite) {
  forEachPoint([](MixCase &point, uint64_t) {
    SmallVector<ReferenceTensor> outputs = point.run();
    ASSERT_FALSE(outputs.empty());
    for (double value : outputs.front().data)
      ASSERT_TRUE(std::isfinite(value));
  });
}

//===--- faces ----------------------------------------------------------------------------===//

TEST(Laws, parallelFaceEqualsRecurrentFace) {
  int64_t compared = 0;
  forEachPoint([&](MixCase &point, uint64_t) {
    if (!point.hasRecurrentFace() || point.spec.hasInitialState)
      return;
    ++compared;
    Interpreter interpreter(Precision::Double);
    ScoreRegion region(point.mix(), interpreter);
    MixProblem<double> problem(point.mix(), point.operands());
    ReferenceTensor like{
        Float64Type::get(point.spec.context), {int64_t(evaluateParallel(problem, region).output.size())}, {}, {}};
    expectClose(asTensor(evaluateRecurrent<double>(problem, {}).output, like),
                asTensor(evaluateParallel(problem, region).output, like), 1e-12);
  });
  EXPECT_GT(compared, 0);
}

// A causal support written as a matrix of blocks of size 1 is the same function.
TEST(Laws, supportEqualsMask) {
  forEachPoint([](MixCase &point, uint64_t seed) {
    if (!point.mix().getTransport().usesQueryKey() || point.mix().getOrder() == mixer::Order::Bidirectional ||
        point.spec.hasInitialState || point.spec.hasFinalState || point.spec.hasCurrent ||
        point.spec.norm.getKind() == mixer::NormKind::Running ||
        (point.mix().getLinear() && point.mix().getLinear().getLogKeys()))
      return;
    MixSpec masked = point.spec;
    int64_t last = std::max(masked.tokens, masked.keys) + (masked.hasPositions ? masked.keys + masked.tokens + 4 : 0);
    SmallVector<Attribute> classes;
    SmallVector<int64_t> heads;
    for (int64_t h = 0; h < masked.outputHeads(); ++h) {
      SmallVector<int64_t> offsets = {0}, columns;
      for (int64_t i = 0; i < last; ++i) {
        for (int64_t j = 0; j < last; ++j)
          if (point.mix().getSupport().contains(i, j, h))
            columns.push_back(j);
        offsets.push_back(columns.size());
      }
      heads.push_back(h);
      classes.push_back(mixer::BlockListAttr::get(masked.context, 1, offsets, columns));
    }
    masked.support =
        cast<mixer::SupportAttrInterface>(Attribute(mixer::PerHeadAttr::get(masked.context, heads, classes)));
    if (masked.layout.getAlign() == mixer::Align::End && masked.tokens > masked.keys)
      return; // positions before the first key have no row in the list
    expectClose(point.run(), MixCase(masked, seed).run(), reordering);
  });
}

//===--- time -----------------------------------------------------------------------------===//

TEST(Laws, futureNeverChangesPast) {
  forEachPoint([](MixCase &point, uint64_t) {
    const MixSpec &spec = point.spec;
    if (!point.mix().getSupport().isCausal() || point.mix().getOrder() != mixer::Order::Forward ||
        spec.keys != spec.tokens || spec.tokens < 2 || spec.hasPositions ||
        isa<mixer::StructuredAttr>(Attribute(spec.transport)))
      return;
    SmallVector<ReferenceTensor> before = point.run();
    int64_t cut = spec.tokens / 2;
    MixArguments arguments = argumentsOf(spec);
    SmallVector<int> late = {arguments.key, arguments.value};
    llvm::append_range(late, arguments.transport);
    for (int index : late) {
      if (index < 0 || point.inputs[index].rank() < 2 || point.inputs[index].shape[1] != spec.tokens ||
          arguments.all[index].name == "kernel" || arguments.all[index].name == "matrix" ||
          arguments.all[index].name == "rate")
        continue;
      ReferenceTensor &tensor = point.inputs[index];
      int64_t perToken = tensor.strides()[1];
      for (int64_t i = 0; i < tensor.size(); ++i)
        if (i / perToken % spec.tokens >= cut)
          tensor.data[i] *= 0.5;
    }
    expectClose(slice(before.front(), 1, 0, cut), slice(point.run().front(), 1, 0, cut), 0.0);
  });
}

TEST(Laws, prefillThenStepEqualsForward) {
  int64_t compared = 0;
  forEachPoint([&](MixCase &point, uint64_t seed) {
    MixSpec spec = point.spec;
    if (point.mix().carriedState().parts.empty() || spec.norm.getKind() == mixer::NormKind::RowSum ||
        spec.layout.getOrder() != mixer::Order::Forward || spec.tokens < 2 || spec.hasSegments)
      return;
    ++compared;
    spec.hasInitialState = spec.hasFinalState = spec.dynamicTokens = true;
    MixCase whole(spec, seed);
    SmallVector<ReferenceTensor> expected = whole.run();
    MixArguments arguments = argumentsOf(spec);
    int64_t done = 0;
    SmallVector<ReferenceTensor> inputs = whole.inputs, outputs;
    for (int64_t end : {spec.tokens / 2, spec.tokens / 2 + 1, spec.tokens}) {
      if (end <= done)
        continue;
      SmallVector<ReferenceTensor> part = inputs;
      for (auto [tensor, argument] : llvm::zip_equal(part, arguments.all))
        if (auto time = llvm::find(argument.symbols, 'T'); time != argument.symbols.end())
          tensor = slice(tensor, time - argument.symbols.begin(), done, end);
      outputs = evaluate(*whole.module, part);
      ASSERT_FALSE(outputs.empty());
      expectClose(slice(expected.front(), 1, done, end), outputs.front(), reordering);
      for (auto [index, state] : llvm::zip_equal(arguments.state, ArrayRef(outputs).drop_front()))
        inputs[index] = state;
      done = end;
    }
    expectClose(ArrayRef(expected).drop_front(), ArrayRef(outputs).drop_front(), reordering);
  });
  EXPECT_GT(compared, 0);
}

TEST(Laws, batchPermutationCommutes) {
  forEachPoint([](MixCase &point, uint64_t) {
    if (point.spec.batch < 2)
      return;
    auto reversed = [](const ReferenceTensor &tensor) {
      ReferenceTensor result = tensor;
      int64_t batch = tensor.shape[0], row = batch ? tensor.size() / batch : 0;
      for (int64_t i = 0; i < tensor.size(); ++i)
        result.set(i, tensor.get((batch - 1 - i / row) * row + i % row));
      return result;
    };
    SmallVector<ReferenceTensor> expected = point.run();
    for (auto [tensor, argument] : llvm::zip_equal(point.inputs, argumentsOf(point.spec).all)) {
      bool isTable = argument.name == "kernel" || argument.name == "matrix" || argument.name == "rate" ||
                     argument.name == "weight" || argument.name == "current" ||
                     (argument.name == "bias" && tensor.rank() < 4);
      if (!isTable)
        tensor = reversed(tensor);
    }
    for (auto [before, after] : llvm::zip_equal(expected, point.run()))
      expectClose(reversed(before), after, point.spec.scoreBody == ScoreBody::None ? 0.0 : reordering);
  });
}

} // namespace

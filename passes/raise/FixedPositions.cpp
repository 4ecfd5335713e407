#include "passes/raise/FixedPositions.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Excerpt.h"
#include "passes/raise/Raiser.h"
#include "passes/raise/TokenAxes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

SmallVector<SmallVector<int64_t>> positionSamples(func::FuncOp entry) {
  // Larger than what sizes are rounded to, so that there are several chunks.
  constexpr int64_t large = 2053;
  SmallVector<int64_t> example = exampleSizes(entry), smallest(example.size(), 1), largest(example.size(), large);
  if (auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges"))
    for (size_t symbol = 0; symbol < example.size(); ++symbol) {
      smallest[symbol] = ranges[2 * symbol];
      largest[symbol] = std::clamp(large, ranges[2 * symbol], ranges[2 * symbol + 1]);
    }
  SmallVector<SmallVector<int64_t>> samples{example};
  if (example.size() > 1)
    for (auto [symbol, size] : llvm::enumerate(smallest)) {
      samples.push_back(example);
      samples.back()[symbol] = size;
    }
  if (!example.empty())
    samples.append({smallest, largest});
  return samples;
}

std::optional<SmallVector<ReferenceTensor>>
evaluatePositions(func::FuncOp entry, const IterationSpace &space, unsigned count,
                  function_ref<SmallVector<Value>(OpBuilder &, ValueRange positions, ValueRange elements)> indices) {
  OpBuilder builder(space.anchor);
  Location loc = space.anchor->getLoc();
  Type integer = builder.getI64Type();
  unsigned loops = space.counts.size();
  SmallVector<Value> inits(count, tensor::EmptyOp::create(builder, loc, space.counts, integer));
  SmallVector<AffineMap> maps(space.maps);
  maps.append(count, builder.getMultiDimIdentityMap(loops));
  SmallVector<utils::IteratorType> kinds(loops, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location at, ValueRange elements) {
    SmallVector<Value> positions, numbers;
    for (unsigned loop = 0; loop < loops; ++loop)
      positions.push_back(linalg::IndexOp::create(nested, at, loop));
    for (Value index : indices(nested, positions, elements.take_front(space.inputs.size())))
      numbers.push_back(arith::IndexCastOp::create(nested, at, integer, index));
    linalg::YieldOp::create(nested, at, numbers);
  };
  auto generic =
      linalg::GenericOp::create(builder, loc, ValueRange(inits).getTypes(), space.inputs, inits, maps, kinds, body);
  SmallVector<Value> results(generic.getResults());
  ConcreteSizes sizes(entry, space.symbols);
  Excerpt excerpt = Excerpt::of(results, {}, sizes);
  eraseUnused(results);
  SmallVector<ReferenceTensor> tables;
  ScopedDiagnosticHandler silent(entry.getContext(), [](Diagnostic &) { return success(); });
  if (!excerpt.function || !excerpt.inputs.empty() ||
      failed(interpret(excerpt.function, {}, tables, Precision::Double)))
    return std::nullopt;
  return tables;
}

std::optional<AffinePosition> affinePosition(ArrayRef<int64_t> numbers, ArrayRef<int64_t> shape) {
  AffinePosition position{numbers.front(), SmallVector<int64_t>(shape.size(), 0)};
  int64_t stride = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; stride *= shape[dim--])
    if (shape[dim] > 1)
      position.steps[dim] = numbers[stride] - position.first;
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t offset = 0;
  do {
    int64_t expected = position.first;
    for (auto [step, at] : llvm::zip_equal(position.steps, index))
      expected += step * at;
    if (numbers[offset++] != expected)
      return std::nullopt;
  } while (nextIndex(index, shape));
  return position;
}

} // namespace heddle

// Random numbers from the attribute 'seed'. ONNX names no generator, so other runtimes draw other numbers from a seed;
// here they are those of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), begun
// at the bits of the seed as a float. An element of a result takes the numbers of its row-major place: the same in each
// run, on each machine and in whatever order elements are computed. Without a seed every run would differ: refused.
#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/operators/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

class RandomNumbers {
public:
  // Nothing, and an error, without a seed.
  static std::optional<RandomNumbers> of(NodeReader &node) {
    if (!node.hasAttribute("seed"))
      return node.fail("attribute 'seed' is absent, expected a number: set a seed, or every run has other results"),
             std::nullopt;
    return RandomNumbers(node.g, llvm::bit_cast<uint32_t>(static_cast<float>(node.real("seed", 0))));
  }

  // f64 [shape]: multiples of 2^-bits in [0, 1). Element i takes number each * i + which.
  Tensor fractions(Shape shape, unsigned bits, int64_t each = 1, int64_t which = 0) {
    return generate(shape, each, which, [&](OpBuilder &b, Location at, Value random) {
      Value kept = arith::ShRUIOp::create(b, at, random, constant(b, at, 64 - bits));
      return scaled(b, at, kept, bits);
    });
  }

  // The same strictly between 0 and 1, where a logarithm is taken: (k + 1/2) 2^-52.
  Tensor openFractions(Shape shape, int64_t each = 1, int64_t which = 0) {
    return generate(shape, each, which, [&](OpBuilder &b, Location at, Value random) {
      Value kept = arith::ShRUIOp::create(b, at, random, constant(b, at, 11));
      return scaled(b, at, arith::OrIOp::create(b, at, kept, constant(b, at, 1)), 53);
    });
  }

private:
  RandomNumbers(GraphBuilder &g, uint64_t seed) : g(g), seed(seed) {}

  using Convert = llvm::function_ref<Value(OpBuilder &, Location, Value)>;

  Tensor generate(const Shape &shape, int64_t each, int64_t which, Convert convert) {
    std::optional<SmallVector<Value>> sizes = sizeValues(g, shape);
    if (!sizes)
      return {};
    return g.generate(shape, g.builder().getF64Type(), [&](OpBuilder &b, Location at, ValueRange index) -> Value {
      Value place = arith::ConstantIndexOp::create(b, at, 0);
      for (auto [size, coordinate] : llvm::zip_equal(*sizes, index))
        place = arith::AddIOp::create(b, at, arith::MulIOp::create(b, at, place, size), coordinate);
      Value number = arith::IndexCastOp::create(b, at, b.getI64Type(), place);
      number = arith::MulIOp::create(b, at, number, constant(b, at, each));
      return convert(b, at, drawn(b, at, arith::AddIOp::create(b, at, number, constant(b, at, which))));
    });
  }

  // The number of the sequence, 64 random bits.
  Value drawn(OpBuilder &b, Location at, Value number) {
    auto times = [&](Value x, uint64_t factor) { return arith::MulIOp::create(b, at, x, constant(b, at, factor)); };
    auto mixed = [&](Value x, int64_t shift) {
      return arith::XOrIOp::create(b, at, x, arith::ShRUIOp::create(b, at, x, constant(b, at, shift)));
    };
    constexpr uint64_t golden = 0x9e3779b97f4a7c15;
    Value z = arith::AddIOp::create(b, at, times(number, golden), constant(b, at, seed + golden));
    z = times(mixed(z, 30), 0xbf58476d1ce4e5b9);
    z = times(mixed(z, 27), 0x94d049bb133111eb);
    return mixed(z, 31);
  }

  static Value scaled(OpBuilder &b, Location at, Value bits, unsigned count) {
    Value real = arith::SIToFPOp::create(b, at, b.getF64Type(), bits); // fewer than 63 bits: not negative
    Value unit = arith::ConstantOp::create(b, at, b.getF64FloatAttr(std::ldexp(1.0, -static_cast<int>(count))));
    return arith::MulFOp::create(b, at, real, unit);
  }

  static Value constant(OpBuilder &b, Location at, uint64_t value) {
    return arith::ConstantOp::create(b, at, b.getI64IntegerAttr(static_cast<int64_t>(value)));
  }

  GraphBuilder &g;
  uint64_t seed;
};

} // namespace

//===--- shapes and types -----------------------------------------------------------------===//

// Attribute 'dtype'; null, and an error, where it is no type for the result.
static Type readType(NodeReader &node, Type otherwise, bool isFloat) {
  Type type = node.hasAttribute("dtype") ? convertElementType(node.integer("dtype", 0), "attribute 'dtype'",
                                                              node.g.context(), [&] { return node.error(); })
                                         : otherwise;
  if (!type || !isFloat || isa<FloatType>(type))
    return type;
  node.error() << "elements of type " << type << ", expected a float type: give attribute 'dtype'";
  return {};
}

static std::optional<Shape> readShape(NodeReader &node) {
  std::optional<SmallVector<int64_t>> sizes = node.integers("shape");
  if (!sizes)
    return node.failed() ? std::nullopt : (node.fail("attribute 'shape' is absent, expected sizes"), std::nullopt);
  Shape shape = node.g.shape(*sizes);
  return node.checkSizes(shape) ? std::optional(shape) : std::nullopt;
}

//===--- RandomUniform, RandomNormal ------------------------------------------------------===//

// As many bits as the type keeps, so that rounding does not reach `high` where the range is [0, 1).
static Results uniform(NodeReader &node, const Shape &shape, Type type) {
  GraphBuilder &g = node.g;
  double low = node.real("low", 0), high = node.real("high", 1);
  std::optional<RandomNumbers> numbers = RandomNumbers::of(node);
  if (!numbers || !type)
    return {};
  Tensor x = numbers->fractions(shape, cast<FloatType>(type).getFPMantissaWidth());
  return {g.cast(g.add(g.mul(x, high - low), low), type)};
}

// Box and Muller: a radius and an angle, of which the cosine is taken.
static Results normal(NodeReader &node, const Shape &shape, Type type) {
  GraphBuilder &g = node.g;
  double mean = node.real("mean", 0), deviation = node.real("scale", 1);
  std::optional<RandomNumbers> numbers = RandomNumbers::of(node);
  if (!numbers || !type)
    return {};
  Tensor radius = g.unary(Unary::Sqrt, g.mul(g.unary(Unary::Log, numbers->openFractions(shape, 2, 0)), -2));
  Tensor angle = g.mul(numbers->fractions(shape, 53, 2, 1), 2 * llvm::numbers::pi);
  return {g.cast(g.add(g.mul(g.mul(radius, g.unary(Unary::Cos, angle)), deviation), mean), type)};
}

using Draw = Results(NodeReader &, const Shape &, Type);

template <Draw draw> static Results convertOfShape(NodeReader &node) {
  std::optional<Shape> shape = readShape(node);
  Type type = readType(node, node.g.builder().getF32Type(), /*isFloat=*/true);
  return shape ? draw(node, *shape, type) : Results();
}

template <Draw draw> static Results convertLike(NodeReader &node) {
  Shape shape = node.shape(0);
  return draw(node, shape, readType(node, node.elementType(0), /*isFloat=*/true));
}

//===--- Bernoulli, Multinomial -----------------------------------------------------------===//

// 1 with the probability that the input says.
static Results convertBernoulli(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor probability = node.tensor(0);
  Type type = readType(node, node.elementType(0), /*isFloat=*/false);
  std::optional<RandomNumbers> numbers = RandomNumbers::of(node);
  if (!probability || !type || !numbers)
    return {};
  Tensor x = numbers->fractions(probability.shape, 53);
  return {g.cast(g.compare(Compare::Less, x, g.cast(probability, x.elementType)), type)};
}

// Classes of logarithmic weights [batch, classes]: the largest of weight + Gumbel noise is one drawn by its share.
static Results convertMultinomial(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor weights = node.tensor(0);
  int64_t samples = node.integer("sample_size", 1);
  Type type = readType(node, g.builder().getI32Type(), /*isFloat=*/false);
  std::optional<RandomNumbers> numbers = RandomNumbers::of(node);
  if (!weights || !type || !numbers)
    return {};
  if (weights.rank() != 2 || samples < 1 || !(type.isInteger(32) || type.isInteger(64)))
    return node.fail(
        "input, attribute 'sample_size' and 'dtype', expected rank 2, a positive number and int32 or int64");
  Tensor x = numbers->openFractions({weights.shape[0], g.dim(samples), weights.shape[1]});
  Tensor noise = g.unary(Unary::Neg, g.unary(Unary::Log, g.unary(Unary::Neg, g.unary(Unary::Log, x))));
  Tensor score = g.add(noise, g.unsqueeze(g.cast(weights, x.elementType), 1));
  return {g.argReduce(score, 2, /*isMax=*/true, /*keepDims=*/false, type)};
}

void registerRandom(OpTable &table) {
  table.add({{"Bernoulli", 15, convertBernoulli},
             {"Multinomial", 7, convertMultinomial},
             {"RandomNormal", 1, convertOfShape<normal>},
             {"RandomNormalLike", 1, convertLike<normal>},
             {"RandomUniform", 1, convertOfShape<uniform>},
             {"RandomUniformLike", 1, convertLike<uniform>}});
}

} // namespace heddle::onnx

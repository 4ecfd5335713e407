#include "passes/raise/IntegerSums.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

// A double holds integers up to this power of two.
constexpr int64_t kExactBits = 53;
// Loops of unknown length are taken to have fewer tokens than this power of two.
constexpr int64_t kMostTokens = 32;

bool isIntegerTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isSignlessInteger() && !type.getElementType().isInteger(1);
}

bool isSum(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() || generic.getNumDpsInputs() != 2 ||
      !llvm::hasNItems(*generic.getBody(), 2))
    return false;
  auto sum = generic.getBody()->getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  Block *body = generic.getBody();
  return sum && ((sum.getLhs() == body->getArgument(0) && sum.getRhs() == body->getArgument(1)) ||
                 (sum.getLhs() == body->getArgument(1) && sum.getRhs() == body->getArgument(0)));
}

/// Bits that the magnitude of an element needs, at most: those of what was extended to it.
int64_t magnitudeBits(Value tensor) {
  int64_t bits = getElementTypeOrSelf(tensor.getType()).getIntOrFloatBitWidth() - 1;
  auto generic = tensor.getDefiningOp<linalg::GenericOp>();
  Operation *made = generic ? generic.getBody()->getTerminator()->getOperand(0).getDefiningOp() : nullptr;
  if (isa_and_present<arith::ExtUIOp, arith::ExtSIOp>(made))
    bits = std::min<int64_t>(bits, made->getOperand(0).getType().getIntOrFloatBitWidth());
  return bits;
}

class IntegerSum {
public:
  explicit IntegerSum(scf::ForOp loop) : loop(loop), math(loop.getLoc(), OpBuilder(loop)) {}

  bool matches() const {
    if (loop.getInitArgs().empty() || !llvm::all_of(loop.getInitArgs(), isIntegerTensor) ||
        !llvm::all_of(sources(), isIntegerTensor))
      return false;
    auto isKnown = [&](Operation &op) {
      bool readsInside = llvm::none_of(op.getOperands(), [&](Value operand) {
        return isa<RankedTensorType>(operand.getType()) && isOutside(operand);
      });
      return isa<tensor::ExtractSliceOp, tensor::EmptyOp>(op) || (isa<tensor::InsertSliceOp>(op) && readsInside) ||
             isSum(&op);
    };
    return llvm::all_of(loop.getBody()->without_terminator(), isKnown);
  }

  /// The tensors that the loop reads.
  SmallVector<Value> sources() const {
    SmallVector<Value> found;
    for (auto slice : loop.getBody()->getOps<tensor::ExtractSliceOp>())
      if (isOutside(slice.getSource()))
        found.push_back(slice.getSource());
    return found;
  }

  /// The results of the loop, from loops in f64: one, or one for each part of numbers that are too wide.
  SmallVector<Value> build() {
    bool isExact =
        llvm::all_of(sources(), [&](Value source) { return magnitudeBits(source) + tokenBits() < kExactBits; }) &&
        llvm::all_of(loop.getInitArgs(), isSmall);
    int64_t width = 0;
    for (Value init : loop.getInitArgs())
      width = std::max<int64_t>(width, getElementTypeOrSelf(init.getType()).getIntOrFloatBitWidth());
    SmallVector<scf::ForOp> twins;
    for (int64_t part = 0; part == 0 || (!isExact && part * partBits() < width); ++part)
      twins.push_back(buildTwin(isExact ? std::nullopt : std::optional(part)));
    return llvm::map_to_vector(loop.getResults(), [&](OpResult result) {
      SmallVector<Value> parts;
      for (scf::ForOp twin : twins)
        parts.push_back(twin.getResult(result.getResultNumber()));
      return asInteger(parts, getElementTypeOrSelf(result.getType()));
    });
  }

private:
  bool isOutside(Value value) const { return !loop.getRegion().isAncestor(value.getParentRegion()); }

  int64_t tokenBits() const {
    std::optional<int64_t> lower = getConstantIntValue(loop.getLowerBound()),
                           upper = getConstantIntValue(loop.getUpperBound());
    return lower && upper ? llvm::Log2_64_Ceil(std::max<int64_t>(2, *upper - *lower)) : kMostTokens;
  }

  /// Bits of a part, so that the sum of all tokens' parts is exact.
  int64_t partBits() const { return kExactBits - 1 - tokenBits(); }

  /// Nothing, or a number that stays exact when numbers of known width are added to it.
  static bool isSmall(Value init) {
    DenseElementsAttr constant;
    return init.getDefiningOp<tensor::EmptyOp>() || (matchPattern(init, m_Constant(&constant)) && constant.isSplat() &&
                                                     constant.getSplatValue<APInt>().isZero());
  }

  /// The loop in f64, of the numbers or of their bits from `part` times the bits of a part on.
  scf::ForOp buildTwin(std::optional<int64_t> part) {
    IRMapping floats;
    for (Value source : sources())
      if (!floats.contains(source))
        floats.map(source, asFloat(source, part));
    SmallVector<Value> inits;
    for (Value init : loop.getInitArgs())
      inits.push_back(startOf(init, part));
    auto twin = scf::ForOp::create(math, loop.getLowerBound(), loop.getUpperBound(), loop.getStep(), inits);
    floats.map(loop.getInductionVar(), twin.getInductionVar());
    floats.map(loop.getRegionIterArgs(), twin.getRegionIterArgs());
    OpBuilder::InsertionGuard guard(math);
    math.setInsertionPointToStart(twin.getBody());
    for (Operation &op : loop.getBody()->without_terminator())
      floats.map(op.getResult(0), twinOf(&op, floats));
    scf::YieldOp::create(
        math, llvm::map_to_vector(loop.getYieldedValues(), [&](Value value) { return floats.lookupOrDefault(value); }));
    return twin;
  }

  Value emptyLike(Value tensor) { return tensor::EmptyOp::create(math, math.sizesOf(tensor), math.getF64Type()); }

  Value startOf(Value init, std::optional<int64_t> part) {
    if (init.getDefiningOp<tensor::EmptyOp>())
      return emptyLike(init);
    if (!isSmall(init))
      return asFloat(init, part);
    auto type = cast<RankedTensorType>(init.getType()).clone(math.getF64Type());
    return arith::ConstantOp::create(math, DenseElementsAttr::get(type, 0.0));
  }

  Value converted(ValueRange tensors, Type element, mixer::TensorMath::Body body) {
    int64_t rank = cast<RankedTensorType>(tensors.front().getType()).getRank();
    SmallVector<AffineMap> maps(tensors.size(), math.getMultiDimIdentityMap(rank));
    return math.generate(math.sizesOf(tensors.front()), element, tensors, maps, body);
  }

  Value asFloat(Value tensor, std::optional<int64_t> part) {
    return converted(tensor, math.getF64Type(), [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
      Value number = at[0];
      if (part) {
        Type type = number.getType();
        auto integer = [&](int64_t value) -> Value {
          return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
        };
        number = arith::ShRUIOp::create(b, number, integer(*part * partBits()));
        if (partBits() < type.getIntOrFloatBitWidth())
          number = arith::AndIOp::create(b, number, integer((int64_t(1) << partBits()) - 1));
      }
      return arith::SIToFPOp::create(b, b.getF64Type(), number);
    });
  }

  /// The sums of all parts in their places. A sum that leaves the type wraps around, as it did.
  Value asInteger(ValueRange parts, Type element) {
    return converted(parts, element, [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
      Value sum;
      for (int64_t part = 0; part < int64_t(parts.size()); ++part) {
        Value wide = arith::FPToSIOp::create(b, b.getI64Type(), at[part]);
        Value places = arith::ConstantOp::create(b, b.getI64IntegerAttr(part * partBits()));
        sum = sum ? arith::AddIOp::create(b, sum, Value(arith::ShLIOp::create(b, wide, places))).getResult() : wide;
      }
      return element.isInteger(64) ? sum : arith::TruncIOp::create(b, element, sum).getResult();
    });
  }

  Value twinOf(Operation *op, IRMapping &floats) {
    auto real = [&](Value value) { return floats.lookupOrDefault(value); };
    auto typeOf = [&](Value value) { return cast<RankedTensorType>(value.getType()).clone(math.getF64Type()); };
    auto moved = [&](SmallVector<OpFoldResult> mixed) {
      for (OpFoldResult &each : mixed)
        if (auto value = dyn_cast<Value>(each))
          each = real(value);
      return mixed;
    };
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
      return tensor::ExtractSliceOp::create(math, typeOf(slice), real(slice.getSource()),
                                            moved(slice.getMixedOffsets()), moved(slice.getMixedSizes()),
                                            moved(slice.getMixedStrides()));
    if (auto slice = dyn_cast<tensor::InsertSliceOp>(op))
      return tensor::InsertSliceOp::create(math, real(slice.getSource()), real(slice.getDest()),
                                           moved(slice.getMixedOffsets()), moved(slice.getMixedSizes()),
                                           moved(slice.getMixedStrides()));
    if (auto empty = dyn_cast<tensor::EmptyOp>(op))
      return tensor::EmptyOp::create(math, moved(empty.getMixedSizes()), math.getF64Type());
    auto sum = cast<linalg::GenericOp>(op);
    SmallVector<Value> operands{real(sum.getDpsInputs()[0]), real(sum.getDpsInputs()[1])};
    return math.generate(
        math.sizesOf(sum.getDpsInits()[0]), math.getF64Type(), operands,
        ArrayRef(sum.getIndexingMapsArray()).take_front(2),
        [](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::AddFOp::create(b, at[0], at[1]); });
  }

  mutable scf::ForOp loop; // accessors of ops are not const
  mixer::TensorMath math;
};

} // namespace

void raiseIntegerSums(func::FuncOp entry, Raiser &raiser) {
  for (scf::ForOp loop : llvm::make_early_inc_range(entry.getOps<scf::ForOp>())) {
    IntegerSum sum(loop);
    if (loop.use_empty() || !sum.matches())
      continue;
    SmallVector<Value> frontier = sum.sources(), original, replacement, unused;
    for (auto [result, twin] : llvm::zip_equal(loop.getResults(), sum.build())) {
      (result.use_empty() ? unused : replacement).push_back(twin);
      if (!result.use_empty())
        original.push_back(result);
    }
    raiser.apply(loop.getLoc(), "a sum in f64", {frontier, original, replacement});
    eraseUnused(unused);
  }
}

} // namespace heddle

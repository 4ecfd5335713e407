#include "passes/raise/SizedConstant.h"

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "passes/raise/FixedPositions.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
namespace {

// Fewer numbers in a row are on a line by chance.
constexpr int64_t kLeastCount = 4;
// Positions are listed along one dimension, or, of pairs and of rows of a batch, along few; a weight is not looked
// through.
constexpr int64_t kMostElements = 1 << 16;

bool mayCount(ElementsAttr elements) {
  ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  int64_t count = elements.getNumElements();
  bool isLine = llvm::is_contained(shape, count);
  return count >= kLeastCount && (isLine || count <= kMostElements) && !elements.getElementType().isInteger(1);
}

/// The numbers of a constant as multiples of the indices, if they are integers that count.
std::optional<AffinePosition> countOf(Attribute constant) {
  auto elements = dyn_cast<ElementsAttr>(constant);
  if (!elements || !mayCount(elements))
    return std::nullopt;
  std::optional<ReferenceTensor> tensor = ReferenceTensor::fromAttribute(elements);
  if (!tensor)
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (int64_t i = 0; i < tensor->size(); ++i) {
    Scalar value = tensor->get(i);
    int64_t number = tensor->isFloat() ? int64_t(value.real) : value.integer;
    if (tensor->isFloat() && (std::abs(value.real) > 1e9 || double(number) != value.real))
      return std::nullopt;
    numbers.push_back(number);
  }
  std::optional<AffinePosition> count = affinePosition(numbers, tensor->shape);
  for (auto [step, size] : llvm::zip(count ? ArrayRef(count->steps) : ArrayRef<int64_t>(), tensor->shape))
    if (step != 0 && size < kLeastCount)
      return std::nullopt;
  return count;
}

/// first + sum of steps * indices, at every index.
Value buildCount(OpBuilder &builder, Location loc, const AffinePosition &count, RankedTensorType type,
                 ArrayRef<OpFoldResult> sizes) {
  Type element = type.getElementType();
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, element);
  SmallVector<utils::IteratorType> kinds(sizes.size(), utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location at, ValueRange) {
    Value sum = arith::ConstantIndexOp::create(b, at, count.first);
    for (auto [dim, step] : llvm::enumerate(count.steps)) {
      if (step == 0)
        continue;
      Value index = linalg::IndexOp::create(b, at, dim);
      Value term = arith::MulIOp::create(b, at, index, Value(arith::ConstantIndexOp::create(b, at, step)));
      sum = arith::AddIOp::create(b, at, sum, term);
    }
    Type integer = isa<FloatType>(element) ? b.getI64Type() : element;
    Value number = element.isIndex() ? sum : arith::IndexCastOp::create(b, at, integer, sum).getResult();
    linalg::YieldOp::create(b, at,
                            isa<FloatType>(element) ? Value(arith::SIToFPOp::create(b, at, element, number)) : number);
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(), ValueRange(), empty,
                                   builder.getMultiDimIdentityMap(sizes.size()), kinds, body)
      .getResult(0);
}

} // namespace

bool hasAnySize(Attribute constant) { return isa<SplatElementsAttr>(constant) || countOf(constant); }

Value buildSizedConstant(OpBuilder &builder, arith::ConstantOp constant, RankedTensorType type,
                         ArrayRef<OpFoldResult> sizes) {
  Location loc = constant.getLoc();
  if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue())) {
    Value number = arith::ConstantOp::create(builder, loc, splat.getSplatValue<TypedAttr>());
    Value empty = tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
    return linalg::FillOp::create(builder, loc, number, empty).getResult(0);
  }
  if (std::optional<AffinePosition> count = countOf(constant.getValue()))
    return buildCount(builder, loc, *count, type, sizes);
  Value whole = arith::ConstantOp::create(builder, loc, constant.getValue());
  SmallVector<OpFoldResult> zeros(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, type, whole, zeros, sizes, ones);
}

} // namespace heddle

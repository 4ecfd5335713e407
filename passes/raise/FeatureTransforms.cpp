#include "passes/raise/FeatureTransforms.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/raise/TokenAxes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

// A matrix of more rows costs more than a transform by the mixer's own form.
constexpr int64_t kMaxRows = 4096;

Value fourierMatrix(ImplicitLocOpBuilder &b, int64_t size, bool isSine) {
  std::vector<float> values(size * size);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j) {
      double angle = 2 * M_PI * double((i * j) % size) / double(size);
      values[i * size + j] = float(isSine ? std::sin(angle) : std::cos(angle));
    }
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<float>(values));
  auto type = RankedTensorType::get({size, size}, b.getF32Type());
  return arith::ConstantOp::create(b, DenseResourceElementsAttr::get(type, "fourier", std::move(blob)));
}

bool isFourier(mixer::MixOp mix) {
  auto structured = dyn_cast<mixer::StructuredAttr>(mix.getTransport());
  return structured && structured.getKind() != mixer::StructuredKind::Dense;
}

bool isFeatureTransform(mixer::MixOp mix, const TokenAxes &axes) {
  if (!isFourier(mix) || !axes.hasTokens(mix.getValue()))
    return false;
  auto type = cast<RankedTensorType>(mix.getValue().getType());
  bool isSmall = !type.isDynamicDim(1) && type.getDimSize(1) <= kMaxRows;
  return isSmall && type.getElementType().isF32() && !axes.isMadeFromTokens(mix.getValue(), 1);
}

/// sum_j W[i, j] x[b, j, h, d]; as a product of two matrices where there is nothing behind j.
Value productOf(ImplicitLocOpBuilder &b, Value value, Value matrix) {
  mixer::TensorMath math(b.getLoc(), b);
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpFoldResult> sizes = math.sizesOf(value);
  if (type.getDimSize(2) == 1 && type.getDimSize(3) == 1) {
    SmallVector<ReassociationIndices> groups = {{0}, {1, 2, 3}};
    Value rows = tensor::CollapseShapeOp::create(b, value, groups);
    Value zeros = math.filled(math.sizesOf(rows), type.getElementType(), 0);
    Value product = linalg::MatmulOp::create(b, ValueRange{rows, matrix}, ValueRange{zeros}).getResult(0);
    return tensor::ExpandShapeOp::create(b, type, product, groups, sizes);
  }
  AffineMap out = math.select(5, {0, 1, 2, 3});
  return math.contract(math.filled(sizes, type.getElementType(), 0), out, {matrix, value},
                       {math.select(5, {1, 4}), math.select(5, {0, 4, 2, 3})});
}

/// The imaginary part of what is real is zero, and so is its transform.
void dropTransformsOfZeros(func::FuncOp entry, Raiser &raiser) {
  for (mixer::MixOp mix : llvm::make_early_inc_range(entry.getOps<mixer::MixOp>()))
    if (isFourier(mix) && matchPattern(mix.getValue(), m_AnyZeroFloat()))
      raiser.apply(mix.getLoc(), "zeros", {{}, {mix.getResult(0)}, {mix.getValue()}});
}

} // namespace

void lowerFeatureTransforms(func::FuncOp entry, Raiser &raiser) {
  dropTransformsOfZeros(entry, raiser);
  TokenAxes axes(entry, 1, exampleSizes(entry));
  SmallVector<mixer::MixOp> transforms;
  for (mixer::MixOp mix : entry.getOps<mixer::MixOp>())
    if (isFeatureTransform(mix, axes))
      transforms.push_back(mix);
  for (mixer::MixOp mix : transforms) {
    ImplicitLocOpBuilder b(mix.getLoc(), mix);
    bool isSine = cast<mixer::StructuredAttr>(mix.getTransport()).getKind() == mixer::StructuredKind::Sine;
    int64_t size = cast<RankedTensorType>(mix.getValue().getType()).getDimSize(1);
    Value product = productOf(b, mix.getValue(), fourierMatrix(b, size, isSine));
    raiser.apply(mix.getLoc(), "a product of features with a Fourier matrix",
                 {{mix.getValue()}, {mix.getResult(0)}, {product}});
  }
}

} // namespace heddle

#include "passes/raise/TokenTransform.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

// Matrices of cosines and sines are stored as f32.
constexpr double kSameWeight = 1e-6;

/// One part of the output as a multiple of the cosine or sine transform of one part of the input.
struct Term {
  int64_t inputPart = 0, outputPart = 0;
  mixer::StructuredKind kind = mixer::StructuredKind::Cosine;
  double factor = 1;
};

class TransformReader {
public:
  TransformReader(const PositionMatrix &matrix, const Probe &probe) : matrix(matrix), probe(probe) {
    std::optional<int64_t> dim = contractedDim(matrix.input);
    inputParts = dim && *dim >= 0 ? probe.inputs()[0].shape[*dim] : 1;
    outputParts = matrix.outputComponents ? probe.outputShape()[*matrix.outputComponents] : 1;
  }

  /// Every pair of parts has at most one term. Nothing where a part is no such transform.
  std::optional<SmallVector<Term>> read() {
    SmallVector<Term> terms;
    // Two parts at most: a real and an imaginary one.
    if (inputParts > 2 || outputParts > 2)
      return std::nullopt;
    for (int64_t out = 0; out < outputParts; ++out)
      for (int64_t in = 0; in < inputParts; ++in)
        if (!readTerm({in, out}, terms))
          return std::nullopt;
    return terms.empty() ? std::nullopt : std::optional(terms);
  }

private:
  bool readTerm(Term term, SmallVectorImpl<Term> &terms) {
    std::optional<std::vector<double>> column = matrix.column(probe, 1, term.inputPart, term.outputPart);
    if (!column)
      return false;
    double largest = 0;
    for (double weight : *column)
      largest = std::max(largest, std::abs(weight));
    if (largest < kSameWeight)
      return true;
    // Row 0 is 1 for cosines and 0 for sines.
    bool isCosine = std::abs((*column)[0]) > kSameWeight * largest;
    term.kind = isCosine ? mixer::StructuredKind::Cosine : mixer::StructuredKind::Sine;
    int64_t row = isCosine ? 0 : matrix.tokens / 4;
    term.factor = (*column)[row] / (isCosine ? 1.0 : std::sin(2 * M_PI * double(row) / double(matrix.tokens)));
    terms.push_back(term);
    return follows(term, 1) && follows(term, matrix.tokens / 2 - 1);
  }

  bool follows(const Term &term, int64_t token) {
    std::optional<std::vector<double>> column = matrix.column(probe, token, term.inputPart, term.outputPart);
    if (!column)
      return false;
    for (auto [place, weight] : llvm::enumerate(*column)) {
      double angle = 2 * M_PI * double((place % matrix.tokens) * token % matrix.tokens) / matrix.tokens;
      double expected = term.factor * (term.kind == mixer::StructuredKind::Cosine ? std::cos(angle) : std::sin(angle));
      if (std::abs(weight - expected) > kSameWeight * std::abs(term.factor))
        return false;
    }
    return true;
  }

  const PositionMatrix &matrix;
  const Probe &probe;
  int64_t inputParts, outputParts;
};

class TransformBuilder {
public:
  TransformBuilder(ImplicitLocOpBuilder &b, const PositionMatrix &matrix, Value output)
      : b(b), math(b.getLoc(), b), matrix(matrix), output(output), type(cast<RankedTensorType>(output.getType())) {}

  Value build(ArrayRef<Term> terms) {
    SmallVector<Value> parts(matrix.outputComponents ? type.getDimSize(*matrix.outputComponents) : 1);
    for (const Term &term : terms) {
      Value added = transformed(term);
      Value &part = parts[term.outputPart];
      part = !part || !added ? added : sum(part, added);
      if (!part)
        return nullptr;
    }
    return matrix.outputComponents ? stacked(parts) : place(parts[0], type);
  }

private:
  Slots outputSlots() { return {matrix.dims.batch, matrix.dims.token, matrix.dims.head, matrix.dims.feature}; }

  Value transformed(const Term &term) {
    Value value = inputPart(term.inputPart);
    Value init = value ? emptyOutput(b, matrix.dims, output, {&matrix.input}) : Value();
    if (!init)
      return nullptr;
    MLIRContext *context = b.getContext();
    Value mixed = buildPositionMixer(b, value, init, {}, mixer::FullAttr::get(context),
                                     mixer::StructuredAttr::get(context, term.kind));
    if (std::abs(term.factor - 1) < 1e-9)
      return mixed;
    return math.elementwise({mixed}, [&](ImplicitLocOpBuilder &body, ValueRange at) -> Value {
      return arith::MulFOp::create(body, at[0], mixer::real(body, at[0].getType(), term.factor));
    });
  }

  Value inputPart(int64_t part) {
    const Influence &input = matrix.input;
    Value tensor = input.input;
    if (std::optional<int64_t> dim = contractedDim(input)) {
      SmallVector<OpFoldResult> sizes = math.sizesOf(tensor), offsets(sizes.size(), b.getIndexAttr(0)),
                                strides(sizes.size(), b.getIndexAttr(1));
      sizes[*dim] = b.getIndexAttr(1);
      offsets[*dim] = b.getIndexAttr(part);
      tensor = tensor::ExtractSliceOp::create(b, tensor, offsets, sizes, strides);
    }
    auto chosen = [&](std::optional<int64_t> dim) { return dim ? input.inputDim(*dim) : std::nullopt; };
    return toSlots(b, tensor,
                   {chosen(matrix.dims.batch), input.tokenDim, chosen(matrix.dims.head), chosen(matrix.dims.feature)});
  }

  Value sum(Value left, Value right) {
    return math.elementwise({left, right}, [](ImplicitLocOpBuilder &body, ValueRange at) -> Value {
      return arith::AddFOp::create(body, at[0], at[1]);
    });
  }

  Value place(Value mixed, RankedTensorType wanted) { return fromSlots(b, mixed, outputSlots(), wanted); }

  /// The parts side by side, each of size 1 along their dimension; a part without terms is 0.
  Value stacked(ArrayRef<Value> parts) {
    int64_t dim = *matrix.outputComponents;
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = 1;
    RankedTensorType single = type.clone(shape);
    SmallVector<Value> placed;
    for (Value part : parts) {
      if (!part)
        part = math.filled(math.sizesOf(firstOf(parts)), type.getElementType(), 0);
      placed.push_back(place(part, single));
    }
    return llvm::is_contained(placed, Value()) ? Value() : tensor::ConcatOp::create(b, type, dim, placed).getResult();
  }

  static Value firstOf(ArrayRef<Value> parts) {
    return *llvm::find_if(parts, [](Value part) { return bool(part); });
  }

  ImplicitLocOpBuilder &b;
  mixer::TensorMath math;
  const PositionMatrix &matrix;
  Value output;
  RankedTensorType type;
};

} // namespace

RegionProposal proposeTransform(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "a Fourier transform along tokens", "", 0};
  std::optional<PositionMatrix> matrix = PositionMatrix::of(probe);
  if (!matrix || probe.hasOffset() || matrix->tokens < 6 ||
      matrix->tokens != probe.inputs()[0].shape[*matrix->input.tokenDim])
    return proposal;
  std::optional<SmallVector<Term>> terms = TransformReader(*matrix, probe).read();
  if (!terms)
    return proposal;
  proposal.replacement = TransformBuilder(b, *matrix, region.output).build(*terms);
  if (!proposal.replacement)
    proposal.reason = "the input has dimensions that a mixer has not";
  return proposal;
}

} // namespace heddle

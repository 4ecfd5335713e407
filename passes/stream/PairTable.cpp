#include "passes/stream/PairTable.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

bool countsTokens(OpFoldResult size, int64_t rate, TokenFlow &flow) {
  std::optional<SizeFormula> formula = flow.sizes.of(size);
  return formula && formula->multipleOf(flow.sizes.tokens) == rate;
}

/// Whether a slice takes the first pairs of its last two dimensions, and all of the others.
bool takesFirstPairs(tensor::ExtractSliceOp slice, int64_t rate, TokenFlow &flow) {
  int64_t rank = slice.getSourceType().getRank();
  if (slice.getType().getRank() != rank || rank < 2 || slice.getSourceType().getNumDynamicDims() != 0)
    return false;
  for (int64_t dim = 0; dim < rank; ++dim) {
    OpFoldResult size = slice.getMixedSizes()[dim];
    bool isPair = dim >= rank - 2;
    bool isTaken =
        isPair ? countsTokens(size, rate, flow) : isConstantIntValue(size, slice.getSourceType().getDimSize(dim));
    if (!isTaken || !isConstantIntValue(slice.getMixedOffsets()[dim], 0) ||
        !isConstantIntValue(slice.getMixedStrides()[dim], 1))
      return false;
  }
  return true;
}

} // namespace

std::optional<PairTable> PairTable::of(Value operand, Value like, TokenFlow &flow) {
  auto type = cast<RankedTensorType>(operand.getType());
  Value read = operand;
  while (auto expand = read.getDefiningOp<tensor::ExpandShapeOp>())
    read = expand.getSrc();
  auto slice = read.getDefiningOp<tensor::ExtractSliceOp>();
  std::optional<TokenAxis> axis = flow.axis(like);
  if (!slice || !axis || flow.of(slice.getSource()).kind != Flow::Fixed || !takesFirstPairs(slice, axis->rate, flow))
    return std::nullopt;
  SmallVector<int64_t> leading(type.getShape().drop_back(2));
  SmallVector<int64_t> own(slice.getSourceType().getShape().drop_back(2));
  // Dimensions of size 1 may have been added in front.
  while (own.size() < leading.size())
    own.insert(own.begin(), 1);
  if (own != leading)
    return std::nullopt;
  return PairTable{slice.getSource(), slice.getSourceType().getRank() - 2, leading, axis->rate};
}

Value PairTable::at(ImplicitLocOpBuilder &b, StreamEmitter &e, ValueRange indices, Value first, Value second) const {
  Value table = e.value(source);
  auto type = cast<RankedTensorType>(table.getType());
  SmallVector<Value> at(indices.take_back(rows));
  // Positions behind the end, or in front of the first token, belong to no token that exists.
  Value zero = arith::ConstantIndexOp::create(b, 0);
  for (auto [index, dim] : {std::pair(first, rows), std::pair(second, rows + 1)}) {
    Value last = arith::ConstantIndexOp::create(b, type.getDimSize(dim) - 1);
    Value known = arith::MinSIOp::create(b, index, last);
    at.push_back(e.looksAhead() ? arith::MaxSIOp::create(b, known, zero) : known);
  }
  return tensor::ExtractOp::create(b, table, at);
}

Value rowsAtPositions(StreamEmitter &e, const PairTable &table, OpFoldResult keys, int64_t first) {
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(e.getContext(), table.leading);
  int64_t rank = sizes.size() + 2;
  sizes.front() = e.rows(); // of the batch: all of them read one table
  sizes.append({e.tokens(table.rate), keys});
  mixer::TensorMath math(e.getLoc(), e);
  return math.generate(sizes, getElementTypeOrSelf(table.source), {}, {},
                       [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                         SmallVector<Value> index;
                         for (int64_t dim = 0; dim < rank; ++dim)
                           index.push_back(linalg::IndexOp::create(b, dim));
                         Value seen = e.position(b, e.hasRows() ? index.front() : Value(), table.rate);
                         seen = arith::AddIOp::create(b, seen, Value(arith::ConstantIndexOp::create(b, first)));
                         Value query = arith::AddIOp::create(b, seen, index[rank - 2]);
                         index.front() = arith::ConstantIndexOp::create(b, 0);
                         return table.at(b, e, ArrayRef(index).drop_back(2), query, index[rank - 1]);
                       });
}

} // namespace heddle

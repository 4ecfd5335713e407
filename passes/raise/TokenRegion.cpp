#include "passes/raise/TokenRegion.h"

#include "passes/raise/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

Value copiedValue(Operation *op) {
  if (auto transpose = dyn_cast_if_present<linalg::TransposeOp>(op))
    return transpose.getInput();
  if (auto broadcast = dyn_cast_if_present<linalg::BroadcastOp>(op))
    return broadcast.getInput();
  auto generic = dyn_cast_if_present<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 || generic->getNumResults() != 1 || generic.getNumReductionLoops() ||
      !generic.getIndexingMapsArray()[0].isProjectedPermutation(/*allowZeroInResults=*/true))
    return nullptr;
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  bool isCopy = yield.getOperand(0) == generic.getBody()->getArgument(0);
  return isCopy ? generic.getDpsInputOperand(0)->get() : nullptr;
}

namespace {

bool repeats(Operation *copy) {
  auto structured = dyn_cast<linalg::LinalgOp>(copy);
  return structured && !structured.getIndexingMapsArray()[0].isPermutation();
}

/// A slice of tokens is part of what mixes them; a slice of features is a choice of what is used.
bool cutsTokens(Operation *op, const TokenAxes &axes) {
  auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
  if (!slice)
    return false;
  std::optional<int64_t> row = axes.rowDim(slice.getSource());
  return !row || slice.getDroppedDims().test(*row) || getConstantIntValue(slice.getMixedOffsets()[*row]) != 0 ||
         slice.getSourceType().getDimSize(*row) != slice.getStaticSizes()[*row];
}

/// The output under the shape and order in which it is used, where it is used in one; the steps are noted.
Value viewOf(Value output, const TokenAxes &axes, SmallVectorImpl<Value> &steps) {
  while (output.hasOneUse()) {
    Operation *user = *output.user_begin();
    bool isView = isa<tensor::ExpandShapeOp, tensor::ExtractSliceOp>(user) || copiedValue(user) == output;
    if (!isView || !axes.rowDim(user->getResult(0)) || repeats(user) || cutsTokens(user, axes))
      break;
    steps.push_back(output);
    output = user->getResult(0);
  }
  return output;
}

/// Whether a reshape only adds or drops dimensions of size 1.
bool keepsWideDims(Operation *reshape) {
  auto wide = [](Value tensor) {
    return llvm::filter_to_vector(cast<RankedTensorType>(tensor.getType()).getShape(),
                                  [](int64_t size) { return size != 1; });
  };
  return wide(reshape->getOperand(0)) == wide(reshape->getResult(0));
}

class Walk {
public:
  Walk(const TokenAxes &axes, ConcreteSizes &sizes, int64_t limit, RegionExtent extent)
      : axes(axes), sizes(sizes), limit(limit), extent(extent) {}

  std::optional<TokenRegion> from(Value output) {
    region.output = viewOf(output, axes, region.inner);
    push(output.getDefiningOp());
    while (!pending.empty() && limit > 0)
      visit(pending.pop_back_val());
    if (limit <= 0)
      return std::nullopt;
    region.frontier = frontier.takeVector();
    return region;
  }

private:
  void push(Operation *op) {
    for (Value value : readsOf(op))
      if (isa<RankedTensorType>(value.getType()) && seen.insert(value).second)
        pending.push_back(value);
  }

  void visit(Value value) {
    --limit;
    Operation *op = value.getDefiningOp();
    if (op && (isHalfway(value) || !axes.hasTokens(value))) {
      region.inner.push_back(value);
      push(op);
    } else if (op) {
      reach(value);
    } else {
      frontier.insert(value);
    }
  }

  double elements(Value tensor) {
    double count = 1;
    for (int64_t size : sizes.shape(tensor).value_or(SmallVector<int64_t>()))
      count *= size;
    return count;
  }

  bool isHalfway(Value tensor) const {
    return axes.isOpen(tensor) && (extent == RegionExtent::Whole || !axes.tokenDim(tensor));
  }

  bool isFactor(Value tensor) const { return axes.hasTokens(tensor) && !isHalfway(tensor) && axes.tokenDim(tensor); }

  /// Whether batch and heads that became one for a product are two in front of it, as in the output.
  bool isApart(Value tensor, Value reshaped) {
    auto rank = [](Value of) { return cast<RankedTensorType>(of.getType()).getRank(); };
    return (rank(tensor) == rank(region.output) && rank(reshaped) < rank(region.output)) ||
           (holdsBatchOfOutput(tensor) && !holdsBatchOfOutput(reshaped));
  }

  /// Whether each dimension of the output beside its tokens may be one of the tensor: all are batch or heads where the
  /// output is a sum of weights.
  bool holdsBatchOfOutput(Value tensor) {
    SmallVector<int64_t> own = otherSizes(tensor);
    return llvm::all_of(otherSizes(region.output), [&](int64_t size) {
      auto found = llvm::find(own, size);
      if (found == own.end())
        return false;
      own.erase(found);
      return true;
    });
  }

  SmallVector<int64_t> otherSizes(Value tensor) {
    SmallVector<int64_t> others;
    std::optional<int64_t> row = axes.rowDim(tensor);
    for (auto [dim, size] : llvm::enumerate(sizes.shape(tensor).value_or(SmallVector<int64_t>())))
      if (row != int64_t(dim) && size != 1)
        others.push_back(size);
    return others;
  }

  /// Behind copies, and where something small became large, to what is small.
  void reach(Value value) {
    Value at = value;
    bool isReshaped = false;
    while (Operation *op = at.getDefiningOp()) {
      if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
        at = op->getOperand(0);
        isReshaped |= !keepsWideDims(op);
        if (isFactor(at) && (!isReshaped || isApart(at, value))) {
          value = at;
          isReshaped = false;
        }
        continue;
      }
      Value source = copiedValue(op);
      if (!source || !isFactor(source))
        break;
      at = source;
      bool hasOutputRank =
          cast<RankedTensorType>(at.getType()).getRank() == cast<RankedTensorType>(region.output.getType()).getRank();
      if (!isReshaped || hasOutputRank || elements(at) < elements(value)) {
        value = at;
        isReshaped = false;
      }
    }
    auto product = value.getDefiningOp<linalg::LinalgOp>();
    if (!product || !growsFromFactors(product)) {
      frontier.insert(value);
      return;
    }
    region.inner.push_back(value);
    push(product);
  }

  /// What a factor repeats, if anything.
  static Value unrepeated(Value factor) {
    while (Value source = copiedValue(factor.getDefiningOp()))
      factor = source;
    return factor;
  }

  bool growsFromFactors(linalg::LinalgOp op) {
    if (op.getNumReductionLoops() || op.getNumDpsInputs() < 2)
      return false;
    double read = 0;
    for (Value input : op.getDpsInputs())
      if (isa<RankedTensorType>(input.getType()) && axes.hasTokens(input)) {
        if (!isFactor(input))
          return false;
        read += elements(unrepeated(input));
      }
    return read < elements(op->getResult(0));
  }

  const TokenAxes &axes;
  ConcreteSizes &sizes;
  int64_t limit;
  RegionExtent extent;
  TokenRegion region;
  llvm::SetVector<Value> frontier;
  llvm::DenseSet<Value> seen;
  SmallVector<Value> pending;
};

} // namespace

std::optional<TokenRegion> regionOf(Value output, const TokenAxes &axes, ConcreteSizes &sizes, int64_t limit,
                                    RegionExtent extent) {
  return Walk(axes, sizes, limit, extent).from(output);
}

TokenRegion regionAround(Value output, Value input, const TokenAxes &axes) {
  TokenRegion region;
  region.output = viewOf(output, axes, region.inner);
  auto rank = [](Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); };
  // Dimensions that were split for the output are split in the input, where there is such a view.
  Value chosen = input;
  for (Value at = input; Operation *op = at.getDefiningOp();) {
    bool isReshape = isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
    at = isReshape ? op->getOperand(0) : copiedValue(op);
    if (!at || !axes.rowDim(at))
      break;
    if (rank(at) == rank(region.output) || rank(chosen) != rank(region.output))
      chosen = at;
  }
  region.frontier.push_back(chosen);
  return region;
}

} // namespace heddle

// Changes of shape without a copy: every reshape is a collapse followed by an expansion of the groups that match.
#include "frontends/GraphBuilder.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

Tensor GraphBuilder::collapseTo(Tensor x, ArrayRef<ReassociationIndices> groups, Shape shape) {
  return wrap(tensor::CollapseShapeOp::create(b, loc, x.value, groups), shape, x.elementType);
}

Tensor GraphBuilder::expandTo(Tensor x, ArrayRef<ReassociationIndices> groups, Shape shape) {
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> staticSizes;
  for (Dim &dim : shape) {
    dim = simplify(dim);
    sizes.push_back(dimOrAttr(dim));
    if (!sizes.back())
      return {};
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    staticSizes.push_back(constant ? constant.getValue() : ShapedType::kDynamic);
  }
  auto type = RankedTensorType::get(staticSizes, llvm::cast<RankedTensorType>(x.value.getType()).getElementType());
  return wrap(tensor::ExpandShapeOp::create(b, loc, type, x.value, groups, sizes), shape, x.elementType);
}

namespace {

// One group of source dimensions that holds the same elements as a group of target dimensions.
struct Match {
  ReassociationIndices source, target;
};

ReassociationIndices range(int64_t begin, int64_t end) { return llvm::to_vector<2>(llvm::seq<int64_t>(begin, end)); }

// Ends of the shortest groups from (source, target) on that hold equally many elements; nothing when there are none.
std::optional<std::pair<int64_t, int64_t>> nextMatch(GraphBuilder &g, ArrayRef<Dim> source, ArrayRef<Dim> target) {
  for (size_t length = 2; length <= source.size() + target.size(); ++length)
    for (size_t left = 1; left < length && left <= source.size(); ++left) {
      size_t right = length - left;
      if (right <= target.size() && g.sameDim(g.product(source.take_front(left)), g.product(target.take_front(right))))
        return std::pair<int64_t, int64_t>(left, right);
    }
  return std::nullopt;
}

// Both shapes cut into groups that correspond; empty when the whole is the only group and does not match. What is left
// of one shape when the other has ended are ones: they join the last group.
std::vector<Match> matchGroups(GraphBuilder &g, ArrayRef<Dim> from, ArrayRef<Dim> to) {
  std::vector<Match> matches;
  int64_t source = 0, target = 0, sourceRank = from.size(), targetRank = to.size();
  while (source < sourceRank && target < targetRank) {
    auto next = nextMatch(g, from.drop_front(source), to.drop_front(target));
    if (!next)
      break;
    matches.push_back({range(source, source + next->first), range(target, target + next->second)});
    source += next->first, target += next->second;
  }
  if (matches.empty())
    return matches;
  matches.back().source.append(range(source, sourceRank));
  matches.back().target.append(range(target, targetRank));
  return matches;
}

bool isTrivial(ArrayRef<ReassociationIndices> groups) {
  return llvm::all_of(groups, [](const ReassociationIndices &group) { return group.size() == 1; });
}

} // namespace

Tensor GraphBuilder::reshape(Tensor x, Shape shape) {
  if (!x)
    return {};
  for (Dim &dim : shape) {
    if (!dim)
      return {};
    dim = simplify(dim);
  }
  if (x.shape == shape)
    return x;
  bool sameCount = sameDim(product(x.shape), product(shape));
  if (sameCount && shape.empty())
    return collapseTo(x, {}, shape);
  if (sameCount && x.shape.empty())
    return expandTo(x, {}, shape);
  std::vector<Match> matches = sameCount ? matchGroups(*this, x.shape, shape) : std::vector<Match>();
  if (matches.empty() && sameCount)
    matches.push_back({range(0, x.rank()), range(0, shape.size())});
  if (matches.empty())
    return fail("reshape of " + describe(x.shape) + " to " + describe(shape) + " changes the number of elements from " +
                describe(product(x.shape)) + " to " + describe(product(shape)));
  SmallVector<ReassociationIndices> collapse, expand;
  Shape middle;
  for (const Match &match : matches) {
    collapse.push_back(match.source);
    expand.push_back(match.target);
    SmallVector<Dim> sizes;
    for (int64_t axis : match.source)
      sizes.push_back(x.shape[axis]);
    middle.push_back(product(sizes));
  }
  Tensor flat = isTrivial(collapse) ? x : collapseTo(x, collapse, middle);
  return isTrivial(expand) ? wrap(flat.value, shape, x.elementType) : expandTo(flat, expand, shape);
}

Tensor GraphBuilder::unsqueeze(Tensor x, ArrayRef<int64_t> givenAxes) {
  if (!x || givenAxes.empty())
    return x;
  int64_t rank = x.rank() + givenAxes.size();
  SmallVector<int64_t> axes(givenAxes);
  for (int64_t &axis : axes)
    if (!checkAxis(axis, rank, "unsqueeze"))
      return {};
  Shape shape;
  auto next = x.shape.begin();
  for (int64_t axis = 0; axis < rank; ++axis)
    shape.push_back(llvm::is_contained(axes, axis) || next == x.shape.end() ? dim(1) : *next++);
  return reshape(x, shape);
}

Tensor GraphBuilder::squeeze(Tensor x, ArrayRef<int64_t> givenAxes) {
  if (!x || givenAxes.empty())
    return x;
  SmallVector<int64_t> axes(givenAxes);
  for (int64_t &axis : axes) {
    if (!checkAxis(axis, x.rank(), "squeeze"))
      return {};
    if (x.shape[axis] != dim(1))
      return fail("squeeze of axis " + Twine(axis) + " of " + describe(x.shape) + ", expected size 1");
  }
  Shape shape;
  for (auto [axis, size] : llvm::enumerate(x.shape))
    if (!llvm::is_contained(axes, static_cast<int64_t>(axis)))
      shape.push_back(size);
  return reshape(x, shape);
}

} // namespace heddle

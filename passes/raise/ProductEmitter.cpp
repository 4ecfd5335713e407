#include "passes/raise/ProductEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

Value ProductEmitter::constants(ArrayRef<double> values, ArrayRef<int64_t> shape) {
  SmallVector<Attribute> elements;
  for (double value : values)
    elements.push_back(FloatAttr::get(type, value));
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(RankedTensorType::get(shape, type), elements));
}

Value ProductEmitter::constant(double value, ArrayRef<int64_t> shape) {
  auto tensor = RankedTensorType::get(shape, type);
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(tensor, Attribute(FloatAttr::get(type, value))));
}

/// The factor with one variable in each dimension.
Factor ProductEmitter::separate(const Factor &factor) {
  if (llvm::all_of(factor.at, [](const Index &index) { return index.size() <= 1; }))
    return factor;
  Factor result;
  SmallVector<ReassociationIndices> groups;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, factor.value), expanded;
  for (auto [dim, index] : llvm::enumerate(factor.at)) {
    groups.emplace_back();
    for (unsigned part = 0; part < std::max<size_t>(index.size(), 1); ++part) {
      groups.back().push_back(expanded.size());
      expanded.push_back(index.size() > 1 ? sizeOf(index[part]) : sizes[dim]);
      result.at.push_back(index.empty() ? Index() : Index{index[part]});
    }
  }
  SmallVector<int64_t> shape;
  for (OpFoldResult size : expanded)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  auto expandedType = RankedTensorType::get(shape, getElementTypeOrSelf(factor.value));
  result.value = tensor::ExpandShapeOp::create(builder, loc, expandedType, factor.value, groups, expanded);
  return result;
}

/// The factor as it is, where its dimensions are those asked for, up to some of size 1.
Value ProductEmitter::whole(const Factor &factor, Dimensions dims) {
  SmallVector<Variable> order;
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (auto [dim, index] : llvm::enumerate(factor.at)) {
    if (index.empty()) {
      (groups.empty() ? leading : groups.back()).push_back(dim);
      continue;
    }
    order.push_back(index.front());
    groups.push_back(leading);
    groups.back().push_back(dim);
    leading.clear();
  }
  if (ArrayRef(order) != dims)
    return {};
  if (groups.size() == factor.at.size())
    return factor.value;
  return tensor::CollapseShapeOp::create(builder, loc, factor.value, groups);
}

Value ProductEmitter::emitElementwise(ArrayRef<Product> sum, Dimensions dims) {
  SmallVector<Factor> inputs;
  for (const Product &product : sum)
    for (const Factor &factor : product.factors) {
      if (getElementTypeOrSelf(factor.value) != type)
        return {};
      inputs.push_back(separate(factor));
    }
  if (sum.size() == 1 && inputs.size() == 1 && sum[0].coefficient == 1)
    if (Value value = whole(inputs[0], dims))
      return value;
  SmallVector<Variable> loops(dims.begin(), dims.end());
  SmallVector<utils::IteratorType> kinds(dims.size(), utils::IteratorType::parallel);
  for (const Factor &input : inputs)
    for (const Index &index : input.at)
      if (!index.empty() && !llvm::is_contained(loops, index.front())) {
        loops.push_back(index.front());
        kinds.push_back(utils::IteratorType::reduction);
      }
  SmallVector<AffineMap> maps;
  SmallVector<Value> values;
  for (const Factor &input : inputs) {
    SmallVector<AffineExpr> exprs;
    for (const Index &index : input.at)
      exprs.push_back(index.empty() ? builder.getAffineConstantExpr(0)
                                    : builder.getAffineDimExpr(llvm::find(loops, index.front()) - loops.begin()));
    maps.push_back(AffineMap::get(loops.size(), 0, exprs, builder.getContext()));
    values.push_back(input.value);
  }
  maps.push_back(AffineMap::getMultiDimIdentityMap(loops.size(), builder.getContext()).getMajorSubMap(dims.size()));
  if (dims.empty())
    maps.back() = AffineMap::get(loops.size(), 0, builder.getContext());
  SmallVector<OpFoldResult> sizes;
  for (Variable dim : dims)
    sizes.push_back(sizeOf(dim));
  bool reduces = loops.size() > dims.size();
  Value init = tensor::EmptyOp::create(builder, loc, sizes, type);
  auto real = [&](OpBuilder &b, double number) -> Value {
    return arith::ConstantOp::create(b, loc, FloatAttr::get(type, number));
  };
  if (reduces)
    init = linalg::FillOp::create(builder, loc, real(builder, 0), init).getResult(0);
  auto body = [&](OpBuilder &nested, Location, ValueRange elements) {
    Value total = reduces ? elements.back() : Value();
    unsigned next = 0;
    for (const Product &product : sum) {
      Value each = product.coefficient != 1 || product.factors.empty() ? real(nested, product.coefficient) : Value();
      for (unsigned factor = 0; factor < product.factors.size(); ++factor) {
        Value element = elements[next++];
        each = each ? arith::MulFOp::create(nested, loc, each, element).getResult() : element;
      }
      total = total ? arith::AddFOp::create(nested, loc, total, each).getResult() : each;
    }
    linalg::YieldOp::create(nested, loc, total);
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), values, init, maps, kinds, body).getResult(0);
}

Value ProductEmitter::emit(ArrayRef<Product> sum, Dimensions dims) {
  auto sums = [&](const Product &product) {
    return llvm::any_of(product.variables(), [&](Variable variable) { return !llvm::is_contained(dims, variable); });
  };
  if (sum.size() < 2 || llvm::none_of(sum, sums))
    return emitElementwise(sum, dims);
  // Sums over different variables are made one by one.
  SmallVector<Product> parts;
  for (const Product &product : sum) {
    SmallVector<Variable> own;
    for (Variable dim : dims)
      if (product.has(dim))
        own.push_back(dim);
    Value value = emitElementwise(product, own);
    if (!value)
      return {};
    Factor part{value, {}};
    for (Variable dim : own)
      part.at.push_back({dim});
    parts.push_back({1, {part}});
  }
  return emitElementwise(parts, dims);
}

Value ProductEmitter::operand(ArrayRef<Product> sum, Groups groups, ArrayRef<unsigned> wholeGroups) {
  SmallVector<Variable> dims;
  SmallVector<bool> present;
  for (auto [number, group] : llvm::enumerate(groups)) {
    bool has = llvm::any_of(group, [&](Variable variable) {
      return llvm::any_of(sum, [&](const Product &product) { return product.has(variable); });
    });
    present.push_back(!group.empty() && (has || llvm::is_contained(wholeGroups, number)));
    if (present.back())
      dims.append(group.begin(), group.end());
  }
  if (dims.empty() && llvm::all_of(sum, [](const Product &product) { return product.factors.empty(); })) {
    double total = 0;
    for (const Product &product : sum)
      total += product.coefficient;
    return constant(total, SmallVector<int64_t>(groups.size(), 1));
  }
  Value tensor = emit(sum, dims);
  if (!tensor)
    return {};
  SmallVector<ReassociationIndices> merged, split;
  SmallVector<OpFoldResult> sizes;
  int64_t dim = 0;
  for (auto [number, group] : llvm::enumerate(groups)) {
    // Dimensions of size 1 go to the group in front of them, the first ones to the group behind.
    if (present[number]) {
      merged.emplace_back();
      for (unsigned part = 0; part < group.size(); ++part)
        merged.back().push_back(dim++);
      if (merged.size() > 1 || split.empty())
        split.emplace_back();
    } else if (split.empty()) {
      split.emplace_back();
    }
    split.back().push_back(number);
  }
  if (llvm::any_of(merged, [](const auto &group) { return group.size() > 1; }))
    tensor = tensor::CollapseShapeOp::create(builder, loc, tensor, merged);
  auto current = cast<RankedTensorType>(tensor.getType());
  if (current.getRank() == int64_t(groups.size()))
    return tensor;
  SmallVector<OpFoldResult> own = tensor::getMixedSizes(builder, loc, tensor);
  SmallVector<int64_t> shape;
  unsigned next = 0;
  for (bool isPresent : present) {
    shape.push_back(isPresent ? current.getDimSize(next) : 1);
    sizes.push_back(isPresent ? own[next] : OpFoldResult(builder.getIndexAttr(1)));
    next += isPresent;
  }
  if (merged.empty())
    split.clear();
  return tensor::ExpandShapeOp::create(builder, loc, RankedTensorType::get(shape, type), tensor, split, sizes);
}

Value ProductEmitter::ungroup(Value tensor, Groups groups) {
  // Dimensions of size 1 vanish first, then each group gets its variables.
  Factor grouped{tensor, {}};
  SmallVector<Variable> all;
  for (const SmallVector<Variable, 2> &group : groups) {
    grouped.at.push_back(Index(group.begin(), group.end()));
    all.append(group.begin(), group.end());
  }
  return getElementTypeOrSelf(tensor) == type ? whole(separate(grouped), all) : Value();
}

} // namespace heddle

#include "passes/raise/ComplexRecurrence.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {

std::optional<ComplexUpdate> ComplexUpdate::classify(const Form &first, const Form &second, ArrayRef<unsigned> states,
                                                     const Indices &at) {
  ComplexUpdate update;
  auto sort = [&](const Form &form, unsigned own, SmallVectorImpl<Product> &added, SmallVectorImpl<Product> *straight,
                  SmallVectorImpl<Product> *crossed) {
    for (const Term &term : form) {
      if (!term.summed.empty() || (term.state && term.state->at != at))
        return false;
      SmallVectorImpl<Product> *part = !term.state ? &added : term.state->number == own ? straight : crossed;
      if (part)
        part->push_back(term.product);
    }
    return true;
  };
  if (!sort(first, states[0], update.addedReal, &update.real, nullptr) ||
      !sort(second, states[1], update.addedImaginary, nullptr, &update.imaginary) || update.imaginary.empty())
    return std::nullopt;
  if (update.real.empty())
    update.real = {Product{0, {}}};
  return update;
}

int64_t ComplexRecurrence::count(const Group &group) const {
  int64_t product = 1;
  for (Variable variable : group)
    product *= getConstantIntValue(variables.size(variable)).value_or(0);
  return product;
}

void ComplexRecurrence::assignRoles(const ComplexUpdate &update, const Indices &at, ArrayRef<Variable> keys) {
  keyDims.assign(keys.begin(), keys.end());
  auto has = [&](ArrayRef<Product> sum, Variable variable) {
    return llvm::any_of(sum, [&](const Product &product) { return product.has(variable); });
  };
  bool isFirst = true;
  for (const Index &index : at) {
    if (index.empty() || llvm::is_contained(keys, index[0]))
      continue;
    bool decays = has(update.real, index[0]) || has(update.imaginary, index[0]);
    (isFirst && !decays ? batch : heads).push_back(index[0]);
    isFirst = false;
  }
}

/// Two tensors side by side along `dim`.
Value ComplexRecurrence::join(Value real, Value imaginary, int64_t dim) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, real);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)), ones(sizes.size(), builder.getIndexAttr(1));
  int64_t width = cast<RankedTensorType>(real.getType()).getDimSize(dim);
  SmallVector<OpFoldResult> both = sizes;
  both[dim] = builder.getIndexAttr(2 * width);
  Value result = tensor::EmptyOp::create(builder, loc, both, type);
  for (Value part : {real, imaginary}) {
    result = tensor::InsertSliceOp::create(builder, loc, part, result, offsets, sizes, ones);
    offsets[dim] = builder.getIndexAttr(width);
  }
  return result;
}

/// [B, T, H, 2 dk]: the real block, then the imaginary block.
Value ComplexRecurrence::blocks(ArrayRef<Product> real, ArrayRef<Product> imaginary) {
  SmallVector<Group> groups = {batch, {kToken}, heads, keyDims};
  SmallVector<unsigned> whole = {3};
  SmallVector<Product> all(real.begin(), real.end());
  all.append(imaginary.begin(), imaginary.end());
  for (auto [number, group] : llvm::enumerate(ArrayRef(groups).drop_back()))
    if (llvm::any_of(group, [&](Variable variable) {
          return llvm::any_of(all, [&](const Product &product) { return product.has(variable); });
        }))
      whole.push_back(number);
  Product zero{0, {}};
  Value first = emitter.operand(real.empty() ? ArrayRef(zero) : real, groups, whole);
  Value second = emitter.operand(imaginary.empty() ? ArrayRef(zero) : imaginary, groups, whole);
  return first && second ? join(first, second, 3) : Value();
}

bool ComplexRecurrence::buildTransport(const ComplexUpdate &update) {
  SmallVector<Variable> candidates(batch.begin(), batch.end());
  candidates.push_back(kToken);
  llvm::append_range(candidates, heads);
  llvm::append_range(candidates, keyDims);
  SmallVector<Variable> dims;
  for (Variable variable : candidates) {
    auto occurs = [&](const Product &product) { return product.has(variable); };
    if (!llvm::is_contained(dims, variable) &&
        (llvm::any_of(update.real, occurs) || llvm::any_of(update.imaginary, occurs)))
      dims.push_back(variable);
  }
  Value real = emitter.emit(update.real, dims), imaginary = emitter.emit(update.imaginary, dims);
  if (!real || !imaginary)
    return false;
  auto polar = [&](llvm::function_ref<Value(OpBuilder &, Value, Value)> body) {
    Value empty = tensor::EmptyOp::create(builder, loc, tensor::getMixedSizes(builder, loc, real), type);
    SmallVector<AffineMap> maps(3, builder.getMultiDimIdentityMap(dims.size()));
    SmallVector<utils::IteratorType> kinds(dims.size(), utils::IteratorType::parallel);
    auto emitBody = [&](OpBuilder &b, Location, ValueRange elements) {
      linalg::YieldOp::create(b, loc, body(b, elements[0], elements[1]));
    };
    Value result = linalg::GenericOp::create(builder, loc, empty.getType(), ValueRange{real, imaginary}, empty, maps,
                                             kinds, emitBody)
                       .getResult(0);
    Factor factor{result, {}};
    for (Variable dim : dims)
      factor.at.push_back({dim});
    return emitter.operand(Product{1, {factor}}, {batch, {kToken}, heads, keyDims}, {2, 3});
  };
  logModulus = polar([&](OpBuilder &b, Value x, Value y) -> Value {
    Value square = arith::AddFOp::create(b, loc, Value(arith::MulFOp::create(b, loc, x, x)),
                                         Value(arith::MulFOp::create(b, loc, y, y)));
    Value half = arith::ConstantOp::create(b, loc, FloatAttr::get(type, 0.5));
    return arith::MulFOp::create(b, loc, half, Value(math::LogOp::create(b, loc, square)));
  });
  phase = polar([&](OpBuilder &b, Value x, Value y) -> Value { return math::Atan2Op::create(b, loc, y, x); });
  return logModulus && phase;
}

bool ComplexRecurrence::buildInitialState(const Indices &at) {
  SmallVector<Value> parts;
  bool isZero = true;
  for (unsigned state : states) {
    Value tensor = loop.loop.getInitArgs()[state];
    isZero &= constantOf(tensor) == 0.0;
    parts.push_back(emitter.operand(Product{1, {Factor{tensor, at}}}, {batch, heads, keyDims, {}}, {0, 1, 2}));
    if (!parts.back())
      return false;
  }
  if (!isZero)
    initial = join(parts[0], parts[1], 2);
  return true;
}

std::optional<ComplexRecurrence> ComplexRecurrence::create(const TokenLoop &loop, ArrayRef<unsigned> states,
                                                           const ComplexUpdate &update, const Indices &at,
                                                           ArrayRef<Variable> keys, const Variables &variables,
                                                           FloatType type) {
  ComplexRecurrence result(loop, states, variables, type);
  result.assignRoles(update, at, keys);
  if (result.count(result.heads) == 0 || result.count(result.keyDims) == 0)
    return std::nullopt;
  result.key = result.blocks(update.addedReal, update.addedImaginary);
  if (!result.key || !result.buildTransport(update) || !result.buildInitialState(at))
    return std::nullopt;
  return result;
}

Value ComplexRecurrence::mix(Value query, int64_t outputHeads) {
  MLIRContext *context = builder.getContext();
  OpFoldResult one = builder.getIndexAttr(1), B = batch.empty() ? one : variables.size(batch.front());
  SmallVector<OpFoldResult> sizes = {B, loop.length, builder.getIndexAttr(outputHeads), one};
  Value init = tensor::EmptyOp::create(builder, loc, sizes, type);
  return mixer::MixOp::create(
             builder, loc, init.getType(), query, key, emitter.constant(1, {1, 1, 1, 1}), ValueRange{logModulus, phase},
             Value(), Value(), Value(), initial ? ValueRange(initial) : ValueRange(), init,
             mixer::LayoutAttr::get(context, loop.reversed ? mixer::Order::Reverse : mixer::Order::Forward,
                                    mixer::Align::Start),
             mixer::CausalAttr::get(context), mixer::ComplexDiagonalAttr::get(context),
             mixer::LinearAttr::get(context, APFloat(1.0), false),
             mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0)), mixer::FormAttr())
      .getResult(0);
}

std::optional<SmallVector<ComplexRecurrence::Mixed>> ComplexRecurrence::readParts() {
  if (!keyDims.empty())
    return std::nullopt;
  // Two query heads for each state head: 1 reads the real part, -i the imaginary part.
  SmallVector<double> queries;
  int64_t Hs = count(heads);
  for (int64_t head = 0; head < Hs; ++head)
    llvm::append_range(queries, ArrayRef<double>{1, 0, 0, -1});
  Value mixed = mix(emitter.constants(queries, {1, 1, 2 * Hs, 2}), 2 * Hs);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, mixed), ones(4, builder.getIndexAttr(1));
  SmallVector<OpFoldResult> strides = ones, offsets(4, builder.getIndexAttr(0));
  sizes[2] = builder.getIndexAttr(Hs);
  strides[2] = builder.getIndexAttr(2);
  SmallVector<Mixed> parts;
  for (int64_t part : {0, 1}) {
    offsets[2] = builder.getIndexAttr(part);
    Value slice = tensor::ExtractSliceOp::create(builder, loc, mixed, offsets, sizes, strides);
    Mixed made{emitter.ungroup(slice, {batch, {kToken}, heads, {}}), {}};
    llvm::append_range(made.dims, batch);
    made.dims.push_back(kToken);
    llvm::append_range(made.dims, heads);
    parts.push_back(made);
  }
  return parts;
}

std::optional<ComplexRecurrence::Mixed> ComplexRecurrence::readSum(const SummedRead &read) {
  SmallVector<Product> real, imaginary;
  for (const Term &term : read.form) {
    if (!term.state || !term.state->updated)
      return std::nullopt;
    bool isReal = term.state->number == states[0];
    (isReal ? real : imaginary).push_back(term.product);
    if (!isReal)
      imaginary.back().coefficient *= -1;
    for (Variable variable : term.product.variables())
      if (variable != kToken && !llvm::is_contained(batch, variable) && !llvm::is_contained(heads, variable) &&
          !llvm::is_contained(keyDims, variable))
        return std::nullopt;
  }
  Value query = blocks(real, imaginary);
  if (!query)
    return std::nullopt;
  Mixed made{emitter.ungroup(mix(query, count(heads)), {batch, {kToken}, heads, {}}), {}};
  llvm::append_range(made.dims, batch);
  made.dims.push_back(kToken);
  llvm::append_range(made.dims, heads);
  return made;
}

} // namespace heddle

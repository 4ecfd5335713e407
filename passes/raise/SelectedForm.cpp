// A choice between two forms: for each state that they read, a choice between its coefficients.
//
//   m ? S + z (c - S) : c - (1 - z) (c - S)      (m ? 1 - z : 1 - z) S + (m ? z c : c - (1 - z) c)
//
// The coefficients are chosen, not weighted with 0 and 1: the side that is not taken may be infinite.
#include "passes/raise/ProductEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

using Sum = SmallVector<Product>;

bool isSame(const std::optional<StateRead> &left, const std::optional<StateRead> &right) {
  if (!left || !right)
    return !left && !right;
  return left->number == right->number && left->updated == right->updated && left->at == right->at;
}

/// What the form multiplies with a read of a state, or adds to all of them.
Sum coefficientOf(const Form &form, const std::optional<StateRead> &state) {
  Sum sum;
  for (const Term &term : form)
    if (isSame(term.state, state))
      sum.push_back(term.product);
  return sum.empty() ? Sum{Product{0, {}}} : sum;
}

bool isSame(const Sum &left, const Sum &right) {
  return llvm::equal(left, right, [](const Product &a, const Product &b) {
    return a.coefficient == b.coefficient && a.factors == b.factors;
  });
}

} // namespace

/// One generic over the variables of the condition and of both sums.
std::optional<Factor> ProductEmitter::select(const Factor &condition, ArrayRef<Product> chosen,
                                             ArrayRef<Product> other) {
  llvm::SmallSetVector<Variable, 8> all = Product{1, {condition}}.variables();
  for (ArrayRef<Product> sum : {chosen, other})
    for (const Product &product : sum)
      all.insert_range(product.variables());
  SmallVector<Variable> dims(all.begin(), all.end());
  SmallVector<OpFoldResult> sizes;
  Factor result;
  for (Variable dim : dims) {
    sizes.push_back(sizeOf(dim));
    result.at.push_back({dim});
  }
  Factor when = separate(condition);
  Value left = emit(chosen, dims), right = emit(other, dims);
  if (!left || !right)
    return std::nullopt;
  SmallVector<AffineExpr> exprs;
  for (const Index &index : when.at)
    exprs.push_back(index.empty() ? builder.getAffineConstantExpr(0)
                                  : builder.getAffineDimExpr(llvm::find(dims, index.front()) - dims.begin()));
  SmallVector<AffineMap> maps(4, builder.getMultiDimIdentityMap(dims.size()));
  maps.front() = AffineMap::get(dims.size(), 0, exprs, builder.getContext());
  SmallVector<utils::IteratorType> kinds(dims.size(), utils::IteratorType::parallel);
  Value init = tensor::EmptyOp::create(builder, loc, sizes, type);
  auto body = [](OpBuilder &nested, Location at, ValueRange v) {
    linalg::YieldOp::create(nested, at, arith::SelectOp::create(nested, at, v[0], v[1], v[2]).getResult());
  };
  result.value = linalg::GenericOp::create(builder, loc, init.getType(), ValueRange{when.value, left, right}, init,
                                           maps, kinds, body)
                     .getResult(0);
  return result;
}

std::optional<Form> StateForms::select(const Form &condition, const Form &chosen, const Form &other, Type type) {
  auto sums = [](const Term &term) { return !term.summed.empty(); };
  bool isOutside = condition.size() == 1 && !condition[0].state && condition[0].product.factors.size() == 1;
  auto element = dyn_cast<FloatType>(type);
  if (!isOutside || !element || llvm::any_of(chosen, sums) || llvm::any_of(other, sums))
    return std::nullopt;
  SmallVector<std::optional<StateRead>> reads;
  for (const Form *form : {&chosen, &other})
    for (const Term &term : *form)
      if (llvm::none_of(reads, [&](const auto &read) { return isSame(read, term.state); }))
        reads.push_back(term.state);
  ProductEmitter emitter(OpBuilder(loop.loop), loop.loop.getLoc(), variables, element);
  Form result;
  for (const std::optional<StateRead> &read : reads) {
    Sum left = coefficientOf(chosen, read), right = coefficientOf(other, read);
    if (!isSame(left, right)) {
      std::optional<Factor> factor = emitter.select(condition[0].product.factors[0], left, right);
      if (!factor)
        return std::nullopt;
      left = {Product{1, {*factor}}};
    }
    for (const Product &product : left)
      result.push_back({product, read, {}});
  }
  return result;
}

} // namespace heddle

#include "frontends/onnx/operators/CausalConv.h"
#include "frontends/Layers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

//===--- the convolution ------------------------------------------------------------------===//

int64_t CausalConv::carried() const { return (cast<AffineConstantExpr>(weight.shape[2]).getValue() - 1) * dilation; }

bool CausalConv::readActivation(NodeReader &node) {
  std::string activation = node.string("activation", "none");
  hasSilu = activation == "silu" || activation == "swish";
  if (hasSilu || activation == "none")
    return true;
  return node.fail("attribute 'activation', expected none, silu or swish but got '" + activation + "'"), false;
}

bool CausalConv::check(NodeReader &node) {
  GraphBuilder &g = node.g;
  if (!tokens || !weight)
    return false;
  auto taps = weight.rank() == 3 ? dyn_cast<AffineConstantExpr>(weight.shape[2]) : AffineConstantExpr();
  if (!taps || taps.getValue() < 1 || weight.shape[1] != g.dim(1) || (bias && bias.rank() != 1))
    return node.fail("weight of shape " + g.describe(weight.shape) +
                     ", expected [channels, 1, known taps], and a bias of rank 1"),
           false;
  if (dilation < 1)
    return node.fail("attribute 'dilation' " + Twine(dilation) + ", expected a positive number"), false;
  if (!node.unify(tokens.shape[2], weight.shape[0]) || (bias && !node.unify(tokens.shape[2], bias.shape[0])))
    return false;
  Shape expected = {tokens.shape[0], tokens.shape[2], g.dim(carried())};
  if (carry && carry.rank() != 3)
    return node.fail("carry of rank " + Twine(carry.rank()) + ", expected 3"), false;
  for (int64_t axis = 0; carry && axis < 3; ++axis)
    if (!node.unify(carry.shape[axis], expected[axis], {carry.shape, expected}))
      return false;
  return true;
}

static Tensor join(GraphBuilder &g, const CausalConv &conv) {
  Tensor x = g.transpose(conv.tokens, {0, 2, 1});
  if (!x || conv.carried() == 0)
    return x;
  if (conv.carry)
    return g.concat({conv.carry, x}, 2);
  return g.pad(x, {g.dim(0), g.dim(0), g.dim(conv.carried())}, SmallVector<Dim>(3, g.dim(0)));
}

// [C, carried() + 1] with zeros between the taps.
static Tensor spreadTaps(GraphBuilder &g, Tensor weight, int64_t dilation, int64_t reach) {
  weight = g.squeeze(weight, 1);
  if (!weight || dilation == 1)
    return weight;
  SmallVector<Dim> none(3, g.dim(0)), behind = {g.dim(0), g.dim(0), g.dim(dilation - 1)};
  Tensor spread = g.pad(g.unsqueeze(weight, 2), none, behind);
  return g.slice(g.reshape(spread, {weight.shape[0], g.dim(reach + dilation)}), 1, g.dim(0), g.dim(reach + 1));
}

Tensor CausalConv::run(GraphBuilder &g) {
  joined = join(g, *this);
  Tensor tokensLast = joined ? g.transpose(joined, {0, 2, 1}) : joined;
  // The short convolution starts from zeros: the rows of the carry are computed and dropped.
  Tensor mixed = shortConv(g, tokensLast, spreadTaps(g, weight, dilation, carried()), bias);
  if (!mixed)
    return {};
  Tensor y = g.slice(mixed, 1, g.dim(carried()), mixed.shape[1]);
  return g.cast(hasSilu ? g.unary(Unary::Silu, y) : y, tokens.elementType);
}

//===--- the carry ------------------------------------------------------------------------===//

Tensor CausalConv::carryAtEnd(GraphBuilder &g) {
  return joined ? g.slice(joined, 2, g.simplify(joined.shape[2] - carried()), joined.shape[2]) : joined;
}

Tensor CausalConv::carryAfter(GraphBuilder &g, Tensor counts) {
  if (!joined || !counts)
    return {};
  Shape shape = {joined.shape[0], joined.shape[1], g.dim(carried())};
  return g.generate(shape, joined.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Value count = tensor::ExtractOp::create(b, at, counts.value, index[0]);
    count = arith::IndexCastOp::create(b, at, b.getIndexType(), count);
    Value none = arith::ConstantIndexOp::create(b, at, 0);
    Value isPositive = arith::CmpIOp::create(b, at, arith::CmpIPredicate::sgt, count, none);
    Value place = arith::AddIOp::create(b, at, arith::MaxSIOp::create(b, at, count, none), index[2]);
    Value element = tensor::ExtractOp::create(b, at, joined.value, ValueRange{index[0], index[1], place});
    Value zero = arith::ConstantOp::create(b, at, b.getZeroAttr(element.getType()));
    return arith::SelectOp::create(b, at, isPositive, element, zero);
  });
}

SmallVector<Tensor> CausalConv::latestCarries(GraphBuilder &g, Tensor counts, int64_t window) {
  SmallVector<Tensor> carries;
  for (int64_t behind = window - 1; behind >= 0; --behind)
    carries.push_back(carryAfter(g, behind ? g.add(counts, static_cast<double>(-behind)) : counts));
  return carries;
}

} // namespace heddle::onnx

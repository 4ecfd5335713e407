// Attention of opsets 23 to 25: softmax mixers. What the positions alone decide becomes a support; what the data
// decides becomes a dense bias. Longer than other files: one operator, whose steps share its
// operands.
#include "dialects/mixer/Mixer.h"
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

constexpr double hidden = -std::numeric_limits<double>::infinity();

// [batch, tokens, heads, features] throughout.
class AttentionConverter {
public:
  explicit AttentionConverter(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    if (!readOperands() || !appendPast() || !readAttributes() || !buildBias())
      return {};
    Results results = {fromHeads(mix())};
    if (!results[0])
      return {};
    if (node.outputCount() > 1) {
      results.push_back(swapHeads(key));
      results.push_back(swapHeads(value));
    }
    if (node.outputCount() > 3)
      results.push_back(scores());
    return results;
  }

private:
  bool readOperands() {
    query = node.tensor(0), key = node.tensor(1), value = node.tensor(2);
    int64_t queryHeads = node.integer("q_num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
    if (!sameElementTypes(node, {query, key, value}))
      return false;
    isPacked = query.rank() == 3;
    if (query.rank() != key.rank() || query.rank() != value.rank() || (!isPacked && query.rank() != 4) ||
        (isPacked && (queryHeads < 1 || keyHeads < 1)))
      return node.fail("query, key and value of ranks " + Twine(query.rank()) + ", " + Twine(key.rank()) + " and " +
                       Twine(value.rank()) + ", expected 4, or 3 with numbers of heads"),
             false;
    query = toHeads(query, queryHeads), key = toHeads(key, keyHeads), value = toHeads(value, keyHeads);
    return query && key && value && node.unify(query.shape[0], key.shape[0]) &&
           node.unify(key.shape[0], value.shape[0]) && node.unify(key.shape[1], value.shape[1]) &&
           node.unify(query.shape[3], key.shape[3]);
  }

  Tensor toHeads(Tensor x, int64_t heads) { return isPacked ? splitHeads(g, x, heads) : swapHeads(x); }
  Tensor fromHeads(Tensor x) { return isPacked ? mergeHeads(g, x) : swapHeads(x); }
  Tensor swapHeads(Tensor x) { return g.transpose(x, {0, 2, 1, 3}); }

  bool appendPast() {
    past = g.dim(0);
    if (!node.has(4) && !node.has(5))
      return true;
    Tensor pastKey = swapHeads(node.tensor(4)), pastValue = swapHeads(node.tensor(5));
    if (!sameElementTypes(node, {key, pastKey, pastValue}))
      return false;
    for (int64_t axis : {0, 2, 3})
      if (!node.unify(pastKey.shape[axis], key.shape[axis]) || !node.unify(pastValue.shape[axis], value.shape[axis]))
        return false;
    past = pastKey.shape[1];
    key = g.concat({pastKey, key}, 1), value = g.concat({pastValue, value}, 1);
    return key && value;
  }

  bool readAttributes() {
    auto features = dyn_cast<AffineConstantExpr>(query.shape[3]);
    double standard = features ? 1.0 / std::sqrt(static_cast<double>(features.getValue())) : 0;
    scale = node.hasAttribute("scale") ? node.real("scale", 1) : standard;
    softCap = node.real("softcap", 0);
    isCausal = node.flag("is_causal", false);
    left = node.integer("left_window_size", -1), right = node.integer("right_window_size", -1);
    mode = node.integer("qk_matmul_output_mode", 0);
    node.ignore({"softmax_precision"}); // f32 or wider
    if (features && mode >= 0 && mode <= 3)
      return true;
    node.error() << "features " << g.describe(query.shape[3]) << " and attribute 'qk_matmul_output_mode' " << mode
                 << ", expected known features and a mode in [0, 3]";
    return false;
  }

  // Whether positions alone say what is seen: no length that the data decides, and queries that end with the keys.
  bool hasPlainPositions() {
    return !node.has(6) && (past == g.dim(0) || g.sameDim(g.simplify(past + query.shape[1]), key.shape[1]));
  }
  bool limitsPositions() { return isCausal || left >= 0 || right >= 0; }

  Attribute support() {
    MLIRContext *context = g.context();
    SmallVector<Attribute> parts;
    if (hasPlainPositions() && isCausal)
      parts.push_back(mixer::CausalAttr::get(context));
    if (hasPlainPositions() && (left >= 0 || right >= 0)) {
      // Unbounded: wider than any sequence.
      constexpr int64_t wide = int64_t(1) << 40;
      parts.push_back(mixer::WindowAttr::get(context, left >= 0 ? left : wide, right >= 0 ? right : wide));
    }
    if (parts.empty())
      return mixer::FullAttr::get(context);
    return parts.size() == 1 ? parts[0] : mixer::AllOfAttr::get(context, parts);
  }

  // Adds -inf where `visible` (i1) does not hold.
  void hide(Tensor visible) {
    Type type = g.builder().getF32Type();
    Tensor mask = g.select(visible, g.scalar(0, type), g.scalar(hidden, type));
    bias = bias ? g.add(bias, mask) : mask;
  }

  // Sizes [b|1, h|1, T|1, S]: the mask's, with what it does not say hidden.
  bool readMask() {
    Tensor mask = node.tensor(3);
    if (!mask || mask.rank() > 4 || mask.rank() < 1)
      return mask && (node.fail("mask of rank " + Twine(mask.rank()) + ", expected 1 to 4"), false);
    Shape shape(4 - mask.rank(), g.dim(1));
    llvm::append_range(shape, mask.shape);
    mask = g.reshape(mask, shape);
    if (mask && mask.elementType.isInteger(1))
      mask = g.select(mask, g.scalar(0, g.builder().getF32Type()), g.scalar(hidden, g.builder().getF32Type()));
    mask = g.cast(mask, computeType());
    Dim missing = g.simplify(key.shape[1] - mask.shape[3]);
    if (mask.shape[3] != g.dim(1) && bounds(missing).low >= 0 && missing != g.dim(0)) {
      SmallVector<Dim> low(4, g.dim(0)), high = low;
      high[3] = missing;
      mask = g.pad(mask, low, high, hidden);
    }
    Shape full = {query.shape[0], query.shape[2], query.shape[1], key.shape[1]};
    if (!mask || !node.unifyBroadcast({full, mask.shape}))
      return false;
    bias = mask;
    return true;
  }

  Type computeType() { return query.elementType.isF64() ? query.elementType : Type(g.builder().getF32Type()); }

  // Keys behind the valid ones, and positions that the number of valid keys decides.
  bool hideInvalid() {
    Type index = g.builder().getI64Type();
    Tensor valid = node.has(6) ? g.cast(node.tensor(6), index) : Tensor();
    Tensor keyPlace = g.iota({g.dim(1), g.dim(1), g.dim(1), key.shape[1]}, 3, index);
    if (valid) {
      valid = g.reshape(valid, {valid.shape[0], g.dim(1), g.dim(1), g.dim(1)});
      hide(g.compare(Compare::Less, keyPlace, valid));
    }
    if (hasPlainPositions() || !limitsPositions())
      return true;
    Tensor offset = valid ? g.sub(valid, emitLiteral(g, Literal{index, {}, {{query.shape[1]}}}))
                          : emitLiteral(g, Literal{index, {}, {{past}}});
    Tensor place = g.add(g.iota({g.dim(1), g.dim(1), query.shape[1], g.dim(1)}, 2, index), offset);
    if (isCausal)
      hide(g.compare(Compare::LessEqual, keyPlace, place));
    if (left >= 0)
      hide(g.compare(Compare::GreaterEqual, keyPlace, g.add(place, static_cast<double>(-left))));
    if (right >= 0)
      hide(g.compare(Compare::LessEqual, keyPlace, g.add(place, static_cast<double>(right))));
    return !limitsPositions() || bool(bias);
  }

  bool buildBias() { return (!node.has(3) || readMask()) && hideInvalid(); }

  Tensor mix() {
    MLIRContext *context = g.context();
    MixSpec spec;
    spec.query = query, spec.key = key, spec.value = value;
    spec.bias = bias;
    spec.support = support();
    bool isAtEnd = past != g.dim(0) && hasPlainPositions();
    spec.layout =
        mixer::LayoutAttr::get(context, mixer::Order::Forward, isAtEnd ? mixer::Align::End : mixer::Align::Start);
    spec.score = mixer::SoftmaxAttr::get(context, APFloat(scale), APFloat(softCap),
                                         bias ? mixer::BiasKind::Dense : mixer::BiasKind::None);
    spec.norm = mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0));
    SmallVector<Tensor> results = g.mix(spec);
    return results.empty() ? Tensor() : results[0];
  }

  //--- the scores as an output, which only a dense computation has ---

  // [B, H, T, S]
  Tensor scores() {
    int64_t groups = 1;
    auto queryHeads = dyn_cast<AffineConstantExpr>(query.shape[2]),
         keyHeads = dyn_cast<AffineConstantExpr>(key.shape[2]);
    if (!queryHeads || !keyHeads)
      return {};
    groups = queryHeads.getValue() / keyHeads.getValue();
    Tensor repeated = g.transpose(key, {0, 2, 3, 1});
    if (groups > 1) {
      Shape wide = {repeated.shape[0], repeated.shape[1], g.dim(groups), repeated.shape[2], repeated.shape[3]};
      repeated = g.broadcastTo(g.unsqueeze(repeated, 2), wide);
      repeated = g.reshape(repeated, {wide[0], query.shape[2], wide[3], wide[4]});
    }
    Type type = query.elementType;
    Tensor raw = g.mul(g.cast(g.matmul(swapHeads(query), repeated), computeType()), scale);
    if (mode >= 1 && softCap > 0)
      raw = g.mul(g.unary(Unary::Tanh, g.mul(raw, 1 / softCap)), softCap);
    Tensor mask = mode >= 2 ? positionMask() : Tensor();
    if (mode >= 2 && bias)
      raw = g.add(raw, bias);
    if (mask)
      raw = g.add(raw, mask);
    if (mode == 3)
      raw = visibleSoftmax(raw);
    return g.cast(raw, type);
  }

  // What the support hides, as numbers.
  Tensor positionMask() {
    if (!hasPlainPositions() || !limitsPositions())
      return {};
    Type index = g.builder().getI64Type();
    Tensor saved = std::exchange(bias, Tensor());
    Tensor keyPlace = g.iota({query.shape[1], key.shape[1]}, 1, index);
    Tensor place =
        g.add(g.iota({query.shape[1], key.shape[1]}, 0, index), emitLiteral(g, Literal{index, {}, {{past}}}));
    if (isCausal)
      hide(g.compare(Compare::LessEqual, keyPlace, place));
    if (left >= 0)
      hide(g.compare(Compare::GreaterEqual, keyPlace, g.add(place, static_cast<double>(-left))));
    if (right >= 0)
      hide(g.compare(Compare::LessEqual, keyPlace, g.add(place, static_cast<double>(right))));
    return std::exchange(bias, saved);
  }

  // Softmax in which a row of -inf is 0.
  Tensor visibleSoftmax(Tensor x) {
    Tensor top = g.clamp(g.reduce(Reduce::Max, x, 3), -3e38, std::nullopt);
    Tensor weights = g.unary(Unary::Exp, g.sub(x, top));
    Tensor sum = g.reduce(Reduce::Sum, weights, 3);
    Tensor isEmpty = g.compare(Compare::Equal, sum, g.scalar(0, sum.elementType));
    return g.div(weights, g.select(isEmpty, g.scalar(1, sum.elementType), sum));
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor query, key, value, bias;
  bool isPacked = false, isCausal = false;
  Dim past;
  double scale = 1, softCap = 0;
  int64_t left = -1, right = -1, mode = 0;
};

} // namespace

static Results convertAttention(NodeReader &node) { return AttentionConverter(node).convert(); }

void registerAttention(OpTable &table) { table.add({{"Attention", 23, convertAttention}}); }

} // namespace heddle::onnx

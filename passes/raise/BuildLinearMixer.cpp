#include "passes/raise/LinearMixer.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {
namespace {

class MixerBuilder {
public:
  MixerBuilder(ImplicitLocOpBuilder &b, const LinearMixer &mixer, Value output)
      : b(b), mixer(mixer), output(output), element(getElementTypeOrSelf(output.getType())) {}

  Value build() {
    Value query = operand(mixer.query, Feature::Key), key = operand(mixer.key, Feature::Key),
          value = operand(mixer.value, Feature::Value);
    SmallVector<Value> decay = decays();
    if (!query || !key || !value || (decay.empty() && mixer.decayKind != DecayKind::None))
      return nullptr;
    if (mixer.step)
      decay.insert(decay.begin(), operand(mixer.step, Feature::None));
    if (llvm::is_contained(decay, Value()))
      return nullptr;
    auto of = [](const std::optional<Influence> &role) { return role ? &*role : nullptr; };
    Value init = emptyOutput(b, mixer.dims, output,
                             {of(mixer.value), of(mixer.query), of(mixer.key), of(mixer.decay), of(mixer.step)});
    if (!init)
      return nullptr;
    MLIRContext *context = b.getContext();
    auto score = mixer::LinearAttr::get(context, APFloat(mixer.scale), false);
    auto norm = mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0));
    auto mix =
        mixer::MixOp::create(b, TypeRange{init.getType()}, query, key, value, decay, Value(), current(), Value(),
                             ValueRange(), init, layout(), support(), transport(), score, norm, mixer::FormAttr());
    return fromSlots(b, mix.getResult(0), slotsOfOutput(), cast<RankedTensorType>(output.getType()));
  }

private:
  enum class Feature { Key, Value, None };

  std::optional<int64_t> dimOf(const Influence &input, std::optional<int64_t> outputDim) {
    return outputDim ? input.inputDim(*outputDim) : std::nullopt;
  }

  Slots slotsOfOutput() { return {mixer.dims.batch, mixer.dims.token, mixer.dims.head, mixer.dims.feature}; }

  Value operand(const std::optional<Influence> &role, Feature feature) {
    if (!role)
      return ones(b, element, 4);
    Slots slots = {dimOf(*role, mixer.dims.batch), role->tokenDim, dimOf(*role, mixer.dims.head)};
    if (feature != Feature::None)
      slots.push_back(feature == Feature::Key ? contractedDim(*role) : dimOf(*role, mixer.dims.feature));
    return toSlots(b, role->input, slots);
  }

  SmallVector<Value> decays() {
    if (mixer.decayKind == DecayKind::None)
      return {};
    if (mixer.decayKind == DecayKind::Constant) {
      // A probe has fewer heads where all are alike.
      int64_t heads = mixer.dims.head ? cast<RankedTensorType>(output.getType()).getDimSize(*mixer.dims.head) : 1;
      auto type = RankedTensorType::get({1, 1, heads}, element);
      SmallVector<Attribute> values;
      for (int64_t head = 0; head < heads; ++head)
        values.push_back(b.getFloatAttr(element, mixer.logDecays[head % mixer.logDecays.size()]));
      return {arith::ConstantOp::create(b, DenseElementsAttr::get(type, values))};
    }
    const Influence &decay = *mixer.decay;
    Slots slots = {dimOf(decay, mixer.dims.batch), decay.tokenDim, dimOf(decay, mixer.dims.head)};
    if (mixer.isElementwise)
      slots.append({contractedDim(decay), dimOf(decay, mixer.dims.feature)});
    else if (contractedDim(decay))
      slots.push_back(contractedDim(decay));
    Value placed = toSlots(b, decay.input, slots);
    if (!placed)
      return {};
    return {asLogarithm(placed)};
  }

  Value asLogarithm(Value decay) {
    if (mixer.decayKind == DecayKind::Logarithm && std::abs(mixer.logFactor - 1) < 1e-7)
      return decay;
    mixer::TensorMath math(b.getLoc(), b);
    return math.elementwise({decay}, [&](ImplicitLocOpBuilder &body, ValueRange at) -> Value {
      if (mixer.decayKind == DecayKind::Factor)
        return math::LogOp::create(body, at[0]);
      return arith::MulFOp::create(body, at[0], mixer::real(body, at[0].getType(), mixer.logFactor));
    });
  }

  /// Nothing of the current token is read where only those before it count.
  Value current() {
    if (mixer.reach != Reach::StrictPast && mixer.reach != Reach::StrictFuture)
      return nullptr;
    int64_t features = 1;
    if (std::optional<int64_t> dim = mixer.key ? contractedDim(*mixer.key) : std::nullopt)
      features = cast<RankedTensorType>(mixer.key->input.getType()).getDimSize(*dim);
    auto type = RankedTensorType::get({1, features}, element);
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getFloatAttr(element, 0.0)));
  }

  mixer::LayoutAttr layout() {
    bool isReverse = mixer.reach == Reach::Future || mixer.reach == Reach::StrictFuture;
    return mixer::LayoutAttr::get(b.getContext(), isReverse ? mixer::Order::Reverse : mixer::Order::Forward,
                                  mixer::Align::Start);
  }

  mixer::SupportAttrInterface support() {
    if (mixer.reach == Reach::Everywhere)
      return mixer::FullAttr::get(b.getContext());
    if (mixer.window)
      return mixer::WindowAttr::get(b.getContext(), *mixer.window, 0);
    return mixer::CausalAttr::get(b.getContext());
  }

  mixer::TransportAttrInterface transport() {
    MLIRContext *context = b.getContext();
    if (mixer.step)
      return mixer::DeltaAttr::get(context, mixer.decayKind != DecayKind::None);
    if (mixer.decayKind == DecayKind::None)
      return mixer::IdentityAttr::get(context);
    if (mixer.isElementwise)
      return mixer::ElementwiseAttr::get(context, false);
    if (mixer.decay && contractedDim(*mixer.decay))
      return mixer::KeyChannelAttr::get(context);
    return mixer::ScalarAttr::get(context);
  }

  ImplicitLocOpBuilder &b;
  const LinearMixer &mixer;
  Value output;
  Type element;
};

} // namespace

Value emptyOutput(ImplicitLocOpBuilder &b, const OutputDims &dims, Value output, ArrayRef<const Influence *> inputs) {
  auto type = cast<RankedTensorType>(output.getType());
  auto sizeOf = [&](std::optional<int64_t> dim) -> OpFoldResult {
    if (!dim)
      return b.getIndexAttr(1);
    if (!type.isDynamicDim(*dim))
      return b.getIndexAttr(type.getDimSize(*dim));
    for (const Influence *input : inputs)
      if (std::optional<int64_t> from = !input              ? std::nullopt
                                        : dim == dims.token ? input->tokenDim
                                                            : input->inputDim(*dim))
        return tensor::getMixedSize(b, b.getLoc(), input->input, *from);
    return OpFoldResult();
  };
  SmallVector<OpFoldResult> sizes = {sizeOf(dims.batch), sizeOf(dims.token), sizeOf(dims.head), sizeOf(dims.feature)};
  if (llvm::any_of(sizes, [](OpFoldResult size) { return size.isNull(); }))
    return nullptr;
  return tensor::EmptyOp::create(b, sizes, type.getElementType());
}

Value buildLinearMixer(ImplicitLocOpBuilder &b, const LinearMixer &mixer, Value output) {
  return MixerBuilder(b, mixer, output).build();
}

} // namespace heddle

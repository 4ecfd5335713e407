#include "passes/raise/LinearRoles.h"

#include "dialects/mixer/reference/Tolerance.h"

using namespace mlir;

namespace heddle {
namespace {

struct NumberedInput {
  unsigned number;
  Influence influence;
};

class Assignment {
public:
  Assignment(const Probe &probe, LinearMixer &mixer, std::string &why) : probe(probe), mixer(mixer), why(why) {}

  std::optional<LinearRoles> run() {
    for (unsigned input = 0; input < probe.numInputs(); ++input) {
      std::optional<Influence> influence = probe.influence(input);
      if (!influence)
        return fail("an input has no influence at some element"), std::nullopt;
      if (!sort({input, *influence}))
        return fail("the output is not a sum of products of the inputs"), std::nullopt;
    }
    if (bent.size() == 1)
      give(mixer.decay, roles.decay, bent.front());
    bool isDelta = bent.size() > 1;
    return (isDelta ? assignDelta() : assignMoving()) ? std::optional(roles) : std::nullopt;
  }

private:
  bool fail(const Twine &reason) {
    why = reason.str();
    return false;
  }

  static void give(std::optional<Influence> &role, std::optional<unsigned> &number, const NumberedInput &input) {
    role = input.influence;
    number = input.number;
  }

  /// False for what no operand does.
  bool sort(const NumberedInput &input) {
    const Influence &influence = input.influence;
    bool isLocal = influence.reach == Reach::Local;
    if (influence.isLinear && !isLocal && influence.reach != Reach::None) {
      moving.push_back(input);
      return true;
    }
    if (!influence.isLinear) {
      bent.push_back(input);
      return influence.reach != Reach::None && !isLocal;
    }
    bool isFirst = !mixer.query;
    give(mixer.query, roles.query, input);
    return isFirst && isLocal;
  }

  /// Of the inputs that go along tokens the value is the one that chooses more of the output.
  bool assignMoving() {
    if (moving.empty() || moving.size() > 2)
      return fail(Twine(moving.size()) + " inputs go along tokens linearly, expected a value and perhaps a key");
    mixer.reach = moving[0].influence.reach;
    auto ties = [](const NumberedInput &input) {
      return llvm::count_if(input.influence.outputDims, [](auto dim) { return dim; });
    };
    auto isSummed = [](const NumberedInput &input) { return contractedDim(input.influence).has_value(); };
    if (moving.size() == 1) {
      bool isKey = isSummed(moving[0]);
      give(isKey ? mixer.key : mixer.value, isKey ? roles.key : roles.value, moving[0]);
      return true;
    }
    if (moving[1].influence.reach != mixer.reach)
      return fail("key and value do not reach the same tokens");
    bool isFirstValue =
        ties(moving[0]) > ties(moving[1]) || (ties(moving[0]) == ties(moving[1]) && !isSummed(moving[0]));
    give(mixer.value, roles.value, moving[isFirstValue ? 0 : 1]);
    give(mixer.key, roles.key, moving[isFirstValue ? 1 : 0]);
    return true;
  }

  /// A key that corrects what the state holds for it is no factor of a product.
  bool assignDelta() {
    constexpr const char *notDelta = "the output is neither a sum of products of the inputs nor that of a delta rule";
    bool isPast = llvm::all_of(bent, [](const NumberedInput &each) { return each.influence.reach == Reach::Past; });
    if (bent.size() > 3 || !isPast || moving.size() != 1 || moving[0].influence.reach != Reach::Past || !mixer.query)
      return fail(notDelta);
    mixer.reach = Reach::Past;
    give(mixer.value, roles.value, moving[0]);
    for (const NumberedInput &each : bent) {
      bool isKey = contractedDim(each.influence).has_value();
      bool isStep = !isKey && isStepOf(each.number);
      std::optional<Influence> &role = isKey ? mixer.key : isStep ? mixer.step : mixer.decay;
      if (role)
        return fail(notDelta);
      give(role, isKey ? roles.key : isStep ? roles.step : roles.decay, each);
    }
    return (mixer.key && mixer.step) || fail(notDelta);
  }

  /// Whether the value of a token, where it is the only one, enters in proportion to the input at that token.
  bool isStepOf(unsigned input) const {
    int64_t token = probe.outputShape()[probe.tokenDim()] / 3;
    std::optional<ReferenceTensor> once = outputOfOne(token, input, 1), twice = outputOfOne(token, input, 2);
    if (!once || !twice)
      return false;
    double slack = 1e-9 * maxMagnitude(*once);
    SmallVector<int64_t> index(once->rank(), 0);
    int64_t offset = 0;
    bool grows = true;
    do {
      if (index[probe.tokenDim()] == token)
        grows &= std::abs(twice->data[offset] - 2 * once->data[offset]) <= slack;
      ++offset;
    } while (nextIndex(index, once->shape));
    return grows;
  }

  /// The output where no other token has a value, and an input is a multiple of itself there.
  std::optional<ReferenceTensor> outputOfOne(int64_t token, unsigned scaled, double factor) const {
    SmallVector<ReferenceTensor> inputs(probe.inputs());
    auto scale = [&](unsigned number, int64_t tokenDim, double here, double elsewhere) {
      ReferenceTensor &tensor = inputs[number];
      SmallVector<int64_t> index(tensor.rank(), 0);
      int64_t offset = 0;
      do
        tensor.data[offset++] *= index[tokenDim] == token ? here : elsewhere;
      while (nextIndex(index, tensor.shape));
    };
    scale(moving[0].number, *moving[0].influence.tokenDim, 1, 0);
    const NumberedInput *input = llvm::find_if(bent, [&](const NumberedInput &each) { return each.number == scaled; });
    scale(scaled, *input->influence.tokenDim, factor, 1);
    return probe.evaluate(inputs);
  }

  const Probe &probe;
  LinearMixer &mixer;
  std::string &why;
  LinearRoles roles;
  SmallVector<NumberedInput> moving, bent; // linear along tokens, and not linear
};

} // namespace

std::optional<LinearRoles> LinearRoles::assign(const Probe &probe, LinearMixer &mixer, std::string &why) {
  return Assignment(probe, mixer, why).run();
}

} // namespace heddle

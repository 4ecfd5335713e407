// A compiled step, driven through the runtime's states, against the entry on whole sequences and
// against itself. What continues from a saved, forked or reset state is compared bit by bit.
// usage: States PACKAGE, with entries `forward` and `step` from one input to one output of f32, rows and tokens first.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <heddle/runtime.hpp>
#include <random>

namespace {

constexpr int64_t kRows = 2, kTokens = 128;

/// Elements of four or eight bytes, [rows, tokens, ..].
struct Tensor {
  heddle_dtype_t dtype;
  std::vector<int64_t> shape;
  std::vector<char> bytes;

  Tensor(const heddle_tensor_info_t *info, int64_t tokens) : dtype(info->dtype) {
    shape = {kRows, tokens};
    for (int32_t dim = 2; dim < info->rank; ++dim)
      shape.push_back(info->sizes[dim]);
    bytes.resize(static_cast<size_t>(kRows * tokens) * tokenBytes());
  }
  size_t tokenBytes() const {
    size_t size = dtype.bits / 8;
    for (size_t dim = 2; dim < shape.size(); ++dim)
      size *= static_cast<size_t>(shape[dim]);
    return size;
  }
  char *at(int64_t row, int64_t token) {
    return bytes.data() + static_cast<size_t>(row * shape[1] + token) * tokenBytes();
  }
  heddle_tensor_view_t view() {
    return heddle_tensor_view(bytes.data(), dtype, static_cast<int32_t>(shape.size()), shape.data());
  }
};

/// A package with its own session: two of them share nothing.
struct Model {
  heddle::Package package;
  heddle::Session session;
  const heddle_entry_t *forward, *step;

  explicit Model(const std::string &path)
      : package(path), session(package), forward(package.entry("forward")), step(package.entry("step")) {}
  heddle::State newState() const { return heddle::State(step, kRows, kTokens); }
  Tensor output() const { return Tensor(heddle_entry_output(forward, 0), kTokens); }

  Tensor randomInput(unsigned seed) const {
    const heddle_tensor_info_t *info = heddle_entry_input(forward, 0);
    Tensor tensor(info, kTokens);
    std::mt19937 random(seed);
    for (size_t at = 0; at < tensor.bytes.size(); at += info->dtype.bits / 8) {
      float real = std::uniform_real_distribution<float>(-1, 1)(random);
      int64_t integer = std::uniform_int_distribution<int64_t>(info->low, std::max(info->low, info->high - 1))(random);
      if (info->dtype.code == 0)
        std::memcpy(&tensor.bytes[at], &integer, sizeof integer);
      else
        std::memcpy(&tensor.bytes[at], &real, sizeof real);
    }
    return tensor;
  }

  /// The tokens [begin, end) of `input`, at most `count` in a call, written to the same places of `output`.
  void advance(heddle::State &state, Tensor &input, Tensor &output, int64_t begin, int64_t end, int64_t count) const {
    for (int64_t first = begin; first < end; first += count) {
      int64_t tokens = std::min(count, end - first);
      Tensor in(heddle_entry_input(forward, 0), tokens), out(heddle_entry_output(forward, 0), tokens);
      for (int64_t row = 0; row < kRows; ++row)
        std::memcpy(in.at(row, 0), input.at(row, first), static_cast<size_t>(tokens) * in.tokenBytes());
      state.step(session, step, {in.view()}, {out.view()});
      for (int64_t row = 0; row < kRows; ++row)
        std::memcpy(output.at(row, first), out.at(row, 0), static_cast<size_t>(tokens) * out.tokenBytes());
    }
  }
};

bool expect(bool condition, const char *what) {
  std::printf("%s: %s\n", what, condition ? "yes" : "NO");
  return condition;
}

bool sameTokens(Tensor &left, Tensor &right, int64_t row, int64_t begin, int64_t end) {
  return !std::memcmp(left.at(row, begin), right.at(row, begin), static_cast<size_t>(end - begin) * left.tokenBytes());
}

bool sameTokens(Tensor &left, Tensor &right, int64_t begin, int64_t end) {
  return sameTokens(left, right, 0, begin, end) && sameTokens(left, right, 1, begin, end);
}

/// The largest difference, relative to the largest element.
double distance(const Tensor &expected, const Tensor &actual) {
  double difference = 0, magnitude = 0;
  for (size_t at = 0; at < expected.bytes.size(); at += sizeof(float)) {
    float left, right;
    std::memcpy(&left, &expected.bytes[at], sizeof left);
    std::memcpy(&right, &actual.bytes[at], sizeof right);
    if (!std::isfinite(left) || !std::isfinite(right))
      return INFINITY;
    difference = std::max(difference, std::fabs(double(left) - right));
    magnitude = std::max(magnitude, std::fabs(double(left)));
  }
  return difference / magnitude;
}

bool stepsEqualForward(Model &model, Tensor &input) {
  Tensor whole = model.output();
  model.session.run(model.forward, {input.view()}, {whole.view()});
  double largest = 0;
  for (int64_t prefill : {1, 37, 100})
    for (int64_t count : {1, 3, 16}) {
      heddle::State state = model.newState();
      Tensor parts = model.output();
      model.advance(state, input, parts, 0, prefill, prefill);
      model.advance(state, input, parts, prefill, kTokens, count);
      largest = std::max(largest, distance(whole, parts));
    }
  std::fprintf(stderr, "largest difference: %g\n", largest);
  return expect(largest < 1e-5, "a prefill and steps of 1, 3 and 16 tokens equal forward");
}

/// The saved bytes are all that another copy of the package gets.
bool savedStatesContinue(const Model &model, const std::string &path, Tensor &input) {
  Tensor whole = model.output();
  heddle::State state = model.newState();
  std::vector<std::vector<char>> saved;
  for (int64_t token = 0; token < kTokens; ++token) {
    if (token % 16 == 0)
      saved.push_back(state.save());
    model.advance(state, input, whole, token, token + 1, 1);
  }
  bool same = true;
  for (size_t number = 0; number < saved.size(); ++number) {
    Model other(path);
    heddle::State restored = other.newState();
    restored.restore(saved[number]);
    Tensor rest = other.output();
    int64_t begin = static_cast<int64_t>(number) * 16;
    other.advance(restored, input, rest, begin, kTokens, 1);
    same = same && sameTokens(whole, rest, begin, kTokens) && restored.save() == state.save();
  }
  return expect(same, "a state saved at every 16th token continues bit for bit");
}

/// Both branches, taken in turns, against each taken alone.
bool forksAreIndependent(const Model &model, Tensor &input, Tensor &otherInput) {
  constexpr int64_t shared = 40;
  Tensor *inputs[2] = {&input, &otherInput}, alone[2] = {model.output(), model.output()};
  for (int branch : {0, 1}) {
    heddle::State state = model.newState();
    model.advance(state, input, alone[branch], 0, shared, shared);
    model.advance(state, *inputs[branch], alone[branch], shared, kTokens, 4);
  }
  Tensor together[2] = {model.output(), model.output()};
  heddle::State first = model.newState();
  model.advance(first, input, together[0], 0, shared, shared);
  heddle::State second(first), *states[2] = {&first, &second};
  for (int64_t token = shared; token < kTokens; token += 4)
    for (int branch : {0, 1})
      model.advance(*states[branch], *inputs[branch], together[branch], token, token + 4, 4);
  bool same = sameTokens(alone[0], together[0], 0, kTokens) && sameTokens(alone[1], together[1], shared, kTokens);
  bool differ = !sameTokens(alone[0], alone[1], shared, kTokens);
  return expect(same && differ, "the branches of a fork are as if alone, bit for bit");
}

bool resetsOneRow(const Model &model, Tensor &input) {
  constexpr int64_t before = 40;
  Tensor undisturbed = model.output(), fresh = model.output(), mixed = model.output();
  heddle::State state = model.newState(), untouched = model.newState(), started = model.newState();
  model.advance(state, input, mixed, 0, before, before);
  model.advance(untouched, input, undisturbed, 0, before, before);
  state.reset(1);
  model.advance(state, input, mixed, before, kTokens, 3);
  model.advance(untouched, input, undisturbed, before, kTokens, 3);
  model.advance(started, input, fresh, before, kTokens, 3);
  bool same = sameTokens(undisturbed, mixed, 0, before, kTokens) && sameTokens(fresh, mixed, 1, before, kTokens) &&
              state.position(0) == kTokens && state.position(1) == kTokens - before;
  bool differ = !sameTokens(undisturbed, mixed, 1, before, kTokens);
  return expect(same && differ, "a reset row begins anew and the other goes on, bit for bit");
}

} // namespace

int main(int argc, char **argv) try {
  if (argc != 2)
    return 2;
  Model model(argv[1]);
  if (heddle_entry_input_count(model.forward) != 1 || heddle_entry_output_count(model.forward) != 1 ||
      heddle_entry_output(model.forward, 0)->dtype.bits != 32)
    throw std::runtime_error("package, expected one input and one output of f32 but got others");
  Tensor input = model.randomInput(1), otherInput = model.randomInput(2);
  bool good = stepsEqualForward(model, input);
  good &= savedStatesContinue(model, argv[1], input);
  good &= forksAreIndependent(model, input, otherInput);
  good &= resetsOneRow(model, input);
  return good ? 0 : 1;
} catch (const std::exception &error) {
  std::printf("error: %s\n", error.what());
  return 1;
}

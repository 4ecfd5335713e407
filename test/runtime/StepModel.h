// A compiled package with an entry `step` from one input to one output of f32, rows and tokens first, as the programs
// of this folder drive it. Where a step takes so many tokens at a time, such a block is a token here.
#ifndef HEDDLE_TEST_RUNTIME_STEPMODEL_H
#define HEDDLE_TEST_RUNTIME_STEPMODEL_H

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <heddle/runtime.hpp>
#include <random>

/// Elements of four or eight bytes, [rows, tokens, ..].
struct Tensor {
  heddle_dtype_t dtype;
  std::vector<int64_t> shape;
  int64_t block;
  std::vector<char> bytes;

  Tensor(const heddle_tensor_info_t *info, int64_t rows, int64_t tokens, int64_t block)
      : dtype(info->dtype), block(block) {
    shape = {rows, tokens * block};
    for (int32_t dim = 2; dim < info->rank; ++dim)
      shape.push_back(info->sizes[dim]);
    bytes.resize(static_cast<size_t>(rows * tokens) * tokenBytes());
  }
  int64_t rows() const { return shape[0]; }
  int64_t tokens() const { return shape[1] / block; }
  size_t tokenBytes() const {
    size_t size = static_cast<size_t>(block) * dtype.bits / 8;
    for (size_t dim = 2; dim < shape.size(); ++dim)
      size *= static_cast<size_t>(shape[dim]);
    return size;
  }
  char *at(int64_t row, int64_t token) {
    return bytes.data() + static_cast<size_t>(row * tokens() + token) * tokenBytes();
  }
  heddle_tensor_view_t view() {
    return heddle_tensor_view(bytes.data(), dtype, static_cast<int32_t>(shape.size()), shape.data());
  }
  /// `count` tokens of a row.
  void copy(int64_t row, int64_t token, Tensor &from, int64_t fromRow, int64_t fromToken, int64_t count) {
    std::memcpy(at(row, token), from.at(fromRow, fromToken), static_cast<size_t>(count) * tokenBytes());
  }
  /// Integers in their range, floats in [-1, 1).
  void fillRow(int64_t row, const heddle_tensor_info_t *info, std::mt19937 &random) {
    char *end = at(row, 0) + static_cast<size_t>(tokens()) * tokenBytes();
    for (char *element = at(row, 0); element < end; element += dtype.bits / 8) {
      float real = std::uniform_real_distribution<float>(-1, 1)(random);
      int64_t integer = std::uniform_int_distribution<int64_t>(info->low, std::max(info->low, info->high - 1))(random);
      if (dtype.code == 0)
        std::memcpy(element, &integer, sizeof integer);
      else
        std::memcpy(element, &real, sizeof real);
    }
  }
};

/// Positions and a capacity in blocks.
class State : public heddle::State {
public:
  explicit State(const heddle_entry_t *step, int64_t rows, int64_t capacity, int64_t rewind = 0)
      : heddle::State(step, rows, capacity * heddle_entry_block(step), rewind), block(heddle_entry_block(step)) {}
  int64_t position(int64_t row = 0) const { return heddle::State::position(row) / block; }
  void rewind(int64_t position, int64_t row = -1) { heddle::State::rewind(position * block, row); }
  void end(int64_t row = -1, int64_t tokens = -1) { heddle::State::end(row, tokens < 0 ? tokens : tokens * block); }

private:
  int64_t block;
};

/// A package with its own session: two of them share nothing.
struct Model {
  heddle::Package package;
  heddle::Session session;
  const heddle_entry_t *step;

  explicit Model(const std::string &path, const heddle_session_options_t *options = nullptr)
      : package(path), session(package, options), step(package.entry("step")) {
    if (input()->rank < 2 || output()->dtype.bits != 32)
      throw std::runtime_error("package, expected one input and one output of f32 but got others");
  }
  const heddle_tensor_info_t *input() const { return heddle_entry_input(step, 0); }
  const heddle_tensor_info_t *output() const { return heddle_entry_output(step, 0); }

  Tensor makeInput(int64_t rows, int64_t tokens) const {
    return Tensor(input(), rows, tokens, heddle_entry_block(step));
  }
  Tensor makeOutput(int64_t rows, int64_t tokens) const {
    return Tensor(output(), rows, tokens, heddle_entry_block(step));
  }
  Tensor randomInput(int64_t rows, int64_t tokens, unsigned seed) const {
    Tensor tensor = makeInput(rows, tokens);
    std::mt19937 random(seed);
    for (int64_t row = 0; row < rows; ++row)
      tensor.fillRow(row, input(), random);
    return tensor;
  }

  /// The tokens [begin, end) of `input`, at most `count` in a call, written to the same places of `output`.
  void advance(State &state, Tensor &input, Tensor &output, int64_t begin, int64_t end, int64_t count,
               const bool *active = nullptr) const {
    for (int64_t first = begin; first < end; first += count) {
      int64_t tokens = std::min(count, end - first);
      Tensor in = makeInput(input.rows(), tokens), out = makeOutput(input.rows(), tokens);
      for (int64_t row = 0; row < input.rows(); ++row)
        in.copy(row, 0, input, row, first, tokens);
      state.step(session, step, {in.view()}, {out.view()}, active);
      for (int64_t row = 0; row < input.rows(); ++row)
        output.copy(row, first, out, row, 0, tokens);
    }
  }
};

inline bool expect(bool condition, const char *what) {
  std::printf("%s: %s\n", what, condition ? "yes" : "NO");
  return condition;
}

inline bool sameTokens(Tensor &left, int64_t row, Tensor &right, int64_t otherRow, int64_t begin, int64_t end) {
  return !std::memcmp(left.at(row, begin), right.at(otherRow, begin),
                      static_cast<size_t>(end - begin) * left.tokenBytes());
}

inline bool sameTokens(Tensor &left, Tensor &right, int64_t begin, int64_t end) {
  bool same = true;
  for (int64_t row = 0; row < left.rows(); ++row)
    same = same && sameTokens(left, row, right, row, begin, end);
  return same;
}

#endif

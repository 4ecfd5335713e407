// A model while it is being built from its blocks.
//
// Building happens twice. The trial run makes all shapes and mixers with empty weights: every mistake of shape is found
// and all sizes are summed before memory is spent. Then the real run fills the weights in. A block cannot tell the two
// apart.
//
//   Tensor y = m.project(x, "query", 512);       // weight "blocks.0.query.weight" [features of x, 512]
//
// Mistakes made in a block are placed at the block, or at one of its keys by failAt.
#ifndef HEDDLE_FRONTENDS_JSON_MODEL_H
#define HEDDLE_FRONTENDS_JSON_MODEL_H

#include "frontends/Layers.h"
#include "frontends/json/Weights.h"

namespace heddle::json {

// The value of a key that names an input of the model, and the place of that key; empty when the key is absent.
struct InputName {
  std::string name, pointer;
  explicit operator bool() const { return !name.empty(); }
};

// What the key "state" of a block says: see States.h.
struct StateNames {
  std::string input, output, pointer;
};

class Model {
public:
  Model(GraphBuilder &g, const WeightSource &source, mlir::Type dtype, std::string file, bool isTrial)
      : g(g), dtype(dtype), f32(g.builder().getF32Type()), source(source), file(std::move(file)), isTrial(isTrial) {}

  GraphBuilder &g;
  const mlir::Type dtype; // of activations and of most weights
  const mlir::Type f32;
  std::map<std::string, Tensor> inputs;
  std::vector<std::pair<std::string, Tensor>> outputs; // the first is that of the last block
  const StateNames *state = nullptr;                   // of the block being built; null without the key

  //--- inputs and outputs of the entry ---
  Tensor namedInput(const InputName &name); // a mistake when there is none
  // Extra inputs and outputs that carry the current block's state; `part` tells them apart and is empty for the first.
  Tensor stateInput(llvm::StringRef part, Shape shape, mlir::Type type);
  void stateOutput(llvm::StringRef part, Tensor value);
  // At most `size` tokens: a bound of the symbol that the entry checks, or a mistake at `pointer`.
  bool limit(Dim dim, int64_t size, llvm::StringRef pointer);
  const std::map<unsigned, int64_t> &symbolLimits() const { return limits; }
  // So many tokens as groups of `count`; null where they cannot be told apart, with a mistake at `pointer` or, where
  // their number is a symbol, with a symbol that must be divisible: see `indivisible`.
  Dim groupsOf(Dim tokens, int64_t count, llvm::StringRef pointer);
  // A symbol that must be so many times another one. The model has to be built again with that.
  const std::optional<std::pair<unsigned, int64_t>> &indivisible() const { return multiple; }

  //--- weights; names are relative to the current block ---
  Tensor weight(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init,
                mlir::Type type = nullptr); // type: dtype when null
  // A constant computed from weights: `make` reads the declared ones. It is not called in the trial run.
  Tensor computed(llvm::ArrayRef<int64_t> sizes, llvm::function_ref<std::vector<float>()> make,
                  mlir::Type type = nullptr);
  bool declare(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes); // false when a mistake was reported
  std::vector<float> read(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init) const;
  // False when a size or a product is beyond the limits; the mistake is reported.
  bool reserve(llvm::ArrayRef<int64_t> sizes);

  //--- small layers with their weights ---
  Tensor project(Tensor x, llvm::StringRef name, int64_t features, bool bias = false);
  Tensor rmsNorm(Tensor x, llvm::StringRef name, double epsilon);
  Tensor convolve(Tensor x, llvm::StringRef name, int64_t taps, bool bias); // depthwise, causal
  Tensor gatedLinear(Tensor x, llvm::StringRef name, int64_t features);     // (x W + b) * sigmoid(x V + c)

  //--- the token-major tensor [batch, tokens, features] a block works on ---
  bool isTokenMajor(const Tensor &x); // false and a mistake when it is not
  int64_t features(const Tensor &x);  // 0 when it has none
  Tensor heads(Tensor x, int64_t heads) { return splitHeads(g, x, heads); }

  // Runs `body` with names prefixed and mistakes placed at `pointer`.
  Tensor scoped(llvm::StringRef name, llvm::StringRef pointer, llvm::function_ref<Tensor()> body);
  // One of several repetitions of the same blocks: weights and states are named by its number.
  Tensor repeated(int64_t index, llvm::StringRef pointer, llvm::function_ref<Tensor()> body);
  void enter(llvm::StringRef pointer) { g.setLocation(file + ":" + pointer.str()); }
  Tensor failAt(llvm::StringRef pointer, const llvm::Twine &message);

  uint64_t elements() const { return elementCount; }

private:
  const WeightSource &source;
  std::string stateName(const std::string &name, llvm::StringRef part) const;
  std::string file, prefix;
  std::string repetition; // "_3_0" in the first repetition of the fourth one
  std::map<unsigned, int64_t> limits;
  std::optional<std::pair<unsigned, int64_t>> multiple;
  bool isTrial;
  uint64_t elementCount = 0;
};

// What reading a block yields: it adds the block to the model and returns its output.
using Build = std::function<Tensor(Model &, Tensor)>;

} // namespace heddle::json
#endif

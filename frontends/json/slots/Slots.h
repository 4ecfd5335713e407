// The parts of the mixer block by slots. Each reads its keys and fills its operands and attributes of mixer.mix.
#ifndef HEDDLE_FRONTENDS_JSON_SLOTS_SLOTS_H
#define HEDDLE_FRONTENDS_JSON_SLOTS_SLOTS_H

#include "frontends/json/slots/Expression.h"
#include "frontends/json/slots/ScoreBias.h"
#include <algorithm>

namespace heddle::json {

// Counts of heads, and features of one head. Without keys, query and key counts are 1 and `keys` is 0.
struct HeadSizes {
  int64_t query = 1, key = 1, value = 1;
  int64_t keyFeatures = 0, valueFeatures = 0;
  int64_t state() const { return std::max(key, value); }
  int64_t output() const { return std::max(query, state()); }
};

// "score", "norm", "epsilon": what becomes of a query and a key.
struct ScoreSlot {
  bool isSoftmax = false, logKeys = false, alibi = false;
  double scale = 0, softCap = 0, epsilon = 0;
  std::string norm;
  ScoreBias bias;
  std::optional<Expression> expression;

  static ScoreSlot read(ObjectReader &slots);
  void fill(Model &m, const HeadSizes &heads, MixSpec &spec) const;
};

// An operand of a region transport: a projection of the token.
struct RegionOperand {
  std::string name, shape, activation; // shape: "head", "key", "value" or "state"
};

// "transport", "decay": what becomes of the memory from token to token.
struct TransportSlot {
  std::string kind, decay;
  int64_t kernelTokens = 0, center = 0, outputTokens = 0;
  std::string pointer;
  InputName input;
  std::optional<Expression> expression;
  std::vector<RegionOperand> operands;

  static TransportSlot read(ObjectReader &slots);
  bool isRegion() const { return kind == "region"; }
  bool isMatrix() const {
    return kind == "toeplitz" || llvm::StringRef(kind).starts_with("structured");
  } // of positions: no keys
  void fill(Model &m, Tensor x, const HeadSizes &heads, MixSpec &spec) const;

private:
  void readRegion(ObjectReader &r); // Region.cpp
  void fillRegion(Model &m, Tensor x, const HeadSizes &heads, MixSpec &spec) const;
  void fillMatrix(Model &m, Tensor x, const HeadSizes &heads, MixSpec &spec) const;
  Tensor decays(Model &m, Tensor x, llvm::SmallVector<int64_t> sizes) const;
};

} // namespace heddle::json
#endif

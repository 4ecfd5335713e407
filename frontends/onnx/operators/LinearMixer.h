// The linear mixers of LinearAttention and GatedDeltaNet: rules for a matrix state S of each head.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_LINEARMIXER_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_LINEARMIXER_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// S = exp(decay) S + beta k (v - exp(decay) S' k)', read as scale S' q; without decay or delta where they are absent.
struct LinearMixer {
  explicit LinearMixer(GraphBuilder &g) : g(g) {}

  Tensor query, key, value; // [B, T, H, features]; the query's heads are a multiple of the others'
  Tensor decay;             // logarithms: [B, T, H], or [B, T, H, key features]
  Tensor beta;              // [B, T, H|1]: the delta rule
  Tensor state;             // [B, H, key features, value features]
  double scale = 1;

  // Of state and gates.
  mlir::Type wide() { return value.elementType.isF64() ? value.elementType : mlir::Type(g.builder().getF32Type()); }
  // The output [B, T, query heads, value features] and the state; empty after a mistake.
  llvm::SmallVector<Tensor> run() { return beta && decay && decay.rank() == 4 ? loopOverTokens() : mix(); }

  // The state in front of the last `behind` tokens; zeros where there are no more tokens than that.
  Tensor stateBefore(int64_t behind);

private:
  llvm::SmallVector<Tensor> mix();
  llvm::SmallVector<Tensor> loopOverTokens();

  GraphBuilder &g;
};

// Attribute 'update_rule'.
struct LinearRule {
  bool isGated, isDelta;
};
std::optional<LinearRule> readRule(NodeReader &node);

// Reads the scale, of which 0 means the usual one, and makes the sizes of the operands fit.
bool checkLinearMixer(NodeReader &node, LinearMixer &mixer);

// [B, T, H, D] with each head repeated for those that share it.
Tensor shareHeads(GraphBuilder &g, Tensor x, Dim heads);

} // namespace heddle::onnx
#endif

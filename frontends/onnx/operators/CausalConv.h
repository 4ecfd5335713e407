// A depthwise causal convolution behind a carry: the tokens that the first outputs still reach.
//
//   CausalConv conv{.tokens = x, .weight = w, .carry = past};      // x [B, T, C], w [C, 1, k], past [B, C, (k - 1) d]
//   Tensor y = conv.run(g);                                         // [B, T, C]
//   Tensor next = conv.carryAtEnd(g);
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_CAUSALCONV_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_CAUSALCONV_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

struct CausalConv {
  Tensor tokens;        // [B, T, C]
  Tensor weight;        // [C, 1, taps]
  Tensor bias;          // [C], or empty
  Tensor carry;         // [B, C, carried()], or empty: zeros
  int64_t dilation = 1; // tokens from tap to tap
  bool hasSilu = false;
  Tensor joined = {}; // carry and tokens, [B, C, carried() + T]; made by run()

  // Makes the sizes of the operands fit; false after a reported mistake.
  bool check(NodeReader &node);
  // Attribute 'activation'; false after a reported mistake.
  bool readActivation(NodeReader &node);

  // Tokens that a carry holds.
  int64_t carried() const;
  Tensor run(GraphBuilder &g); // [B, T, C], of the tokens' type
  // After run(): the carry behind the last token.
  Tensor carryAtEnd(GraphBuilder &g);
  // The carry behind the first counts[b] tokens of each sample (i64 [B]); zeros where that is not positive.
  Tensor carryAfter(GraphBuilder &g, Tensor counts);
  // The carries behind each of the last `window` of the first counts[b] tokens, the latest last.
  llvm::SmallVector<Tensor> latestCarries(GraphBuilder &g, Tensor counts, int64_t window);
};

} // namespace heddle::onnx
#endif

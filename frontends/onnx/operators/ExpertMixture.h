// A layer of experts, of which a router chooses some for each token. Every expert is computed for every token; what the
// router has not chosen has weight zero.
//
//   ExpertMixture mixture(node);
//   if (!mixture.readTokens()) return {};
//   return mixture.mix(up, down, gate);
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_EXPERTMIXTURE_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_EXPERTMIXTURE_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

struct Projection {
  Tensor weight; // [experts, out, in], of the type of computation
  Tensor bias;   // [experts, out], or empty
  explicit operator bool() const { return bool(weight); }
};

class ExpertMixture {
public:
  explicit ExpertMixture(NodeReader &node) : node(node), g(node.g) {}

  // Input 0 [.., features] and the weights of each token's experts, from input 1 [tokens, experts]; input `share` holds
  // the weights where input 1 chooses only. False after a reported mistake.
  bool readTokens(int64_t share = -1);
  // The type of computation.
  mlir::Type wide() { return x.elementType.isF64() ? x.elementType : mlir::Type(g.builder().getF32Type()); }
  // `gate` is empty where the operator has two products for each expert only.
  Results mix(Projection up, Projection down, Projection gate);

private:
  Tensor readShares(int64_t index);
  bool route(Tensor router, Tensor shares);
  bool fits(const Projection &projection, Dim out, Dim in);
  Tensor project(const Projection &projection); // [tokens, experts, out]
  Tensor activate(Tensor up, Tensor gate);
  Tensor swiglu(Tensor up, Tensor linear);

  NodeReader &node;
  GraphBuilder &g;
  Tensor x, tokens, weights; // tokens [tokens, features]; weights [tokens, experts]
  Dim features, experts;
  std::string activation;
  int64_t fusion = 0;
  double alpha = 1, beta = 0;
  std::optional<double> limit;
};

} // namespace heddle::onnx
#endif

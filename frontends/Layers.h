// Layers that every frontend meets, built from GraphBuilder operations. Statistics, tables and sums are f32 for f16 and
// bf16 tensors.
//
//   Tensor h = rmsNorm(g, x, weight, 1e-5);
//   Tensor q = rotary(g, split(q), {.base = 10000.0});
//
// Invariant: as in GraphBuilder, an empty Tensor in is an empty Tensor out, and a mistake is reported once.
#ifndef HEDDLE_FRONTENDS_LAYERS_H
#define HEDDLE_FRONTENDS_LAYERS_H

#include "frontends/GraphBuilder.h"

namespace heddle {

// x @ weight + bias; weight [in, out], or [out, in] when transposed (the layout of PyTorch). Bias may be empty.
Tensor linear(GraphBuilder &g, Tensor x, Tensor weight, Tensor bias = {}, bool transposed = false);

// Over the axes from `axis` to the last. scale and bias may be empty; they broadcast against x.
Tensor layerNorm(GraphBuilder &g, Tensor x, Tensor scale, Tensor bias, double epsilon, int64_t axis = -1);
Tensor rmsNorm(GraphBuilder &g, Tensor x, Tensor scale, double epsilon, int64_t axis = -1);

// The last axis in `groups` equal parts, each normalised by its own mean and variance (or root mean square only). scale
// and bias [D].
Tensor groupNorm(GraphBuilder &g, Tensor x, Tensor scale, Tensor bias, int64_t groups, double epsilon,
                 bool centered = true);

// x / max(|x|, epsilon) along the last axis.
Tensor l2Normalize(GraphBuilder &g, Tensor x, double epsilon);

// Depthwise causal convolution along tokens: x [B, T, D], weight [D, k], bias [D] or empty.
// out[b,t,d] = bias[d] + sum_j weight[d,j] * x[b, t-k+1+j, d], zero before the first token.
Tensor shortConv(GraphBuilder &g, Tensor x, Tensor weight, Tensor bias = {});

struct RotaryOptions {
  double base = 10000.0;
  bool interleaved = false; // pairs (2i, 2i+1); otherwise (i, i + dim/2)
  int64_t dim = 0;          // leading features that rotate; 0 = all
  double scale = 1.0;       // positions are multiplied by it (position interpolation)
  int64_t offset = 0;       // position of the first token
};
// x [B, T, H, D]. positions: empty (0, 1, ...) or integers [B|1, T].
Tensor rotary(GraphBuilder &g, Tensor x, const RotaryOptions &options, Tensor positions = {});
// The same with given tables: cos, sin [B|1, T, dim/2] or [T, dim/2], broadcast over heads.
Tensor rotaryWithTables(GraphBuilder &g, Tensor x, Tensor cos, Tensor sin, bool interleaved);

// [.., H * D] <-> [.., H, D]
Tensor splitHeads(GraphBuilder &g, Tensor x, int64_t heads);
Tensor mergeHeads(GraphBuilder &g, Tensor x);

} // namespace heddle
#endif

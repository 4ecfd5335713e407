// Weights of a few bits: rows cut into blocks that have a scale and a zero point each, numbers packed from the low bits
// of a byte on.
//
//   Tensor matrix = dequantize(g, {.bits = 4, .block = 32, .length = 64, packed, scales, {}}, f32);
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_BLOCKWEIGHTS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_BLOCKWEIGHTS_H

#include "frontends/GraphBuilder.h"

namespace heddle::onnx {

struct BlockWeights {
  int64_t bits = 4;   // of a number: see isPackedWidth
  int64_t block = 0;  // numbers of a block
  int64_t length = 0; // numbers of a row
  Tensor packed;      // ui8 [.., bytes]
  Tensor scales;      // [.., blocks]
  Tensor zeros;       // ui8 [.., bytes], packed as well; or of a float type, [.., blocks]; empty: 2^(bits - 1)
};

// Whether numbers of that many bits fill bytes: 2, 4 or 8.
bool isPackedWidth(int64_t bits);

// [.., length] of the type (f32 or f64): (number - zero) * scale.
Tensor dequantize(GraphBuilder &g, const BlockWeights &weights, mlir::Type type);

// The first `length` numbers of each row of packed [.., bytes], as the type.
Tensor unpackNumbers(GraphBuilder &g, Tensor packed, int64_t bits, int64_t length, mlir::Type type);

} // namespace heddle::onnx
#endif

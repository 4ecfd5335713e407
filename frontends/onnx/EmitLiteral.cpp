// Literals as tensors of the entry.
#include "frontends/GraphBuilder.h"
#include "frontends/onnx/Literal.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;

namespace heddle::onnx {

static void appendElement(std::string &bytes, const Literal &literal, size_t index) {
  uint64_t bits = 0;
  if (auto floating = dyn_cast<FloatType>(literal.elementType)) {
    llvm::APFloat number(literal.elements[index].real);
    bool lost;
    number.convert(floating.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
    bits = number.bitcastToAPInt().getZExtValue();
  } else {
    bits = static_cast<uint64_t>(*literal.integer(index));
  }
  bytes.append(reinterpret_cast<const char *>(&bits), (literal.elementType.getIntOrFloatBitWidth() + 7) / 8);
}

// A short list of sizes: each element is chosen by its index.
static Tensor emitSizes(GraphBuilder &g, const Literal &literal) {
  SmallVector<Value> values;
  for (const Element &element : literal.elements)
    values.push_back(g.dimValue(element.dim));
  if (llvm::is_contained(values, Value()))
    return {};
  return g.generate(g.shape(literal.shape), literal.elementType,
                    [&](OpBuilder &b, Location at, ValueRange indices) -> Value {
                      Value result = values.front();
                      for (size_t i = 1; i < values.size(); ++i) {
                        Value here = arith::ConstantIndexOp::create(b, at, i);
                        Value isHere = arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, indices[0], here);
                        result = arith::SelectOp::create(b, at, isHere, values[i], result);
                      }
                      return arith::IndexCastOp::create(b, at, literal.elementType, result);
                    });
}

Tensor emitLiteral(GraphBuilder &g, const Literal &literal) {
  bool isKnown = literal.isFloat() || literal.integers();
  if (!isKnown && literal.rank() > 1) {
    Literal flat = literal;
    flat.shape = {static_cast<int64_t>(literal.elements.size())};
    return g.reshape(emitSizes(g, flat), g.shape(literal.shape));
  }
  if (!isKnown)
    return emitSizes(g, literal);
  std::string bytes;
  for (size_t i = 0; i < literal.elements.size(); ++i)
    appendElement(bytes, literal, i);
  return g.constant(bytes, literal.elementType, literal.shape);
}

} // namespace heddle::onnx

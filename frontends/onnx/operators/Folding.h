// Elementwise arithmetic on literals: exact for integers and sizes, rounded to the element type for floats.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_FOLDING_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_FOLDING_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

// One element of the result, or nothing when it is not known.
using ElementFold = llvm::function_ref<std::optional<Element>(llvm::ArrayRef<Element>)>;

// Applies `fold` to the broadcast elements of all inputs; empty when an input or an element is not known.
Literals foldElements(NodeReader &node, mlir::Type resultType, ElementFold fold);

// The integer of an element that does not depend on a symbol, and an element that is one.
std::optional<int64_t> constantOf(Element element);
Element integerElement(int64_t value, mlir::MLIRContext *context);

std::optional<Element> foldUnary(Unary kind, Element x, mlir::Type type);
std::optional<Element> foldBinary(Binary kind, Element a, Element b, mlir::Type type);
std::optional<Element> foldCompare(Compare kind, Element a, Element b);
std::optional<Element> foldCast(Element x, mlir::Type from, mlir::Type to);

} // namespace heddle::onnx
#endif

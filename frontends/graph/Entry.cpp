// The entry function: inputs, outputs, locations and mistakes.
#include "dialects/mixer/Mixer.h"
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace heddle {

GraphBuilder::GraphBuilder(MLIRContext *context, StringRef entryName, ArrayRef<std::string> symbolNames)
    : b(context), loc(UnknownLoc::get(context)), symbols(symbolNames.begin(), symbolNames.end()) {
  context->loadDialect<affine::AffineDialect, arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect,
                       math::MathDialect, mixer::MixerDialect, scf::SCFDialect, tensor::TensorDialect>();
  module = ModuleOp::create(loc);
  b.setInsertionPointToEnd(module->getBody());
  func = func::FuncOp::create(b, loc, entryName, b.getFunctionType({}, {}));
  b.setInsertionPointToEnd(func.addEntryBlock());
  symbolValues.resize(symbols.size());
}

GraphBuilder::~GraphBuilder() = default;

void GraphBuilder::setLocation(StringRef path) { loc = FileLineColLoc::get(context(), path, 0, 0); }

InFlightDiagnostic GraphBuilder::emitError() {
  ++errorCount;
  return mlir::emitError(loc);
}

Tensor GraphBuilder::fail(const Twine &message) {
  emitError() << message;
  return {};
}

static RankedTensorType tensorType(ArrayRef<Dim> shape, Type elementType) {
  SmallVector<int64_t> sizes;
  for (Dim dim : shape) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    sizes.push_back(constant ? constant.getValue() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(sizes, scalar::storageType(elementType));
}

// The attributes that the package's manifest is made from.
static SmallVector<NamedAttribute> boundaryAttributes(OpBuilder &b, StringRef name, const Tensor &tensor,
                                                      unsigned symbolCount) {
  AffineMap map = AffineMap::get(0, symbolCount, tensor.shape, b.getContext());
  SmallVector<NamedAttribute> attributes = {b.getNamedAttr("heddle.name", b.getStringAttr(name)),
                                            b.getNamedAttr("heddle.shape", AffineMapAttr::get(map))};
  if (scalar::storageType(tensor.elementType) != tensor.elementType)
    attributes.push_back(b.getNamedAttr("heddle.type", TypeAttr::get(tensor.elementType)));
  return attributes;
}

Tensor GraphBuilder::input(StringRef name, Shape shape, Type type, std::optional<std::pair<int64_t, int64_t>> range) {
  for (Dim &dim : shape) {
    if (!dim)
      return {};
    dim = simplify(dim);
  }
  Tensor tensor{nullptr, shape, type};
  SmallVector<NamedAttribute> attributes = boundaryAttributes(b, name, tensor, symbols.size());
  if (range)
    attributes.push_back(b.getNamedAttr("heddle.range", b.getDenseI64ArrayAttr({range->first, range->second})));
  unsigned index = func.getNumArguments();
  if (failed(func.insertArgument(index, tensorType(shape, type), b.getDictionaryAttr(attributes), loc)))
    return fail("input '" + name + "' cannot be added to the entry");
  tensor.value = func.getArgument(index);
  for (auto [axis, dim] : llvm::enumerate(shape))
    readSymbol(tensor.value, axis, dim);
  return tensor;
}

// The value of a symbol from a dimension that is the symbol, or a multiple of it.
void GraphBuilder::readSymbol(Value tensor, int64_t axis, Dim dim) {
  auto product = dyn_cast<AffineBinaryOpExpr>(dim);
  bool isMultiple = product && product.getKind() == AffineExprKind::Mul && isa<AffineConstantExpr>(product.getRHS());
  auto symbol = dyn_cast<AffineSymbolExpr>(isMultiple ? product.getLHS() : dim);
  if (!symbol || symbolValues[symbol.getPosition()])
    return;
  OpBuilder top(context());
  lastDimOp ? top.setInsertionPointAfter(lastDimOp) : top.setInsertionPointToStart(&func.front());
  auto dimOp = tensor::DimOp::create(top, loc, tensor, axis);
  lastDimOp = dimOp;
  if (isMultiple) {
    AffineMap quotient = AffineMap::get(0, 1, getAffineSymbolExpr(0, context()).floorDiv(product.getRHS()));
    lastDimOp = affine::AffineApplyOp::create(top, loc, quotient, ValueRange{dimOp});
  }
  symbolValues[symbol.getPosition()] = lastDimOp->getResult(0);
}

void GraphBuilder::output(StringRef name, Tensor tensor) {
  if (tensor)
    outputs.push_back({name.str(), tensor});
}

OwningOpRef<ModuleOp> GraphBuilder::finish() {
  if (!errorCount && outputs.empty())
    emitError() << "model has no output, expected at least one";
  if (errorCount)
    return nullptr;
  SmallVector<Value> values;
  for (auto &[name, tensor] : outputs)
    values.push_back(tensor.value);
  func::ReturnOp::create(b, loc, values);
  func.setType(b.getFunctionType(func.getArgumentTypes(), ValueRange(values).getTypes()));
  for (auto [index, entry] : llvm::enumerate(outputs))
    for (NamedAttribute attribute : boundaryAttributes(b, entry.first, entry.second, symbols.size()))
      func.setResultAttr(index, attribute.getName(), attribute.getValue());
  SmallVector<StringRef> names(symbols.begin(), symbols.end());
  func->setAttr("heddle.symbols", b.getStrArrayAttr(names));
  if (failed(verify(*module)))
    return nullptr;
  return std::move(module);
}

} // namespace heddle

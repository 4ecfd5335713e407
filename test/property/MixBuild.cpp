// A module with the function @forward from a spec.
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "test/property/MixSpec.h"

using namespace mlir;

namespace heddle::test {
namespace {

class MixBuilder {
public:
  explicit MixBuilder(const MixSpec &spec)
      : spec(spec), arguments(argumentsOf(spec)), b(UnknownLoc::get(spec.context), spec.context) {}

  OwningOpRef<ModuleOp> build() {
    OwningOpRef<ModuleOp> module = ModuleOp::create(b.getLoc());
    b.setInsertionPointToEnd(module->getBody());
    SmallVector<Type> inputs, results;
    for (const MixArgument &argument : arguments.all)
      inputs.push_back(argument.type());
    for (const MixArgument &result : arguments.results)
      results.push_back(result.type());
    function = func::FuncOp::create(b, "forward", b.getFunctionType(inputs, results));
    describeBoundary();
    b.setInsertionPointToStart(function.addEntryBlock());
    mixer::MixOp mix = buildMix();
    addScoreBody(mix);
    addStateBody(mix);
    func::ReturnOp::create(b, mix.getResults());
    return module;
  }

private:
  void describeBoundary();
  AffineMap shapeMap(const MixArgument &argument) const;
  Value sizeOf(char symbol);
  Value argument(int index) { return index < 0 ? Value() : Value(function.getArgument(index)); }
  mixer::MixOp buildMix();
  void addScoreBody(mixer::MixOp mix);
  void addStateBody(mixer::MixOp mix);
  Value extend(Value value);
  Value nextState(Value state, Value drive);
  Value nextStateByPoint(Value state, Value drive);

  const MixSpec &spec;
  MixArguments arguments;
  ImplicitLocOpBuilder b;
  func::FuncOp function;
  std::string symbols;
};

//===--- boundary -------------------------------------------------------------------------===//

AffineMap MixBuilder::shapeMap(const MixArgument &argument) const {
  SmallVector<AffineExpr> dims;
  for (auto [size, symbol] : llvm::zip_equal(argument.shape, argument.symbols))
    dims.push_back(symbol ? getAffineSymbolExpr(symbols.find(symbol), spec.context)
                          : getAffineConstantExpr(size, spec.context));
  return AffineMap::get(0, symbols.size(), dims, spec.context);
}

void MixBuilder::describeBoundary() {
  for (char symbol : {'B', 'T', 'S', 'R'})
    if (llvm::any_of(arguments.all, [&](const MixArgument &a) { return llvm::is_contained(a.symbols, symbol); }))
      symbols += symbol;
  SmallVector<Attribute> names;
  for (char symbol : symbols)
    names.push_back(b.getStringAttr(StringRef(&symbol, 1)));
  function->setAttr("heddle.symbols", b.getArrayAttr(names));
  for (auto [index, argument] : llvm::enumerate(arguments.all)) {
    function.setArgAttr(index, "heddle.name", b.getStringAttr(argument.name));
    function.setArgAttr(index, "heddle.shape", AffineMapAttr::get(shapeMap(argument)));
  }
  for (auto [index, result] : llvm::enumerate(arguments.results)) {
    function.setResultAttr(index, "heddle.name", b.getStringAttr(result.name));
    function.setResultAttr(index, "heddle.shape", AffineMapAttr::get(shapeMap(result)));
  }
}

Value MixBuilder::sizeOf(char symbol) {
  for (auto [index, argument] : llvm::enumerate(arguments.all))
    for (auto [dim, own] : llvm::enumerate(argument.symbols))
      if (own == symbol)
        return tensor::DimOp::create(b, function.getArgument(index), int64_t(dim));
  llvm_unreachable("every symbol of a result is a dimension of an argument");
}

//===--- the op ---------------------------------------------------------------------------===//

mixer::MixOp MixBuilder::buildMix() {
  SmallVector<Value> inits, transport, state;
  SmallVector<Type> types;
  for (const MixArgument &result : arguments.results) {
    SmallVector<Value> sizes;
    for (char symbol : result.symbols)
      if (symbol)
        sizes.push_back(sizeOf(symbol));
    types.push_back(result.type());
    inits.push_back(tensor::EmptyOp::create(b, result.type(), sizes));
  }
  for (int index : arguments.transport)
    transport.push_back(argument(index));
  for (int index : arguments.state)
    state.push_back(argument(index));
  return mixer::MixOp::create(b, types, argument(arguments.query), argument(arguments.key), argument(arguments.value),
                              transport, argument(arguments.bias), argument(arguments.current),
                              argument(arguments.segments), argument(arguments.positions), argument(arguments.pastKey),
                              argument(arguments.pastValue), argument(arguments.places), state, inits, spec.layout,
                              spec.support, spec.transport, spec.score, spec.norm, mixer::FormAttr());
}

void MixBuilder::addScoreBody(mixer::MixOp mix) {
  if (spec.scoreBody == ScoreBody::None)
    return;
  OpBuilder::InsertionGuard guard(b);
  Type type = spec.computeType(), index = b.getIndexType();
  Block *body = b.createBlock(&mix.getScoreRegion(), {}, {type, index, index, index, index},
                              SmallVector<Location>(5, b.getLoc()));
  Value score = body->getArgument(0), i = body->getArgument(3), j = body->getArgument(4);
  auto real = [&](double value) { return arith::ConstantOp::create(b, b.getFloatAttr(type, value)); };
  if (spec.scoreBody == ScoreBody::Cap) {
    score = math::TanhOp::create(b, score);
  } else if (spec.scoreBody == ScoreBody::Distance) {
    Value distance = arith::SubIOp::create(b, arith::MaxSIOp::create(b, i, j), arith::MinSIOp::create(b, i, j));
    Value number = arith::SIToFPOp::create(b, type, arith::IndexCastOp::create(b, b.getI32Type(), distance));
    Value slope = arith::AddFOp::create(b, arith::MulFOp::create(b, number, real(0.125)), real(1.0));
    score = arith::DivFOp::create(b, score, slope);
  } else {
    Value two = arith::ConstantIndexOp::create(b, 2), zero = arith::ConstantIndexOp::create(b, 0);
    Value rest = arith::RemUIOp::create(b, arith::AddIOp::create(b, i, j), two);
    Value even = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, zero);
    score = arith::SelectOp::create(b, even, score, arith::MulFOp::create(b, score, real(0.5)));
  }
  mixer::YieldOp::create(b, score);
}

/// A scalar or tensor in the compute type.
Value MixBuilder::extend(Value value) {
  if (getElementTypeOrSelf(value) == spec.computeType())
    return value;
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  Type type = tensor ? Type(tensor.clone(spec.computeType())) : Type(spec.computeType());
  return arith::ExtFOp::create(b, type, value);
}

/// On scalars, or on whole tensors.
Value MixBuilder::nextState(Value state, Value drive) {
  drive = extend(drive);
  switch (spec.stateBody) {
  case StateBody::Gate:
    return arith::MulFOp::create(b, state, drive);
  case StateBody::Tanh:
    return math::TanhOp::create(b, Value(arith::AddFOp::create(b, state, drive)));
  case StateBody::Whole: {
    Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, state, drive);
    Value larger = arith::SelectOp::create(b, isLess, drive, state);
    return arith::MulFOp::create(b, larger, Value(math::TanhOp::create(b, drive)));
  }
  case StateBody::None:
    break;
  }
  llvm_unreachable("a body that computes a state");
}

/// One elementwise linalg op over the state and the operand of the token.
Value MixBuilder::nextStateByPoint(Value state, Value drive) {
  AffineMap identity = b.getMultiDimIdentityMap(4);
  auto next = linalg::GenericOp::create(b, b.getLoc(), TypeRange{state.getType()}, ValueRange{state, drive},
                                        ValueRange{state}, {identity, identity, identity},
                                        SmallVector<utils::IteratorType>(4, utils::IteratorType::parallel),
                                        [&](OpBuilder &nested, Location loc, ValueRange values) {
                                          OpBuilder::InsertionGuard guard(b);
                                          b.setInsertionPointToStart(nested.getInsertionBlock());
                                          linalg::YieldOp::create(b, nextState(values[0], values[1]));
                                        });
  return next.getResult(0);
}

void MixBuilder::addStateBody(mixer::MixOp mix) {
  if (spec.stateBody == StateBody::None)
    return;
  OpBuilder::InsertionGuard guard(b);
  const MixArgument &drive = arguments.all[arguments.transport.front()];
  SmallVector<int64_t> shape(drive.type().getShape());
  shape.erase(shape.begin() + 1);
  auto stateType = RankedTensorType::get(shape, spec.computeType());
  auto driveType = RankedTensorType::get(shape, drive.elementType);
  Block *body = b.createBlock(&mix.getTransportRegion(), {}, {stateType, driveType}, {b.getLoc(), b.getLoc()});
  bool isWhole = spec.stateBody == StateBody::Whole;
  Value state = body->getArgument(0), now = body->getArgument(1);
  mixer::YieldOp::create(b, isWhole ? nextState(state, now) : nextStateByPoint(state, now));
}

} // namespace

OwningOpRef<ModuleOp> buildMix(const MixSpec &spec) { return MixBuilder(spec).build(); }

mixer::MixOp mixOf(ModuleOp module) {
  mixer::MixOp found;
  module.walk([&](mixer::MixOp mix) { found = mix; });
  return found;
}

} // namespace heddle::test

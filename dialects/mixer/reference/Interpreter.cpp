#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/InterpreterState.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace heddle {

static const HandlerTable &handlers() {
  static const HandlerTable table = [] {
    HandlerTable rows;
    addTensorHandlers(rows);
    addSliceHandlers(rows);
    addControlHandlers(rows);
    addLinalgHandlers(rows);
    addMixHandlers(rows);
    return rows;
  }();
  return table;
}

void Interpreter::set(Value value, ReferenceTensor tensor) {
  values[value] = Capture{Scalar{0.0}, std::make_shared<const ReferenceTensor>(std::move(tensor))};
}

ReferenceTensor Interpreter::take(Value value, Operation *user) {
  Capture &capture = values.find(value)->second;
  if (capture.tensor.use_count() > 1 || !value.hasOneUse() || value.getParentBlock() != user->getBlock())
    return *capture.tensor;
  // The tensor was created non-const by set(); nobody else holds it.
  ReferenceTensor taken = std::move(const_cast<ReferenceTensor &>(*capture.tensor));
  values.erase(value);
  return taken;
}

Capture Interpreter::release(Value value) {
  Capture capture = std::move(values.find(value)->second);
  values.erase(value);
  return capture;
}

CaptureResolver Interpreter::captures() const {
  return [this](Value value) -> std::optional<Capture> {
    if (!has(value))
      return std::nullopt;
    return get(value);
  };
}

SmallVector<int64_t> Interpreter::integers(ArrayRef<OpFoldResult> mixed) const {
  SmallVector<int64_t> numbers;
  for (OpFoldResult entry : mixed) {
    std::optional<int64_t> constant = getConstantIntValue(entry);
    numbers.push_back(constant ? *constant : integer(cast<Value>(entry)));
  }
  return numbers;
}

//===--- running --------------------------------------------------------------------------===//

LogicalResult Interpreter::runScalar(Operation *op, const Instruction &scalarInstruction) {
  Instruction instruction = scalarInstruction;
  unsigned count = op->getNumOperands();
  Scalar registers[4];
  for (unsigned i = 0; i < count; ++i)
    instruction.operands[i] = i;
  instruction.result = 3;
  auto resultType = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!resultType) {
    for (unsigned i = 0; i < count; ++i)
      registers[i] = get(op->getOperand(i)).scalar;
    instruction.execute(registers);
    set(op->getResult(0), registers[3]);
    return success();
  }
  // Elementwise on tensors; the condition of arith.select may stay a scalar.
  SmallVector<Capture> operands;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  ReferenceTensor result = ReferenceTensor::zeros(resultType.getElementType(), operands[count - 1].tensor->shape);
  for (int64_t i = 0, size = result.size(); i < size; ++i) {
    for (unsigned k = 0; k < count; ++k)
      registers[k] = operands[k].tensor ? operands[k].tensor->get(i) : operands[k].scalar;
    instruction.execute(registers);
    result.set(i, registers[3]);
  }
  set(op->getResult(0), std::move(result));
  return success();
}

LogicalResult Interpreter::run(Operation *op) {
  for (Value operand : op->getOperands())
    if (!has(operand))
      return op->emitOpError("operand has no value in the reference evaluator, expected one computed before");
  auto handler = handlers().find(op->getName().getStringRef());
  if (handler != handlers().end())
    return handler->second(*this, op);
  if (std::optional<Instruction> instruction = translateScalarOp(op, precision))
    return runScalar(op, *instruction);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return runStructured(*this, structured);
  return op->emitOpError("has no meaning in the reference evaluator, expected an op of func, arith, math, tensor, "
                         "scf, linalg or mixer that works on tensors");
}

// The last op of `block` that uses each value defined in it, directly or in a nested region.
static DenseMap<Operation *, SmallVector<Value>> valuesDyingAt(Block &block) {
  DenseMap<Value, Operation *> last;
  for (Operation &op : block)
    op.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (operand.getParentBlock() == &block)
          last[operand] = &op;
    });
  DenseMap<Operation *, SmallVector<Value>> dying;
  for (auto [value, op] : last)
    dying[op].push_back(value);
  return dying;
}

LogicalResult Interpreter::runBlock(Block &block, bool dropDeadValues) {
  DenseMap<Operation *, SmallVector<Value>> dying;
  if (dropDeadValues)
    dying = valuesDyingAt(block);
  for (Operation &op : block.without_terminator()) {
    if (failed(run(&op)))
      return failure();
    if (auto dead = dying.find(&op); dead != dying.end())
      for (Value value : dead->second)
        values.erase(value);
  }
  return success();
}

//===--- entry ----------------------------------------------------------------------------===//

static LogicalResult bindInput(Interpreter &interpreter, BlockArgument argument, const ReferenceTensor &input,
                               func::FuncOp function) {
  unsigned index = argument.getArgNumber();
  auto error = [&] { return function.emitOpError("argument ") << index << " expected "; };
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type) {
    if (getElementTypeOrSelf(argument) != input.elementType || input.size() != 1)
      return error() << argument.getType() << " but got " << input.size() << " elements of " << input.elementType;
    interpreter.set(argument, input.get(0));
    return success();
  }
  bool fits = type.getElementType() == input.elementType && type.getRank() == input.rank();
  for (int64_t d = 0; fits && d < type.getRank(); ++d)
    fits = type.isDynamicDim(d) || type.getDimSize(d) == input.shape[d];
  if (!fits)
    return error() << type << " but got " << RankedTensorType::get(input.shape, input.elementType);
  interpreter.set(argument, input);
  return success();
}

LogicalResult interpret(func::FuncOp function, ArrayRef<ReferenceTensor> inputs,
                        SmallVectorImpl<ReferenceTensor> &outputs, Precision precision) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("expected a body of one block but got ") << function.getBody().getBlocks().size();
  Block &body = function.getBody().front();
  if (inputs.size() != body.getNumArguments())
    return function.emitOpError("expected ") << body.getNumArguments() << " inputs but got " << inputs.size();
  Interpreter interpreter(precision);
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
    if (failed(bindInput(interpreter, argument, input, function)))
      return failure();
  if (failed(interpreter.runBlock(body, /*dropDeadValues=*/true)))
    return failure();
  for (Value result : body.getTerminator()->getOperands()) {
    const Capture &value = interpreter.get(result);
    outputs.push_back(value.tensor ? *value.tensor : ReferenceTensor::splat(result.getType(), {}, value.scalar));
  }
  return success();
}

} // namespace heddle

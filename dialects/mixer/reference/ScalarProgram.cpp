#include "dialects/mixer/reference/ScalarProgram.h"
#include "dialects/mixer/reference/AffineEvaluation.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

void Instruction::execute(Scalar *registers) const {
  run(*this, registers);
  if (finish == Finish::Keep)
    return;
  Scalar &value = registers[result];
  if (finish == Finish::Wrap)
    value.integer = wrapInteger(value.integer, type);
  else
    value.real = roundReal(value.real, finish);
}

static void runCustom(const Instruction &instruction, Scalar *registers) { (*instruction.custom)(registers); }

class ScalarProgram::Compiler {
public:
  Compiler(Precision precision, const CaptureResolver &resolve) : precision(precision), resolve(resolve) {}

  std::optional<ScalarProgram> compile(Block &block) {
    for (BlockArgument argument : block.getArguments())
      numbers[argument] = newRegister();
    for (Operation &op : block.without_terminator())
      if (!translate(op))
        return std::nullopt;
    for (Value value : block.getTerminator()->getOperands()) {
      std::optional<unsigned> number = lookUp(value);
      if (!number)
        return std::nullopt;
      program.outputs.push_back(*number);
    }
    return std::move(program);
  }

private:
  unsigned newRegister() {
    program.file.push_back(Scalar{0.0});
    return program.file.size() - 1;
  }

  std::optional<unsigned> lookUp(Value value) {
    if (auto it = numbers.find(value); it != numbers.end())
      return it->second;
    std::optional<Capture> capture = resolve(value);
    if (!capture || capture->tensor)
      return std::nullopt;
    unsigned number = newRegister();
    program.file[number] = capture->scalar;
    numbers[value] = number;
    return number;
  }

  bool translate(Operation &op) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return translateConstant(constant);
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      numbers[index] = newRegister();
      program.indexRegisters.push_back({int64_t(index.getDim()), numbers[index]});
      return true;
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(op))
      return translateExtract(extract);
    if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
      return translateApply(apply);
    return translateScalar(op);
  }

  bool translateConstant(arith::ConstantOp constant) {
    Scalar value;
    if (auto real = dyn_cast<FloatAttr>(constant.getValue()))
      value.real = real.getValueAsDouble();
    else if (auto integer = dyn_cast<IntegerAttr>(constant.getValue()))
      value.integer = wrapInteger(integer.getValue().getSExtValue(), integer.getType());
    else
      return false;
    numbers[constant] = newRegister();
    program.file[numbers[constant]] = value;
    return true;
  }

  bool translateScalar(Operation &op) {
    std::optional<Instruction> instruction = translateScalarOp(&op, precision);
    if (!instruction || op.getNumOperands() > 3 || op.getNumResults() != 1)
      return false;
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      std::optional<unsigned> number = lookUp(operand);
      if (!number)
        return false;
      instruction->operands[i] = *number;
    }
    instruction->result = numbers[op.getResult(0)] = newRegister();
    program.code.push_back(std::move(*instruction));
    return true;
  }

  bool translateCustom(Value result, std::function<void(Scalar *)> function) {
    Instruction instruction;
    instruction.run = runCustom;
    instruction.custom = std::make_shared<std::function<void(Scalar *)>>(std::move(function));
    program.code.push_back(std::move(instruction));
    return true;
  }

  std::optional<SmallVector<unsigned>> lookUpAll(ValueRange values) {
    SmallVector<unsigned> found;
    for (Value value : values) {
      std::optional<unsigned> number = lookUp(value);
      if (!number)
        return std::nullopt;
      found.push_back(*number);
    }
    return found;
  }

  // An index outside of the tensor is clamped: the evaluator must not crash on what the compiler's kernels never do.
  bool translateExtract(tensor::ExtractOp extract) {
    std::optional<Capture> capture = resolve(extract.getTensor());
    std::optional<SmallVector<unsigned>> indices = lookUpAll(extract.getIndices());
    if (!capture || !capture->tensor || !indices || capture->tensor->size() == 0)
      return false;
    unsigned result = numbers[extract] = newRegister();
    auto tensor = capture->tensor;
    SmallVector<int64_t> strides = tensor->strides();
    return translateCustom(extract, [=, indices = *indices](Scalar *registers) {
      int64_t offset = 0;
      for (auto [d, number] : llvm::enumerate(indices))
        offset += strides[d] * std::clamp<int64_t>(registers[number].integer, 0, tensor->shape[d] - 1);
      registers[result] = tensor->get(offset);
    });
  }

  bool translateApply(affine::AffineApplyOp apply) {
    std::optional<SmallVector<unsigned>> operands = lookUpAll(apply.getMapOperands());
    if (!operands)
      return false;
    unsigned result = numbers[apply] = newRegister();
    AffineMap map = apply.getAffineMap();
    return translateCustom(apply, [=, operands = *operands](Scalar *registers) {
      SmallVector<int64_t> values;
      for (unsigned number : operands)
        values.push_back(registers[number].integer);
      registers[result].integer = evaluateAffine(map.getResult(0), values, map.getNumDims());
    });
  }

  Precision precision;
  const CaptureResolver &resolve;
  ScalarProgram program;
  DenseMap<Value, unsigned> numbers;
};

std::optional<ScalarProgram> ScalarProgram::compile(Block &block, Precision precision, const CaptureResolver &resolve) {
  return Compiler(precision, resolve).compile(block);
}

void ScalarProgram::setIndices(ArrayRef<int64_t> indices) {
  for (auto [dimension, number] : indexRegisters)
    file[number].integer = indices[dimension];
}

void ScalarProgram::run() {
  for (const Instruction &instruction : code)
    instruction.execute(file.data());
}

} // namespace heddle

#include "test/property/MixRun.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::test {

std::unique_ptr<MLIRContext> makeContext() {
  auto context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  context->loadDialect<affine::AffineDialect, arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect,
                       math::MathDialect, mixer::MixerDialect, scf::SCFDialect, tensor::TensorDialect>();
  return context;
}

SmallVector<ReferenceTensor> evaluate(ModuleOp module, ArrayRef<ReferenceTensor> inputs, Precision precision) {
  SmallVector<ReferenceTensor> outputs;
  auto function = module.lookupSymbol<func::FuncOp>("forward");
  if (failed(interpret(function, inputs, outputs, precision)))
    outputs.clear();
  return outputs;
}

MixCase::MixCase(const MixSpec &spec, uint64_t inputSeed)
    : spec(spec), module(buildMix(spec)), inputs(makeInputs(spec, inputSeed)) {
  for (const MixArgument &result : argumentsOf(spec).results)
    results.push_back(ReferenceTensor{result.elementType, result.shape, {}, {}});
}

MixOperands MixCase::operands() {
  mixer::MixOp op = mix();
  return MixOperands::of(op, [&](Value value) -> const ReferenceTensor * {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return &inputs[argument.getArgNumber()];
    for (auto [index, init] : llvm::enumerate(op.getInits()))
      if (init == value)
        return &results[index];
    return nullptr;
  });
}

std::string MixCase::describe() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mix()->print(stream);
  return text;
}

ReferenceTensor slice(const ReferenceTensor &tensor, int64_t dim, int64_t begin, int64_t end) {
  if (tensor.shape[dim] == 1)
    return tensor;
  SmallVector<int64_t> shape = tensor.shape;
  shape[dim] = end - begin;
  ReferenceTensor result = ReferenceTensor::zeros(tensor.elementType, shape);
  SmallVector<int64_t> index(shape.size(), 0), strides = tensor.strides();
  for (int64_t i = 0, size = result.size(); i < size; ++i, nextIndex(index, shape))
    result.set(i, tensor.get(dot(index, strides) + begin * strides[dim]));
  return result;
}

} // namespace heddle::test

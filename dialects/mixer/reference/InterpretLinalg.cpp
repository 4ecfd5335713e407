// Meaning of structured linalg ops: the body at every point of the iteration space, in row-major order of the loops.
//
// Three ways, fastest first: sums of products as strided loops, bodies that translate to a ScalarProgram, and bodies
// interpreted op by op (nested control flow).
#include "dialects/mixer/reference/InterpreterState.h"
#include "dialects/mixer/reference/LoopNest.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

//===--- sums of products -----------------------------------------------------------------===//

// The block argument that `value` is, looking through extensions, or -1.
int64_t argumentThroughExtension(Value value, Block &body) {
  while (auto extension = value.getDefiningOp<arith::ExtFOp>())
    value = extension.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == &body ? int64_t(argument.getArgNumber()) : -1;
}

// True for out + a * b on floats, with a and b the two inputs in some order (extended when narrower).
bool isSumOfProducts(linalg::LinalgOp op) {
  Block &body = *op.getBlock();
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || body.getNumArguments() != 3)
    return false;
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  BlockArgument out = body.getArgument(2);
  Value other = sum.getLhs() == out ? sum.getRhs() : sum.getRhs() == out ? sum.getLhs() : Value();
  auto product = other ? other.getDefiningOp<arith::MulFOp>() : arith::MulFOp();
  if (!product)
    return false;
  int64_t left = argumentThroughExtension(product.getLhs(), body);
  int64_t right = argumentThroughExtension(product.getRhs(), body);
  return left + right == 1 && left >= 0 && right >= 0;
}

// One run along the last loop. Product and sum are rounded separately, as the ops say.
void sumRow(const double *a, const double *b, double *c, int64_t n, int64_t sa, int64_t sb, int64_t sc, Finish finish) {
  if (finish == Finish::Keep) {
    for (int64_t i = 0; i < n; ++i)
      c[i * sc] += a[i * sa] * b[i * sb];
  } else if (finish == Finish::F32) {
    for (int64_t i = 0; i < n; ++i)
      c[i * sc] = float(c[i * sc]) + float(a[i * sa]) * float(b[i * sb]);
  } else {
    for (int64_t i = 0; i < n; ++i)
      c[i * sc] = roundReal(c[i * sc] + roundReal(a[i * sa] * b[i * sb], finish), finish);
  }
}

void runSumOfProducts(const LoopNest &nest, const ReferenceTensor &a, const ReferenceTensor &b, ReferenceTensor &c,
                      Precision precision) {
  Finish finish = finishOf(c.elementType, precision);
  int64_t rank = nest.bounds.size(), last = rank - 1;
  const LinearOffset &la = *nest.walks[0].linear, &lb = *nest.walks[1].linear, &lc = *nest.walks[2].linear;
  SmallVector<int64_t> loops(rank, 0), outer(ArrayRef<int64_t>(nest.bounds).drop_back());
  do {
    sumRow(a.data.data() + nest.walks[0].offset(loops), b.data.data() + nest.walks[1].offset(loops),
           c.data.data() + nest.walks[2].offset(loops), nest.bounds[last], la.coefficients[last], lb.coefficients[last],
           lc.coefficients[last], finish);
  } while (nextIndex(MutableArrayRef<int64_t>(loops).drop_back(), outer));
}

//===--- any body -------------------------------------------------------------------------===//

struct Operands {
  SmallVector<Capture> inputs; // tensors, or scalars as in linalg.fill
  SmallVector<ReferenceTensor> outputs;

  Scalar read(unsigned i, int64_t offset) const {
    if (i >= inputs.size())
      return outputs[i - inputs.size()].get(offset);
    return inputs[i].tensor ? inputs[i].tensor->get(offset) : inputs[i].scalar;
  }
};

void runProgram(ScalarProgram &program, const LoopNest &nest, Operands &operands) {
  unsigned numInputs = operands.inputs.size(), numOperands = nest.walks.size();
  SmallVector<int64_t> loops(nest.bounds.size(), 0), offsets(numOperands);
  do {
    for (unsigned i = 0; i < numOperands; ++i) {
      offsets[i] = nest.walks[i].offset(loops);
      program.registers()[i] = operands.read(i, offsets[i]);
    }
    program.setIndices(loops);
    program.run();
    for (unsigned i = numInputs; i < numOperands; ++i)
      operands.outputs[i - numInputs].set(offsets[i], program.output(i - numInputs));
  } while (nextIndex(loops, nest.bounds));
}

LogicalResult runOps(Interpreter &in, linalg::LinalgOp op, const LoopNest &nest, Operands &operands) {
  Block &body = *op.getBlock();
  unsigned numInputs = operands.inputs.size(), numOperands = nest.walks.size();
  SmallVector<int64_t> loops(nest.bounds.size(), 0);
  SmallVector<linalg::IndexOp> indices;
  body.walk([&](linalg::IndexOp index) { indices.push_back(index); });
  do {
    for (unsigned i = 0; i < numOperands; ++i)
      in.set(body.getArgument(i), operands.read(i, nest.walks[i].offset(loops)));
    for (linalg::IndexOp index : indices) {
      Scalar position;
      position.integer = loops[index.getDim()];
      in.set(index.getResult(), position);
    }
    if (failed(in.runBlock(body)))
      return failure();
    for (unsigned i = numInputs; i < numOperands; ++i)
      operands.outputs[i - numInputs].set(nest.walks[i].offset(loops),
                                          in.get(body.getTerminator()->getOperand(i - numInputs)).scalar);
  } while (nextIndex(loops, nest.bounds));
  return success();
}

LogicalResult runNest(Interpreter &in, linalg::LinalgOp op, const LoopNest &nest, Operands &operands) {
  if (nest.isLinear() && !nest.bounds.empty() && isSumOfProducts(op)) {
    runSumOfProducts(nest, *operands.inputs[0].tensor, *operands.inputs[1].tensor, operands.outputs[0], in.precision);
    return success();
  }
  if (std::optional<ScalarProgram> program = ScalarProgram::compile(*op.getBlock(), in.precision, in.captures())) {
    runProgram(*program, nest, operands);
    return success();
  }
  return runOps(in, op, nest, operands);
}

// linalg.index has its value already when runOps reaches it.
LogicalResult keepIndex(Interpreter &, Operation *) { return success(); }

//===--- softmax --------------------------------------------------------------------------===//

LogicalResult softmax(Interpreter &in, Operation *operation) {
  auto op = cast<linalg::SoftmaxOp>(operation);
  ReferenceTensor result = in.tensor(op.getInput());
  Finish finish = finishOf(result.elementType, in.precision);
  int64_t axis = op.getDimension(), length = result.shape[axis], step = result.strides()[axis];
  SmallVector<int64_t> starts = result.shape;
  starts[axis] = 1;
  SmallVector<int64_t> index(starts.size(), 0);
  if (result.size() == 0)
    return in.set(op.getResult()[0], std::move(result)), success();
  do {
    double *row = result.data.data() + dot(index, result.strides());
    double maximum = row[0], sum = 0;
    for (int64_t i = 1; i < length; ++i)
      maximum = std::max(maximum, row[i * step]);
    for (int64_t i = 0; i < length; ++i) {
      row[i * step] = roundReal(std::exp(roundReal(row[i * step] - maximum, finish)), finish);
      sum = roundReal(sum + row[i * step], finish);
    }
    for (int64_t i = 0; i < length; ++i)
      row[i * step] = roundReal(row[i * step] / sum, finish);
  } while (nextIndex(index, starts));
  in.set(op.getResult()[0], std::move(result));
  return success();
}

} // namespace

LogicalResult runStructured(Interpreter &in, linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return op.emitOpError("expected operands of tensor type but got buffers");
  Operands operands;
  SmallVector<ArrayRef<int64_t>> shapes;
  for (OpOperand *input : op.getDpsInputOperands()) {
    operands.inputs.push_back(in.get(input->get()));
    const Capture &capture = operands.inputs.back();
    shapes.push_back(capture.tensor ? ArrayRef<int64_t>(capture.tensor->shape) : ArrayRef<int64_t>());
  }
  for (Value init : op.getDpsInits())
    operands.outputs.push_back(in.take(init, op));
  for (const ReferenceTensor &output : operands.outputs)
    shapes.push_back(output.shape);
  std::optional<LoopNest> nest = LoopNest::of(op, shapes);
  if (!nest)
    return failure();
  if (elementCount(nest->bounds) > 0 && failed(runNest(in, op, *nest, operands)))
    return failure();
  for (auto [result, output] : llvm::zip_equal(op->getResults(), operands.outputs))
    in.set(result, std::move(output));
  return success();
}

void addLinalgHandlers(HandlerTable &table) {
  table[linalg::IndexOp::getOperationName()] = keepIndex;
  table[linalg::SoftmaxOp::getOperationName()] = softmax;
}

} // namespace heddle

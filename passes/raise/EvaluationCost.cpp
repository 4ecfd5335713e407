#include "passes/raise/EvaluationCost.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/reference/MixFaces.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {
namespace {

class Estimate {
public:
  explicit Estimate(ConcreteSizes &sizes) : sizes(sizes) {}

  double of(Operation *op) {
    return llvm::TypeSwitch<Operation *, double>(op)
        .Case([&](mixer::MixOp mix) { return ofMix(mix); })
        .Case([&](scf::ForOp loop) { return trips(loop) * of(*loop.getBody()); })
        .Case([&](tensor::InsertSliceOp insert) {
          // The evaluator writes into a tensor that nothing else reads.
          return elements(insert.getDest().hasOneUse() ? insert.getSource() : insert.getResult());
        })
        .Case([&](linalg::LinalgOp structured) { return ofStructured(structured); })
        .Default([&](Operation *other) { return elements(other->getResults()) + ofRegions(other); });
  }

private:
  double of(Block &block) {
    double sum = 0;
    for (Operation &op : block.without_terminator())
      sum += of(&op);
    return sum;
  }

  double ofRegions(Operation *op) {
    double sum = 0;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        sum += of(block);
    return sum;
  }

  double elements(Value value) {
    double count = 1;
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        count *= sizes.size(value, dim).value_or(1);
    return count;
  }

  double elements(ValueRange values) {
    double sum = 0;
    for (Value value : values)
      sum += elements(value);
    return sum;
  }

  double trips(scf::ForOp loop) {
    std::optional<int64_t> lower = sizes.value(loop.getLowerBound()), upper = sizes.value(loop.getUpperBound()),
                           step = sizes.value(loop.getStep());
    return lower && upper && step && *step > 0 ? std::max<int64_t>(0, llvm::divideCeilSigned(*upper - *lower, *step))
                                               : 1;
  }

  double ofStructured(linalg::LinalgOp op) {
    double count = elements(op->getResults());
    if (op.getNumReductionLoops() == 0)
      return count;
    // Reductions run over the largest operand at least.
    for (Value operand : op->getOperands())
      count = std::max(count, elements(operand));
    if (linalg::isaContractionOpInterface(op))
      count *= std::sqrt(std::max(1.0, elements(op->getOperand(0)) * elements(op->getOperand(1)) /
                                           std::max(1.0, elements(op->getResult(0)))));
    return count;
  }

  double ofMix(mixer::MixOp mix) {
    mixer::MixSizes all = mix.getSizes();
    double batch = sizes.size(mix.getResult(0), 0).value_or(1), queries = sizes.size(mix.getResult(0), 1).value_or(1);
    double keys = sizes.size(mix.getValue(), 1).value_or(1), rows = std::max<int64_t>(all.dk, 1);
    double state = batch * double(all.Hs) * rows * double(all.dv),
           read = batch * double(all.Ho) * rows * double(all.dv);
    if (mix.hasTransportRegion())
      return keys * (ofRegions(mix) + state + read);
    if (hasRecurrentFace(mix)) {
      bool isMatrix = isa<mixer::ConstantAttr>(mix.getTransport());
      return keys * (state * (isMatrix ? rows : 2) + read);
    }
    // The arithmetic of a transform takes no interpreter: 5 n log2 n flops are as fast as a twentieth of other
    // operations.
    if (hasSpectrum(mix, int64_t(queries), int64_t(keys)))
      return batch * double(all.Ho) * double(all.dv) * keys * std::log2(keys) / 4;
    // A weight adds up key features, an output feature weights.
    return batch * double(all.Ho) * queries * keys * (rows + double(all.dv));
  }

  ConcreteSizes &sizes;
};

} // namespace

double evaluationCost(Operation *op, ConcreteSizes &sizes) { return Estimate(sizes).of(op); }

} // namespace heddle

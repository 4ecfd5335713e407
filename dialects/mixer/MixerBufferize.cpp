// Bufferization: an op on tensors becomes the same op on memrefs, its results become its inits.
#include "dialects/mixer/Mixer.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;

namespace heddle::mixer {
namespace {

struct MixBufferization : DstBufferizableOpInterfaceExternalModel<MixBufferization, MixOp> {
  /// The old content of an init is never read, so bufferization need not copy it.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<MixOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto mix = cast<MixOp>(op);
    if (mix.hasTransportRegion())
      return mix.emitOpError("with a transport region, expected --heddle-expand-region-transport before bufferization");
    SmallVector<Value> buffers;
    for (Value operand : mix->getOperands()) {
      FailureOr<Value> buffer = operand;
      if (isa<TensorType>(operand.getType()))
        buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    rewriter.setInsertionPoint(mix);
    auto onBuffers = MixOp::create(rewriter, mix.getLoc(), TypeRange(), buffers, mix->getAttrs());
    rewriter.inlineRegionBefore(mix.getScoreRegion(), onBuffers.getScoreRegion(), onBuffers.getScoreRegion().end());
    replaceOpWithBufferizedValues(rewriter, mix, onBuffers.getInits());
    return success();
  }
};

/// What is not written of the init stays: it is read.
struct AppendBufferization : DstBufferizableOpInterfaceExternalModel<AppendBufferization, AppendOp> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto append = cast<AppendOp>(op);
    SmallVector<Value> buffers;
    for (Value operand : append->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    rewriter.setInsertionPoint(append);
    AppendOp::create(rewriter, append.getLoc(), TypeRange(), buffers, append->getAttrs());
    replaceOpWithBufferizedValues(rewriter, append, buffers.back());
    return success();
  }
};

} // namespace

void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, MixerDialect *) {
    MixOp::attachInterface<MixBufferization>(*context);
    AppendOp::attachInterface<AppendBufferization>(*context);
  });
}

} // namespace heddle::mixer

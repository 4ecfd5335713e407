// Which slot values stand together, and the states they carry.
#include "dialects/mixer/MixerVerify.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

bool isAffineMixer(TransportAttrInterface transport) { return transport.isAffine() && transport.hasState(); }

LogicalResult verifySoftmax(MixOp mix) {
  if (!mix.getSoftmax())
    return success();
  if (!isa<IdentityAttr>(mix.getTransport())) // mix_c17
    return mix.emitOpError() << "transport of a softmax score, expected #mixer.identity but got " << mix.getTransport();
  if (mix.getNorm().getKind() != NormKind::RowSum) // mix_c18
    return mix.emitOpError() << "norm of a softmax score, expected row_sum but got " << mix.getNorm();
  return success();
}

/// Toeplitz, structured and region transports have no weights to scale, exponentiate or sum.
LogicalResult verifyWeightless(MixOp mix) {
  TransportAttrInterface transport = mix.getTransport();
  if (isAffineMixer(transport))
    return success();
  LinearAttr linear = mix.getLinear();
  if (!linear || linear.getLogKeys() || !linear.getScale().isExactlyValue(1.0)) // mix_c19
    return mix.emitOpError() << "score with " << transport << ", expected #mixer.linear but got " << mix.getScore();
  SupportAttrInterface support = mix.getSupport();
  if (!support.isWholePast() && !(support.isFull() && !transport.hasState())) // mix_c20
    return mix.emitOpError() << "support with " << transport << ", expected "
                             << (transport.hasState() ? "the whole past" : "full or the whole past") << " but got "
                             << support;
  return success();
}

LogicalResult verifyLogKeys(MixOp mix) {
  if (!mix.getLinear() || !mix.getLinear().getLogKeys())
    return success();
  if (!isa<IdentityAttr, ScalarAttr, KeyChannelAttr>(mix.getTransport())) // mix_c21
    return mix.emitOpError()
           << "transport with log_keys, expected #mixer.identity, #mixer.scalar or #mixer.key_channel but got "
           << mix.getTransport();
  if (mix.getNorm().getKind() == NormKind::None) // mix_c22
    return mix.emitOpError() << "norm with log_keys, expected row_sum or running but got " << mix.getNorm();
  if (!mix.getSupport().isWholePast()) // mix_c23
    return mix.emitOpError() << "support with log_keys, expected the whole past but got " << mix.getSupport();
  if (mix.getOrder() == Order::Bidirectional) // mix_c24
    return mix.emitOpError() << "order with log_keys, expected forward or reverse but got bidirectional";
  return success();
}

LogicalResult verifyNorm(MixOp mix) {
  NormKind kind = mix.getNorm().getKind();
  if (kind == NormKind::None)
    return success();
  // With an elementwise transport a pair has one weight per value feature, so a row has no single sum.
  if (!isAffineMixer(mix.getTransport()) || isa<ElementwiseAttr>(mix.getTransport())) // mix_c25
    return mix.emitOpError() << "norm with " << mix.getTransport() << ", expected none but got " << mix.getNorm();
  if (kind != NormKind::Running)
    return success();
  if (!mix.getSupport().isWholePast()) // mix_c26
    return mix.emitOpError() << "support with norm running, expected the whole past but got " << mix.getSupport();
  if (mix.getOrder() == Order::Bidirectional) // mix_c27
    return mix.emitOpError() << "order with norm running, expected forward or reverse but got bidirectional";
  return success();
}

LogicalResult verifyLayout(MixOp mix) {
  if (mix.getLayout().getAlign() == Align::End && !isa<IdentityAttr>(mix.getTransport())) // mix_c28
    return mix.emitOpError() << "transport with align = end, expected #mixer.identity but got " << mix.getTransport();
  if (mix.getOrder() != Order::Bidirectional)
    return success();
  if (!mix.getLinear() || !isAffineMixer(mix.getTransport())) // mix_c29
    return mix.emitOpError() << "order bidirectional, expected a linear score and an affine transport but got "
                             << mix.getScore() << " and " << mix.getTransport();
  if (!mix.getSupport().isCausal()) // mix_c30
    return mix.emitOpError() << "support of order bidirectional, expected a causal one but got " << mix.getSupport();
  return success();
}

/// The transport from j to i is the product of what happens behind j up to i: it exists for j <= i alone.
LogicalResult verifyDirection(MixOp mix) {
  TransportAttrInterface transport = mix.getTransport();
  bool isProduct = isAffineMixer(transport) && !isa<IdentityAttr>(transport);
  if (isProduct && !mix.getSupport().isCausal()) // mix_c51
    return mix.emitOpError() << "support with " << transport << ", expected a causal one but got " << mix.getSupport();
  return success();
}

LogicalResult verifyCurrent(MixOp mix) {
  if (!mix.getCurrent())
    return success();
  if (!mix.getLinear() || mix.hasScoreRegion() || !isAffineMixer(mix.getTransport()) ||
      mix.getTransport().isComplex()) // mix_c31
    return mix.emitOpError()
           << "current operand, expected a linear score without region and a real affine transport but got "
           << mix.getScore() << " and " << mix.getTransport();
  if (!mix.getSupport().isWholePast()) // mix_c32
    return mix.emitOpError() << "support with a current operand, expected the whole past but got " << mix.getSupport();
  return success();
}

LogicalResult verifySegments(MixOp mix) {
  if (mix.getSegments() && !isAffineMixer(mix.getTransport())) // mix_c33
    return mix.emitOpError() << "segments operand with " << mix.getTransport() << ", expected none but got one";
  return success();
}

LogicalResult verifyPositions(MixOp mix) {
  if (!mix.getPositions())
    return success();
  LayoutAttr layout = mix.getLayout();
  bool isPlain = layout.getOrder() == Order::Forward && layout.getAlign() == Align::Start;
  if (!isa<IdentityAttr>(mix.getTransport()) || !isPlain) // mix_c52
    return mix.emitOpError() << "positions operand, expected #mixer.identity, order forward and align = start but got "
                             << mix.getTransport() << " and " << layout;
  bool logKeys = mix.getLinear() && mix.getLinear().getLogKeys();
  if (mix.getSegments() || mix.getCurrent() || logKeys) // mix_c53
    return mix.emitOpError() << "positions operand, expected no "
                             << (mix.getSegments()  ? "segments"
                                 : mix.getCurrent() ? "current operand"
                                                    : "log_keys")
                             << " beside it but got both";
  return success();
}

LogicalResult verifyPast(MixOp mix) {
  int64_t given = bool(mix.getPastKey()) + bool(mix.getPastValue()) + bool(mix.getPlaces());
  if (given == 0)
    return success();
  if (given != 3 || !mix.getPositions()) // mix_c54
    return mix.emitOpError() << "past, expected key, value, places and positions but got "
                             << (given != 3 ? "some of them" : "no positions");
  SupportAttrInterface support = mix.getSupport();
  if (!support.isCausal() || !support.getReach()) // mix_c55
    return mix.emitOpError() << "support with a past, expected a causal one of some reach but got " << support;
  if (mix.getSoftmax() && mix.getSoftmax().getBias() == BiasKind::Dense) // mix_c55
    return mix.emitOpError("bias with a past, expected one by distance but got a dense one");
  return success();
}

LogicalResult verifyPerHead(MixOp mix) {
  int64_t heads = mix.getSizes().Ho;
  WalkResult walk = mix.getSupport().walk([&](PerHeadAttr perHead) {
    int64_t listed = perHead.getHeads().size();
    if (listed == heads)
      return WalkResult::advance();
    mix.emitOpError() << "heads of per_head, expected " << heads << " but got " << listed; // mix_c34
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

/// Checks the states behind the values of one slot against the carried state.
LogicalResult verifyStateTypes(MixOp mix, StringRef slot, ValueRange states) {
  CarriedState carried = mix.carriedState();
  if (states.size() != carried.parts.size()) // mix_c37
    return mix.emitOpError() << "number of " << slot << "s, expected " << carried.parts.size() << " but got "
                             << states.size();
  for (auto [value, part] : llvm::zip_equal(states, carried.parts)) {
    auto type = cast<ShapedType>(value.getType());
    bool same = type.getElementType() == part.type.getElementType() &&
                succeeded(verifyCompatibleShape(type.getShape(), part.type.getShape()));
    if (!same) // mix_c38
      return mix.emitOpError() << slot << " `" << part.name << "`, expected " << part.type << " but got " << type;
  }
  return success();
}

} // namespace

LogicalResult verifySlots(MixOp mix) {
  for (auto verify : {verifySoftmax, verifyWeightless, verifyLogKeys, verifyNorm, verifyLayout, verifyDirection,
                      verifyCurrent, verifySegments, verifyPositions, verifyPast, verifyPerHead})
    if (failed(verify(mix)))
      return failure();
  return success();
}

LogicalResult verifyStates(MixOp mix) {
  bool enters = !mix.getInitialState().empty(), leaves = !mix.getStateInits().empty();
  if (!enters && !leaves)
    return success();
  if (mix.carriedState().parts.empty()) // mix_c35
    return mix.emitOpError() << "state operands, expected none where no state is carried (score " << mix.getScore()
                             << ", support " << mix.getSupport() << ", transport " << mix.getTransport() << ") but got "
                             << mix.getInitialState().size() << " initial and " << mix.getStateInits().size()
                             << " final";
  if (mix.getNorm().getKind() == NormKind::RowSum) // mix_c36
    return mix.emitOpError() << "norm with state operands, expected none or running but got " << mix.getNorm();
  if (enters && failed(verifyStateTypes(mix, "initial state", mix.getInitialState())))
    return failure();
  return leaves ? verifyStateTypes(mix, "final state", mix.getStateInits()) : success();
}

} // namespace heddle::mixer

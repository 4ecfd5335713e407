// `mixer.append`: its constraints and effects.
#include "dialects/mixer/Mixer.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace heddle::mixer {

static std::string sizeName(int64_t size) { return ShapedType::isDynamic(size) ? "?" : std::to_string(size); }

LogicalResult AppendOp::verify() {
  auto tokens = cast<ShapedType>(getTokens().getType()), init = cast<ShapedType>(getInit().getType()),
       positions = cast<ShapedType>(getPositions().getType());
  bool tensors = isa<TensorType>(init);
  if (isa<TensorType>(tokens) != tensors || isa<TensorType>(positions) != tensors) // append_c1
    return emitOpError() << "operands, expected " << (tensors ? "tensors" : "memrefs") << " like the init but got "
                         << tokens << " and " << positions;
  if (tokens.getRank() != init.getRank() || init.getRank() < 2 ||
      tokens.getElementType() != init.getElementType()) // append_c2
    return emitOpError() << "tokens, expected rank and element type of the init, " << init << ", at least 2, but got "
                         << tokens;
  for (int64_t dim = 0; dim < init.getRank(); ++dim) // append_c3
    if (int64_t size = tokens.getDimSize(dim), expected = init.getDimSize(dim);
        dim != 1 && failed(verifyCompatibleShape({size}, {expected})))
      return emitOpError() << "dimension " << dim << " of tokens, expected " << sizeName(expected) << " but got "
                           << sizeName(size);
  Type number = positions.getElementType();
  if (positions.getRank() != 1 || (!number.isInteger(32) && !number.isInteger(64)) ||
      (positions.getDimSize(0) != 1 && failed(verifyCompatibleShape(positions.getShape(), {init.getDimSize(0)}))))
    return emitOpError() << "positions, expected 1 or " << sizeName(init.getDimSize(0)) // append_c4
                         << " of i32 or i64 but got " << positions;
  if (std::optional<uint64_t> kept = getRing()) // append_c5
    if (int64_t most = init.getDimSize(1);
        int64_t(*kept) < 1 || (!ShapedType::isDynamic(most) && int64_t(*kept) > most))
      return emitOpError() << "ring, expected 1 to " << sizeName(most) << " but got " << int64_t(*kept);
  return success();
}

/// On buffers the op writes a part of its init; on tensors it has no effect.
void AppendOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (!isa<MemRefType>(getInit().getType()))
    return;
  effects.emplace_back(MemoryEffects::Read::get(), &getTokensMutable(), SideEffects::DefaultResource::get());
  effects.emplace_back(MemoryEffects::Read::get(), &getPositionsMutable(), SideEffects::DefaultResource::get());
  effects.emplace_back(MemoryEffects::Write::get(), &getInitMutable(), SideEffects::DefaultResource::get());
}

} // namespace heddle::mixer

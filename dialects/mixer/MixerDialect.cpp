// Registration of the dialect and of its folding rule.
#include "dialects/mixer/Mixer.h"
#include "mlir/Transforms/FoldUtils.h"

using namespace mlir;

#include "dialects/mixer/MixerAttrInterfaces.cpp.inc"
#include "dialects/mixer/MixerDialect.cpp.inc"
#include "dialects/mixer/MixerOpInterfaces.cpp.inc"

namespace {
/// Keeps the constants of score and transport regions inside of them, so that a region stays a self-contained function.
struct MixerFoldInterface : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;
  bool shouldMaterializeInto(Region *region) const final { return isa<heddle::mixer::MixOp>(region->getParentOp()); }
};
} // namespace

void heddle::mixer::MixerDialect::initialize() {
  registerAttributes();
  registerOps();
  addInterfaces<MixerFoldInterface>();
}

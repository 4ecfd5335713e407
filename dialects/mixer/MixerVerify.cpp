#include "dialects/mixer/Mixer.h"
namespace heddle::mixer {
llvm::LogicalResult MixOp::verify() { return llvm::success(); }
llvm::LogicalResult MixOp::verifyRegions() { return llvm::success(); }
} // namespace heddle::mixer

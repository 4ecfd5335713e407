#include "passes/lower/KernelArguments.h"

#include "passes/lower/Names.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace heddle {

/// Classes (inside of the kernel) of the memrefs that it writes; nullopt when an op may write anywhere.
static std::optional<llvm::DenseSet<Value>> findWritten(func::FuncOp kernel, const BufferAliases &inside) {
  llvm::DenseSet<Value> written;
  WalkResult result = kernel.walk([&](Operation *op) {
    auto interface = dyn_cast<MemoryEffectOpInterface>(op);
    if (!interface)
      return op->hasTrait<OpTrait::HasRecursiveMemoryEffects>() || isa<func::FuncOp>(op) ||
                     op->hasTrait<OpTrait::IsTerminator>()
                 ? WalkResult::advance()
                 : WalkResult::interrupt();
    SmallVector<MemoryEffects::EffectInstance> effects;
    interface.getEffects(effects);
    for (MemoryEffects::EffectInstance &effect : effects) {
      if (!isa<MemoryEffects::Write>(effect.getEffect()))
        continue;
      if (!effect.getValue())
        return WalkResult::interrupt();
      written.insert(inside.getClass(effect.getValue()));
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return std::nullopt;
  return written;
}

void markArguments(func::FuncOp kernel, ArrayRef<Value> captures, const BufferAliases &aliases) {
  BufferAliases inside(kernel, BufferAliases::Views::SameBuffer);
  std::optional<llvm::DenseSet<Value>> written = findWritten(kernel, inside);
  auto isWritten = [&](unsigned index) {
    return !written || written->contains(inside.getClass(kernel.getArgument(index + 2)));
  };
  llvm::DenseMap<Value, unsigned> uses;
  llvm::DenseSet<Value> writtenBuffers;
  for (auto [index, capture] : llvm::enumerate(captures)) {
    if (!isa<MemRefType>(capture.getType()))
      continue;
    ++uses[aliases.getClass(capture)];
    if (isWritten(index))
      writtenBuffers.insert(aliases.getClass(capture));
  }
  auto unit = UnitAttr::get(kernel.getContext());
  for (auto [index, capture] : llvm::enumerate(captures)) {
    if (!isa<MemRefType>(capture.getType()))
      continue;
    Value buffer = aliases.getClass(capture);
    if (uses[buffer] == 1 || !writtenBuffers.contains(buffer))
      kernel.setArgAttr(index + 2, LLVM::LLVMDialect::getNoAliasAttrName(), unit);
    if (!isWritten(index))
      kernel.setArgAttr(index + 2, LLVM::LLVMDialect::getReadonlyAttrName(), unit);
  }
}

/// Number of LLVM parameters of a value of this type: a memref is two pointers, an offset, sizes and strides.
static int64_t countParameters(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref ? 3 + 2 * memref.getRank() : 1;
}

void recordArgumentMarks(func::FuncOp kernel) {
  SmallVector<int64_t> noalias, readonly;
  int64_t position = 0;
  for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    // Accesses go through the second pointer, the aligned one.
    if (kernel.getArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName()))
      noalias.push_back(position + 1);
    if (kernel.getArgAttr(index, LLVM::LLVMDialect::getReadonlyAttrName()))
      readonly.push_back(position + 1);
    position += countParameters(type);
  }
  Builder builder(kernel.getContext());
  if (!noalias.empty())
    kernel->setAttr(kNoAliasAttr, builder.getDenseI64ArrayAttr(noalias));
  if (!readonly.empty())
    kernel->setAttr(kReadonlyAttr, builder.getDenseI64ArrayAttr(readonly));
}

void applyArgumentMarks(LLVM::LLVMFuncOp kernel) {
  auto apply = [&](StringRef list, StringRef mark) {
    if (auto positions = kernel->getAttrOfType<DenseI64ArrayAttr>(list))
      for (int64_t position : positions.asArrayRef())
        kernel.setArgAttr(position, mark, UnitAttr::get(kernel.getContext()));
    kernel->removeAttr(list);
  };
  apply(kNoAliasAttr, LLVM::LLVMDialect::getNoAliasAttrName());
  apply(kReadonlyAttr, LLVM::LLVMDialect::getReadonlyAttrName());
}

} // namespace heddle

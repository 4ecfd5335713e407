// Weights leave the code: each large constant becomes a view of one constants parameter.
#include "passes/Passes.h"
#include "passes/lower/Constants.h"
#include "passes/lower/Names.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

namespace heddle {
#define GEN_PASS_DEF_EXTERNALIZECONSTANTSPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

/// Offsets of the constants in their section; equal contents share one.
class ConstantPool {
public:
  /// Offset of `value`, which is added unless its bytes are there already.
  uint64_t add(ElementsAttr value) {
    auto known = offsetOfValue.find(value);
    if (known != offsetOfValue.end())
      return known->second;
    ConstantPiece piece = getConstantBytes(value);
    llvm::SmallVector<unsigned> &candidates = entriesByHash[llvm::xxh3_64bits(toBytes(piece))];
    for (unsigned candidate : candidates)
      if (getConstantBytes(entries[candidate].second).bytes == piece.bytes)
        return offsetOfValue[value] = entries[candidate].first;
    uint64_t offset = llvm::alignTo(end, kBufferAlignment);
    end = offset + piece.bytes.size();
    candidates.push_back(entries.size());
    entries.push_back({offset, value});
    return offsetOfValue[value] = offset;
  }

  ArrayAttr toAttribute(Builder builder) const {
    SmallVector<Attribute> attributes;
    for (auto &[offset, value] : entries)
      attributes.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("offset", builder.getI64IntegerAttr(offset)), builder.getNamedAttr("value", value)}));
    return builder.getArrayAttr(attributes);
  }

private:
  static ArrayRef<uint8_t> toBytes(const ConstantPiece &piece) {
    return {reinterpret_cast<const uint8_t *>(piece.bytes.data()), piece.bytes.size()};
  }

  uint64_t end = 0;
  SmallVector<std::pair<uint64_t, ElementsAttr>> entries;
  llvm::DenseMap<Attribute, uint64_t> offsetOfValue;
  llvm::DenseMap<uint64_t, llvm::SmallVector<unsigned>> entriesByHash;
};

struct ExternalizeConstantsPass : heddle::impl::ExternalizeConstantsPassBase<ExternalizeConstantsPass> {
  using ExternalizeConstantsPassBase::ExternalizeConstantsPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto func : module.getOps<func::FuncOp>())
      if (func.isPublic() && !func.isDeclaration())
        if (failed(externalize(func)))
          return signalPassFailure();
    module->setAttr(kConstantsAttr, pool.toAttribute(Builder(module.getContext())));
    SymbolTableCollection tables;
    SymbolUserMap users(tables, module);
    for (memref::GlobalOp global : llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
      if (isLarge(global) && users.useEmpty(global))
        global.erase();
  }

private:
  bool isLarge(memref::GlobalOp global) const {
    return global && global.getConstant() && global.getType().hasStaticShape() &&
           global.getType().getNumElements() > maxElements &&
           isa_and_nonnull<ElementsAttr>(global.getInitialValueAttr());
  }

  LogicalResult externalize(func::FuncOp entry) {
    auto bytes = MemRefType::get({ShapedType::kDynamic}, IntegerType::get(entry.getContext(), 8));
    Builder attrs(entry.getContext());
    unsigned index = entry.getNumArguments();
    (void)entry.insertArgument(index, bytes,
                               attrs.getDictionaryAttr(attrs.getNamedAttr(kRoleAttr, attrs.getStringAttr("constants"))),
                               entry.getLoc());
    SymbolTable symbols(getOperation());
    WalkResult result = entry.walk([&](memref::GetGlobalOp get) -> WalkResult {
      auto global = symbols.lookup<memref::GlobalOp>(get.getName());
      return isLarge(global) ? WalkResult(replace(get, global, entry.getArgument(index))) : WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult replace(memref::GetGlobalOp get, memref::GlobalOp global, Value constants) {
    auto value = cast<ElementsAttr>(global.getInitialValueAttr());
    uint64_t expected = value.getNumElements() * ((value.getElementType().getIntOrFloatBitWidth() + 7) / 8);
    uint64_t got = getConstantBytes(value).bytes.size();
    if (got != expected)
      return get.emitError("constant '") << get.getName() << "', expected " << expected << " bytes but got " << got;
    // In front of the kernel that uses it, so that the kernel receives the constant and not the whole section.
    OpBuilder builder(constants.getParentBlock()->findAncestorOpInBlock(*get));
    Value offset = arith::ConstantIndexOp::create(builder, get.getLoc(), pool.add(value));
    Value view = memref::ViewOp::create(builder, get.getLoc(), get.getType(), constants, offset, ValueRange());
    get.replaceAllUsesWith(view);
    get.erase();
    return success();
  }

  ConstantPool pool;
};

} // namespace

// The C ABI of runtime/abi/kernel_abi.h around each planned entry.
#include "passes/Passes.h"
#include "passes/lower/KernelArguments.h"
#include "passes/lower/Names.h"
#include "passes/lower/SymbolicSizes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace heddle {
#define GEN_PASS_DEF_EMITENTRYPOINTSPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

/// Emits the two exported functions of one entry.
class EntryPoints {
public:
  explicit EntryPoints(func::FuncOp entry)
      : entry(entry), loc(entry.getLoc()), builder(entry.getContext()),
        pointer(LLVM::LLVMPointerType::get(entry.getContext())) {}

  void emitPlan();
  void emitEntry();

private:
  func::FuncOp createFunction(StringRef prefix, unsigned numPointers, TypeRange results);
  Value loadElement(Value array, unsigned index, Type type);
  void storeElement(Value value, Value array, unsigned index);
  SmallVector<Value> loadSymbols(Value dims);
  Value emitStatus(Value context);
  Value wrapBytes(Value address);
  Value wrapInput(Value address, MemRefType type, AffineMap shape, ValueRange symbols);
  SmallVector<AffineMap> getMaps(StringRef name);

  func::FuncOp entry;
  Location loc;
  OpBuilder builder;
  Type pointer;
};

SmallVector<AffineMap> EntryPoints::getMaps(StringRef name) {
  SmallVector<AffineMap> maps;
  for (auto map : entry->getAttrOfType<ArrayAttr>(name).getAsRange<AffineMapAttr>())
    maps.push_back(map.getValue());
  return maps;
}

func::FuncOp EntryPoints::createFunction(StringRef prefix, unsigned numPointers, TypeRange results) {
  builder.setInsertionPointAfter(entry);
  SmallVector<Type> inputs(numPointers, pointer);
  auto func =
      func::FuncOp::create(builder, loc, (prefix + entry.getName()).str(), builder.getFunctionType(inputs, results));
  builder.setInsertionPointToStart(func.addEntryBlock());
  return func;
}

Value EntryPoints::loadElement(Value array, unsigned index, Type type) {
  Value address = LLVM::GEPOp::create(builder, loc, pointer, type, array, ArrayRef<LLVM::GEPArg>{int32_t(index)});
  return LLVM::LoadOp::create(builder, loc, type, address);
}

void EntryPoints::storeElement(Value value, Value array, unsigned index) {
  Value address =
      LLVM::GEPOp::create(builder, loc, pointer, builder.getI64Type(), array, ArrayRef<LLVM::GEPArg>{int32_t(index)});
  Value number = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), value);
  LLVM::StoreOp::create(builder, loc, number, address);
}

SmallVector<Value> EntryPoints::loadSymbols(Value dims) {
  SmallVector<Value> symbols;
  for (unsigned index = 0; index < SymbolicSizes(entry).getNumSymbols(); ++index) {
    Value number = loadElement(dims, index, builder.getI64Type());
    symbols.push_back(arith::IndexCastOp::create(builder, loc, builder.getIndexType(), number));
  }
  return symbols;
}

/// A byte memref at an address. Its size is never read, so any will do.
Value EntryPoints::wrapBytes(Value address) {
  auto type = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  Type structType = LLVMTypeConverter(entry.getContext()).convertType(type);
  auto number = [&](int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), builder.getI64IntegerAttr(value)).getResult();
  };
  Value descriptor = LLVM::PoisonOp::create(builder, loc, structType);
  auto set = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(builder, loc, descriptor, value, position);
  };
  set(address, {0});
  set(address, {1});
  set(number(0), {2});
  set(number(INT64_MAX), {3, 0});
  set(number(1), {4, 0});
  return UnrealizedConversionCastOp::create(builder, loc, TypeRange{type}, ValueRange{descriptor}).getResult(0);
}

Value EntryPoints::wrapInput(Value address, MemRefType type, AffineMap shape, ValueRange symbols) {
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(shape.getResults()))
    if (type.isDynamicDim(dim))
      sizes.push_back(emitExpression(builder, loc, size, symbols));
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return memref::ViewOp::create(builder, loc, type, wrapBytes(address), zero, sizes);
}

// void heddle_plan_NAME(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims)
void EntryPoints::emitPlan() {
  func::FuncOp plan = createFunction("heddle_plan_", 3, {});
  SmallVector<Value> symbols = loadSymbols(plan.getArgument(0));
  Value total = arith::ConstantIndexOp::create(builder, loc, 0);
  for (AffineMap slot : getMaps(kSlotsAttr)) {
    Value size;
    for (AffineExpr candidate : slot.getResults()) {
      Value value = emitExpression(builder, loc, candidate, symbols);
      size = size ? arith::MaxSIOp::create(builder, loc, size, value).getResult() : value;
    }
    total = arith::AddIOp::create(builder, loc, total, size);
  }
  storeElement(total, plan.getArgument(1), 0);
  unsigned position = 0;
  for (AffineMap shape : getMaps(kOutputShapesAttr))
    for (AffineExpr size : shape.getResults())
      storeElement(emitExpression(builder, loc, size, symbols), plan.getArgument(2), position++);
  func::ReturnOp::create(builder, loc);
}

/// 1 when the run was cancelled, 0 otherwise. Read at the end: a request that the entry did not see any more may have
/// made parallel_for drop ranges of the last kernel.
Value EntryPoints::emitStatus(Value context) {
  Value address = loadElement(context, 1, pointer);
  Value flag = LLVM::LoadOp::create(builder, loc, builder.getI32Type(), address, /*alignment=*/4, /*isVolatile=*/false,
                                    /*isNonTemporal=*/false, /*isInvariant=*/false, /*isInvariantGroup=*/false,
                                    LLVM::AtomicOrdering::monotonic);
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  Value isSet = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, flag, zero);
  return arith::ExtUIOp::create(builder, loc, builder.getI32Type(), isSet);
}

// int32_t heddle_entry_NAME(context, dims, inputs, outputs, arena, constants)
void EntryPoints::emitEntry() {
  SmallVector<AffineMap> inputShapes = getMaps(kInputShapesAttr);
  func::FuncOp point = createFunction("heddle_entry_", 6, builder.getI32Type());
  Value context = point.getArgument(0), inputs = point.getArgument(2), outputs = point.getArgument(3);
  SmallVector<Value> symbols = loadSymbols(point.getArgument(1)), operands;
  unsigned nextSymbol = 0, nextOutput = 0;
  for (auto [index, type] : llvm::enumerate(entry.getArgumentTypes())) {
    auto roleAttr = entry.getArgAttrOfType<StringAttr>(index, kRoleAttr);
    StringRef role = roleAttr ? roleAttr.getValue() : "input";
    if (role == "input")
      operands.push_back(
          wrapInput(loadElement(inputs, index, pointer), cast<MemRefType>(type), inputShapes[index], symbols));
    else if (role == "output")
      operands.push_back(wrapBytes(loadElement(outputs, nextOutput++, pointer)));
    else if (role == "symbol")
      operands.push_back(symbols[nextSymbol++]);
    else
      operands.push_back(wrapBytes(point.getArgument(role == "arena" ? 4 : 5)));
  }
  // The computation launches its kernels through the context.
  Builder attrs(entry.getContext());
  (void)entry.insertArgument(entry.getNumArguments(), pointer,
                             attrs.getDictionaryAttr(attrs.getNamedAttr(kRoleAttr, attrs.getStringAttr("context"))),
                             loc);
  operands.push_back(context);
  func::CallOp::create(builder, loc, entry, operands);
  func::ReturnOp::create(builder, loc, emitStatus(context));
  point->setAttr(kMemoryAttr, entry->getAttr(kMemoryAttr));
}

struct EmitEntryPointsPass : heddle::impl::EmitEntryPointsPassBase<EmitEntryPointsPass> {
  using EmitEntryPointsPassBase::EmitEntryPointsPassBase;

  void runOnOperation() override {
    auto internal = LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal);
    for (auto func : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (func.isDeclaration())
        continue;
      func->setAttr("llvm.linkage", internal);
      recordArgumentMarks(func);
      if (!func->hasAttr(kSlotsAttr))
        continue;
      EntryPoints points(func);
      points.emitPlan();
      points.emitEntry();
      func.setPrivate();
    }
  }
};

} // namespace

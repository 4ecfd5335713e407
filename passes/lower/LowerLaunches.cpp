// Calls that may be split over threads go through the context's parallel_for. Before each one the entry looks at the
// context's `cancelled` and returns when it is set.
#include "passes/Passes.h"
#include "passes/lower/KernelArguments.h"
#include "passes/lower/Names.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"

namespace heddle {
#define GEN_PASS_DEF_LOWERLAUNCHESPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

struct LowerLaunchesPass : heddle::impl::LowerLaunchesPassBase<LowerLaunchesPass> {
  using LowerLaunchesPassBase::LowerLaunchesPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      applyArgumentMarks(function);
    for (auto entry : llvm::to_vector(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (failed(lowerLaunchesOf(entry)))
        return signalPassFailure();
    SmallVector<Attribute> names;
    for (auto &[kernel, name] : kernels)
      names.push_back(name);
    getOperation()->setAttr(kKernelsAttr, ArrayAttr::get(&getContext(), names));
  }

private:
  LogicalResult lowerLaunchesOf(LLVM::LLVMFuncOp entry) {
    SmallVector<LLVM::CallOp> launches;
    entry.walk([&](LLVM::CallOp call) {
      if (call->hasAttr(kLaunchAttr))
        launches.push_back(call);
    });
    if (launches.empty())
      return success();
    Value context = findContext(entry);
    if (!context)
      return launches.front().emitError("launch in '")
             << entry.getName() << "', expected a context parameter but got none";
    if (!isa<LLVM::LLVMVoidType>(entry.getFunctionType().getReturnType()))
      return launches.front().emitError("launch in '")
             << entry.getName() << "', expected a function without a result, which can return early, but got "
             << entry.getFunctionType().getReturnType();
    Value arguments = reserveArguments(entry, launches);
    Value cancelled = loadCancelled(entry, context);
    Block *stop = addReturn(entry);
    for (LLVM::CallOp launch : launches) {
      stopWhenCancelled(launch, cancelled, stop);
      lower(launch, context, arguments);
    }
    return success();
  }

  /// The address of the request to return early: the second member of the context.
  static Value loadCancelled(LLVM::LLVMFuncOp entry, Value context) {
    OpBuilder builder(entry.getContext());
    builder.setInsertionPointToStart(&entry.getBody().front());
    auto pointer = LLVM::LLVMPointerType::get(entry.getContext());
    Value member = LLVM::GEPOp::create(builder, entry.getLoc(), pointer, pointer, context, ArrayRef<LLVM::GEPArg>{1});
    return LLVM::LoadOp::create(builder, entry.getLoc(), pointer, member);
  }

  static Block *addReturn(LLVM::LLVMFuncOp entry) {
    OpBuilder builder(entry.getContext());
    Block *stop = builder.createBlock(&entry.getBody(), entry.getBody().end());
    LLVM::ReturnOp::create(builder, entry.getLoc(), ValueRange());
    return stop;
  }

  /// Relaxed: the request carries no data, and a launch that it misses is followed by another look.
  static void stopWhenCancelled(LLVM::CallOp launch, Value cancelled, Block *stop) {
    Location loc = launch.getLoc();
    Block *before = launch->getBlock(), *rest = before->splitBlock(launch);
    OpBuilder builder = OpBuilder::atBlockEnd(before);
    Value flag = LLVM::LoadOp::create(builder, loc, builder.getI32Type(), cancelled, /*alignment=*/4,
                                      /*isVolatile=*/false, /*isNonTemporal=*/false, /*isInvariant=*/false,
                                      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::monotonic);
    Value zero = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), builder.getI32IntegerAttr(0));
    Value isSet = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, flag, zero);
    LLVM::CondBrOp::create(builder, loc, isSet, stop, ValueRange(), rest, ValueRange());
  }

  static Value findContext(LLVM::LLVMFuncOp entry) {
    for (unsigned index = 0; index < entry.getNumArguments(); ++index)
      if (auto role = entry.getArgAttrOfType<StringAttr>(index, kRoleAttr); role && role.getValue() == "context")
        return entry.getArgument(index);
    return {};
  }

  static LLVM::LLVMStructType getArgumentsType(LLVM::CallOp launch) {
    return LLVM::LLVMStructType::getLiteral(launch.getContext(),
                                            llvm::to_vector(launch.getArgOperands().drop_front(2).getTypes()));
  }

  /// Stack memory for the arguments of one launch at a time: parallel_for returns when its kernel is done. Every
  /// scalar and pointer takes at most 8 bytes.
  static Value reserveArguments(LLVM::LLVMFuncOp entry, ArrayRef<LLVM::CallOp> launches) {
    int64_t fields = 1;
    for (LLVM::CallOp launch : launches)
      fields = std::max<int64_t>(fields, launch.getArgOperands().size());
    OpBuilder builder(entry.getContext());
    builder.setInsertionPointToStart(&entry.getBody().front());
    Value one = LLVM::ConstantOp::create(builder, entry.getLoc(), builder.getI64Type(), builder.getI64IntegerAttr(1));
    return LLVM::AllocaOp::create(builder, entry.getLoc(), LLVM::LLVMPointerType::get(entry.getContext()),
                                  LLVM::LLVMArrayType::get(builder.getI64Type(), fields), one, /*alignment=*/64);
  }

  void lower(LLVM::CallOp launch, Value context, Value arguments) {
    OpBuilder builder(launch);
    Location loc = launch.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(launch.getContext());
    LLVM::LLVMStructType type = getArgumentsType(launch);
    for (auto [index, operand] : llvm::enumerate(launch.getArgOperands().drop_front(2))) {
      Value field =
          LLVM::GEPOp::create(builder, loc, pointer, type, arguments, ArrayRef<LLVM::GEPArg>{0, int32_t(index)});
      LLVM::StoreOp::create(builder, loc, operand, field);
    }
    auto description = launch->getAttrOfType<DictionaryAttr>(kLaunchAttr);
    LLVM::LLVMFuncOp task = getTask(launch, type, description);
    auto number = [&](int64_t value) {
      return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), builder.getI64IntegerAttr(value)).getResult();
    };
    auto signature = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(launch.getContext()),
        {pointer, pointer, pointer, builder.getI64Type(), builder.getI64Type(), builder.getI64Type()});
    // parallel_for is the first member of the context.
    Value parallelFor = LLVM::LoadOp::create(builder, loc, pointer, context);
    Value address = LLVM::AddressOfOp::create(builder, loc, task);
    int64_t kernel = std::distance(kernels.begin(), kernels.find(task.getNameAttr()));
    LLVM::CallOp::create(builder, loc, signature,
                         ValueRange{parallelFor, context, address, arguments, launch.getArgOperands()[1],
                                    number(description.getAs<IntegerAttr>("grain").getInt()), number(kernel)});
    launch.erase();
  }

  /// void task(void *arguments, int64_t begin, int64_t end): unpacks the arguments and calls the kernel.
  LLVM::LLVMFuncOp getTask(LLVM::CallOp launch, LLVM::LLVMStructType type, DictionaryAttr description) {
    std::string name = ("task_" + *launch.getCallee()).str();
    if (auto known = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    Location loc = launch.getLoc();
    OpBuilder builder(launch.getContext());
    builder.setInsertionPointToEnd(getOperation().getBody());
    auto pointer = LLVM::LLVMPointerType::get(launch.getContext());
    auto signature = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(launch.getContext()),
                                                 {pointer, builder.getI64Type(), builder.getI64Type()});
    auto task = LLVM::LLVMFuncOp::create(builder, loc, name, signature, LLVM::Linkage::Internal);
    Block *entry = task.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    SmallVector<Value> operands{entry->getArgument(1), entry->getArgument(2)};
    for (auto [index, field] : llvm::enumerate(type.getBody())) {
      Value address = LLVM::GEPOp::create(builder, loc, pointer, type, entry->getArgument(0),
                                          ArrayRef<LLVM::GEPArg>{0, int32_t(index)});
      operands.push_back(LLVM::LoadOp::create(builder, loc, field, address));
    }
    LLVM::CallOp::create(builder, loc, TypeRange(), *launch.getCallee(), operands);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    kernels.insert({task.getNameAttr(), description.getAs<StringAttr>("kernel")});
    return task;
  }

  llvm::MapVector<StringAttr, Attribute> kernels;
};

} // namespace

// Every top-level parallel loop becomes a function of a range of its iterations, and a call that may be split.
#include "passes/Passes.h"
#include "passes/lower/BufferAliases.h"
#include "passes/lower/KernelArguments.h"
#include "passes/lower/Names.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"

namespace heddle {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;
using namespace heddle;

namespace {

/// An op that costs less to repeat in the kernel than to pass its result.
bool isCheap(Operation *op) {
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return !isa<MemRefType>(op->getResult(0).getType());
  return isa<affine::AffineApplyOp, memref::DimOp>(op) ||
         (isa<arith::ArithDialect>(op->getDialect()) && op->getNumResults() == 1 &&
          op->getResult(0).getType().isIndex() && isPure(op));
}

/// Values that the kernel takes as arguments, and the cheap ops that it repeats (in order).
struct Captures {
  SetVector<Value> arguments;
  SetVector<Operation *> repeated;

  void add(Value value) {
    Operation *op = value.getDefiningOp();
    if (!isCheap(op)) {
      arguments.insert(value);
      return;
    }
    for (Value operand : op->getOperands())
      add(operand);
    repeated.insert(op);
  }
};

struct OutlineKernelsPass : heddle::impl::OutlineKernelsPassBase<OutlineKernelsPass> {
  using OutlineKernelsPassBase::OutlineKernelsPassBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto entry : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (entry.isDeclaration() || !entry.isPublic())
        continue;
      SmallVector<scf::ParallelOp> loops;
      entry.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
        loops.push_back(loop);
        return WalkResult::skip();
      });
      BufferAliases aliases(entry, BufferAliases::Views::OwnBuffer);
      for (scf::ParallelOp loop : loops)
        if (failed(outline(loop, aliases, symbols)))
          return signalPassFailure();
    }
  }

private:
  LogicalResult outline(scf::ParallelOp loop, const BufferAliases &aliases, SymbolTable &symbols) {
    if (loop.getNumResults() != 0)
      return loop.emitError("parallel loop with ") << loop.getNumResults() << " reductions, expected none in a kernel";
    auto name = loop->getAttrOfType<StringAttr>(kKernelAttr);
    Captures captures;
    SetVector<Value> above;
    getUsedValuesDefinedAbove(loop->getRegions(), above);
    for (ValueRange bounds : {ValueRange(loop.getLowerBound()), ValueRange(loop.getStep()),
                              ValueRange(loop.getUpperBound().drop_front())}) // the range bounds the first dimension
      above.insert(bounds.begin(), bounds.end());
    for (Value value : above)
      captures.add(value);

    OpBuilder builder(loop);
    SmallVector<Value> operands{arith::ConstantIndexOp::create(builder, loop.getLoc(), 0), emitCount(builder, loop)};
    llvm::append_range(operands, captures.arguments);
    func::FuncOp kernel = createKernel(loop, captures, name ? name.getValue() : "kernel");
    symbols.insert(kernel);
    markArguments(kernel, captures.arguments.getArrayRef(), aliases);
    auto call = func::CallOp::create(builder, loop.getLoc(), kernel, operands);
    call->setAttr(kLaunchAttr, describeLaunch(loop, name));
    loop.erase();
    return success();
  }

  DictionaryAttr describeLaunch(scf::ParallelOp loop, StringAttr name) {
    Builder builder(loop.getContext());
    auto work = loop->getAttrOfType<IntegerAttr>(kWorkAttr);
    int64_t grain = std::max<int64_t>(1, minWork / std::max<int64_t>(1, work ? work.getInt() : 1));
    return builder.getDictionaryAttr({builder.getNamedAttr("grain", builder.getI64IntegerAttr(grain)),
                                      builder.getNamedAttr("kernel", name ? name : builder.getStringAttr("kernel"))});
  }

  /// Trip count of one dimension: (upper - lower) ceildiv step.
  static Value emitTrips(OpBuilder &builder, Location loc, Value lower, Value upper, Value step) {
    Value span = upper, one = arith::ConstantIndexOp::create(builder, loc, 1);
    if (!matchPattern(lower, m_Zero()))
      span = arith::SubIOp::create(builder, loc, upper, lower);
    if (matchPattern(step, m_One()))
      return span;
    Value padded = arith::AddIOp::create(builder, loc, span, arith::SubIOp::create(builder, loc, step, one));
    return arith::DivSIOp::create(builder, loc, padded, step);
  }

  static Value emitCount(OpBuilder &builder, scf::ParallelOp loop) {
    Value count;
    for (auto [lower, upper, step] : llvm::zip_equal(loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
      Value trips = emitTrips(builder, loop.getLoc(), lower, upper, step);
      // An empty or inverted range is no iteration, whatever the other dimensions say.
      Value zero = arith::ConstantIndexOp::create(builder, loop.getLoc(), 0);
      trips = arith::MaxSIOp::create(builder, loop.getLoc(), trips, zero);
      count = count ? arith::MulIOp::create(builder, loop.getLoc(), count, trips).getResult() : trips;
    }
    return count;
  }

  func::FuncOp createKernel(scf::ParallelOp loop, const Captures &captures, StringRef name) {
    MLIRContext *context = loop.getContext();
    OpBuilder builder(context);
    SmallVector<Type> types(2, builder.getIndexType());
    for (Value capture : captures.arguments)
      types.push_back(capture.getType());
    auto kernel = func::FuncOp::create(builder, loop.getLoc(), ("kernel_" + name + "_" + Twine(nextKernel++)).str(),
                                       builder.getFunctionType(types, {}));
    kernel.setPrivate();
    Block *entry = kernel.addEntryBlock();
    builder.setInsertionPointToStart(entry);
    IRMapping mapping;
    for (auto [capture, argument] : llvm::zip(captures.arguments, entry->getArguments().drop_front(2)))
      mapping.map(capture, argument);
    for (Operation *op : captures.repeated)
      builder.clone(*op, mapping);
    emitLoop(builder, loop, entry->getArgument(0), entry->getArgument(1), mapping);
    func::ReturnOp::create(builder, loop.getLoc());
    // Stack memory is taken once per call, not once per iteration.
    kernel.walk([&](memref::AllocaOp alloca) {
      if (alloca.getType().hasStaticShape())
        alloca->moveBefore(entry, entry->begin());
    });
    return kernel;
  }

  /// The loop over the linear range [begin, end); the last dimension of the parallel loop runs fastest.
  static void emitLoop(OpBuilder &builder, scf::ParallelOp loop, Value begin, Value end, IRMapping &mapping) {
    Location loc = loop.getLoc();
    unsigned rank = loop.getInductionVars().size();
    SmallVector<Value> trips(1);
    for (unsigned dim = 1; dim < rank; ++dim)
      trips.push_back(emitTrips(builder, loc, mapping.lookup(loop.getLowerBound()[dim]),
                                mapping.lookup(loop.getUpperBound()[dim]), mapping.lookup(loop.getStep()[dim])));
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    auto linear = scf::ForOp::create(builder, loc, begin, end, one);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(linear.getBody());
    Value rest = linear.getInductionVar();
    for (unsigned dim = rank; dim-- > 0;) {
      Value index = rest;
      if (dim > 0) {
        index = arith::RemUIOp::create(builder, loc, rest, trips[dim]);
        rest = arith::DivUIOp::create(builder, loc, rest, trips[dim]);
      }
      Value lower = mapping.lookup(loop.getLowerBound()[dim]), step = mapping.lookup(loop.getStep()[dim]);
      if (!matchPattern(step, m_One()))
        index = arith::MulIOp::create(builder, loc, index, step);
      if (!matchPattern(lower, m_Zero()))
        index = arith::AddIOp::create(builder, loc, index, lower);
      mapping.map(loop.getInductionVars()[dim], index);
    }
    for (Operation &op : loop.getBody()->without_terminator())
      builder.clone(op, mapping);
  }

  unsigned nextKernel = 0;
};

} // namespace

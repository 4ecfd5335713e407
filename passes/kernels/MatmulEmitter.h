// The state of one matmul kernel under construction: see MatmulKernel.h for the loops. MatmulKernel.cpp emits the
// blocks around a tile, MatmulTile.cpp the register tile and the panel of the right operand that it reads,
// MatmulEpilogue.cpp what follows on finished sums.
#ifndef HEDDLE_PASSES_KERNELS_MATMULEMITTER_H
#define HEDDLE_PASSES_KERNELS_MATMULEMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/tile/Epilogue.h"

namespace heddle::matmul {

inline constexpr int64_t kLanes = 16;
inline constexpr int64_t kPanelParts = kPanelWidth / kLanes;
// A packed stretch of this many k is 48 KB.
inline constexpr int64_t kStretch = 256;

/// Emits one kernel; members are the values of the loops around the point of insertion.
class MatmulEmitter {
public:
  MatmulEmitter(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction, bool startFromZero,
                const Epilogue *epilogue)
      : builder(builder), loc(loc), c(contraction), startFromZero(startFromZero), epilogue(epilogue),
        ivs(c.space.loops.size()) {}

  void emit();

private:
  // small arithmetic
  mlir::Value constant(int64_t value) { return mlir::arith::ConstantIndexOp::create(builder, loc, value); }
  mlir::Value sizeOf(unsigned loop) {
    return mlir::getValueOrCreateConstantIndexOp(builder, loc, c.space.loops[loop].size);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) { return mlir::arith::AddIOp::create(builder, loc, a, b); }
  mlir::Value addConstant(mlir::Value a, int64_t b) { return b ? add(a, constant(b)) : a; }
  mlir::Value mul(mlir::Value a, int64_t b) { return mlir::arith::MulIOp::create(builder, loc, a, constant(b)); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return mlir::arith::SubIOp::create(builder, loc, a, b); }
  mlir::Value min(mlir::Value a, mlir::Value b) { return mlir::arith::MinSIOp::create(builder, loc, a, b); }
  mlir::Value ceilDiv(mlir::Value a, int64_t b) {
    return mlir::arith::CeilDivSIOp::create(builder, loc, a, constant(b));
  }
  int64_t staticSize(unsigned loop) const { return c.space.loops[loop].staticSize(); }
  int64_t staticRows() const { return c.m ? staticSize(*c.m) : 1; }
  void forLoop(mlir::Value begin, mlir::Value end, int64_t step, llvm::function_ref<void(mlir::Value)> emitBody);

  // structure, from the outside in
  mlir::scf::ParallelOp emitTaskLoop();
  void emitTask(mlir::ValueRange taskIvs);
  void emitStretches();
  void emitPanel(mlir::Value panel);
  void emitColumns(int64_t columns);
  void emitTiles();
  void emitTile(int64_t rows, mlir::Value row);
  void emitEpilogue();
  void emitEpiloguePart(mlir::Value row, int64_t part);

  // data
  bool packsPanel() const;
  mlir::Value columnMask(int64_t part) { return masks.empty() ? mlir::Value() : masks[part]; }
  void packPanel();
  mlir::Value loadPanel(mlir::Value k, int64_t part);
  mlir::Value loadRhs(mlir::Value k, int64_t part);
  mlir::Value loadLhs(mlir::Value row, mlir::Value k);
  mlir::Value toF32(mlir::Value value);
  mlir::Value loadVector(mlir::Value base, mlir::ValueRange indices, mlir::Value mask);
  void storeVector(mlir::Value base, mlir::ValueRange indices, mlir::Value mask, mlir::Value value);
  mlir::Value scalarOf(mlir::Value value);
  llvm::SmallVector<mlir::Value> outIndices(mlir::Value row, int64_t part);
  mlir::Value loadTile(mlir::Value row, int64_t part);
  void storeTile(mlir::Value row, int64_t part, mlir::Value value);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  const Contraction &c;
  bool startFromZero;
  const Epilogue *epilogue; // may be null
  llvm::SmallVector<mlir::Value> ivs;
  mlir::Value rowBegin, rowEnd, panelBegin, panelEnd; // of this task
  mlir::Value kBegin, kEnd;                           // of this stretch
  mlir::Value panelIndex, stackPanel;                 // of this panel
  int64_t parts = kPanelParts;                        // of this panel, 16 columns each, that have any
  llvm::SmallVector<mlir::Value> masks;               // columns that exist, by part; empty where all do
};

} // namespace heddle::matmul

#endif

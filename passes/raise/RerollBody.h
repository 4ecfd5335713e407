// One iteration of a re-rolled loop: clones of the rows' samples on what they read in iteration %t.
#ifndef HEDDLE_PASSES_RAISE_REROLLBODY_H
#define HEDDLE_PASSES_RAISE_REROLLBODY_H

#include "passes/raise/RerollLoop.h"

namespace heddle {

/// A row's result whose values the loop returns for all iterations.
struct CollectedValue {
  unsigned row, result;
  bool isOf(const WantedValue &value) const { return row == value.row && result == value.result; }
};

/// The slice of one position of the first dimension, without that dimension.
mlir::Value tokenOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor, mlir::RankedTensorType token,
                    mlir::OpFoldResult position);

class RerollBody {
public:
  /// Constants that differ from iteration to iteration become tables in front of the loop, at `outside`.
  RerollBody(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin, int64_t end,
             mlir::OpBuilder &outside)
      : table(table), schedule(schedule), begin(begin), end(end), outside(outside) {}

  /// `arguments` are the carried values, the stacks and the collected values, in this order. Ends with the yield.
  void build(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value position, mlir::ValueRange arguments,
             llvm::ArrayRef<CarriedValue> carried, llvm::ArrayRef<CollectedValue> collected);

private:
  using Result = std::pair<unsigned, unsigned>; // (row, result)

  void buildRow(mlir::OpBuilder &builder, unsigned row);
  mlir::Value read(mlir::OpBuilder &builder, mlir::Location loc, unsigned user, const UnrolledRead &read);
  mlir::Value slice(mlir::OpBuilder &builder, const MovingSlice &slice, int64_t shift);
  mlir::Value constant(mlir::OpBuilder &builder, mlir::Location loc, const UnrolledConstant &constant, int64_t shift);
  mlir::Value rowValue(const UnrolledRead &read, int64_t back) const;
  /// scale * %t + offset.
  mlir::OpFoldResult affine(mlir::OpBuilder &builder, mlir::Location loc, int64_t scale, int64_t offset) const;

  const UnrolledTable &table;
  const RerollSchedule &schedule;
  int64_t begin, end;
  mlir::OpBuilder &outside;
  mlir::Value position;
  llvm::DenseMap<Result, mlir::Value> made;
  llvm::DenseMap<Result, llvm::SmallVector<mlir::Value>> before; // index: iterations back, less one
};

/// One tensor with all values along a new first dimension; null where a value's elements cannot be read.
mlir::DenseElementsAttr joinConstants(llvm::ArrayRef<mlir::Attribute> values, mlir::Type type);

} // namespace heddle

#endif

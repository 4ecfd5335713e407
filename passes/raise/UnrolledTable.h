// What an unrolled loop computes, as a table: a row for each op of an iteration, a column for each iteration.
//
//   %x0 = extract_slice %x[0] ..   %a0 = mul %x0, %w   %h0 = add %a0, %zero   ..
//   %x1 = extract_slice %x[1] ..   %a1 = mul %x1, %w   %h1 = add %a1, %h0
//   %x2 = ..
//
//   row a: ops {a0, a1, a2, ..}   reads {the slice of %x at 1 * i + 0, the invariant %w}
//   row h: ops {h0, h1, h2, ..}   reads {row a of the same iteration, row h of the one before}; at -1 it is %zero
//
// Rows grow from what the trace leaves behind, such as the pieces of a stack, towards what it reads. The op of the
// middle iteration is the sample of its row; the others belong to the row as far as they are made alike, from the
// middle out. The first iterations often are not, because an exporter or a fold has simplified what they do with the
// initial state: what stands in their place is kept as an odd value.
#ifndef HEDDLE_PASSES_RAISE_UNROLLEDTABLE_H
#define HEDDLE_PASSES_RAISE_UNROLLEDTABLE_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace heddle {

/// One value of an iteration, where it comes from.
struct UnrolledRead {
  enum Kind { Invariant, Slice, Constant, Row } kind;
  unsigned index = 0;   // into the table's invariants, slices, constants or rows
  unsigned result = 0;  // of the row's op
  int64_t distance = 0; // the row's value of `distance` iterations before
};

/// A slice that moves along one dimension of its source: in iteration i it starts at stride * i + offset.
struct MovingSlice {
  mutable mlir::tensor::ExtractSliceOp sample; // accessors of ops are not const
  int64_t dim, stride, offset;
};

/// Constants of one type: values of the iterations `low`..`low + values.size() - 1`.
struct UnrolledConstant {
  mlir::Type type;
  int64_t low;
  llvm::SmallVector<mlir::Attribute> values;
};

struct UnrolledRow {
  llvm::SmallVector<mlir::Operation *> ops; // by iteration; null where the row has none
  int64_t low, high;                        // iterations that have an op which is like the sample
  llvm::SmallVector<mlir::Value> values;    // what the sample reads: its operands, then what its regions capture
  llvm::SmallVector<UnrolledRead> reads;    // one for each of `values`
  /// What stands in the place of a result where the row has no op: by (result, iteration), which may be negative or
  /// beyond the last.
  llvm::MapVector<std::pair<unsigned, int64_t>, mlir::Value> odd;

  /// Ops like the sample in iterations before the first or beyond the last.
  llvm::MapVector<int64_t, mlir::Operation *> beyond;

  mlir::Operation *opAt(int64_t iteration) const;
  mlir::Value valueAt(unsigned result, int64_t iteration) const;
};

class UnrolledTable {
public:
  explicit UnrolledTable(int64_t iterations) : iterations(iterations), middle(iterations / 2) {}

  /// Adds what makes `values`, one for each iteration. Nothing where too few iterations are alike; then the table is
  /// as before.
  std::optional<UnrolledRead> add(llvm::ArrayRef<mlir::Value> values);

  /// Looks for the row's op in an iteration before the first or beyond the last, among what reads the rows' values.
  void extend(unsigned row, int64_t iteration);

  /// Brings values from outside of the table up to date after some of them were replaced.
  void replace(llvm::function_ref<mlir::Value(mlir::Value)> current);

  mlir::Operation *sampleOf(const UnrolledRow &row) const { return row.ops[middle]; }

  const int64_t iterations, middle;
  std::vector<UnrolledRow> rows;
  llvm::SmallVector<mlir::Value> invariants;
  llvm::SmallVector<MovingSlice> slices;
  llvm::SmallVector<UnrolledConstant> constants;

private:
  using Values = llvm::SmallVector<mlir::Value>;
  struct Range {
    int64_t low, high;
    int64_t size() const { return high - low + 1; }
  };
  struct Pending {
    unsigned row;
    llvm::SmallVector<Values> reads; // of each of the row's values
  };

  /// The iterations around the middle, within `range`, of which `holds` is true.
  Range around(Range range, llvm::function_ref<bool(int64_t)> holds) const;
  bool isEnough(Range range) const { return range.size() >= std::max<int64_t>(2, iterations / 2); }
  /// Finds out what `values` are in all iterations of `range`, and shrinks it to those in which they are.
  std::optional<UnrolledRead> classify(const Values &values, Range &range);
  std::optional<UnrolledRead> classifySlice(const Values &values, Range &range);
  std::optional<UnrolledRead> classifyRow(const Values &values, Range &range);
  std::optional<UnrolledRead> addRow(const Values &values, Range &range);
  bool readPending();
  void removeRowsFrom(unsigned first);

  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<std::pair<unsigned, int64_t>, 1>> places; // (row, iteration)
  llvm::SmallVector<Pending> pending;
};

} // namespace heddle

#endif

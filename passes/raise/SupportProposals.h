// Supports that could be what a matrix of booleans shows, read off its distances, rows and columns.
//
//   1 1 0 0 0     distances 0 to 1, all of them seen: a window
//   0 1 1 0 0     row 0 and column 0 would have to be full for a global position 0
//   0 0 1 1 0
//
// Proposals are guesses from a few places; whoever asks compares them with every entry.
#ifndef HEDDLE_PASSES_RAISE_SUPPORTPROPOSALS_H
#define HEDDLE_PASSES_RAISE_SUPPORTPROPOSALS_H

#include "passes/raise/SupportFit.h"

namespace heddle {

class SupportProposals {
public:
  /// `shift`: position of the first query among the keys.
  SupportProposals(mlir::MLIRContext *context, const PairGrid &grid, int64_t shift)
      : context(context), grid(grid), first(shift), last(shift + grid.queries) {
    measure();
  }

  using List = llvm::SmallVector<mlir::Attribute>;
  /// One name.
  List simple() const;
  /// A band with a stride, global positions or sinks beside it.
  List unions() const;
  /// Lists of blocks, good at this length only; the largest block that fits.
  List blocks() const;

private:
  bool seen(int64_t i, int64_t j) const { return grid.at(i - first, j); }
  void measure();
  int64_t runInRow(int64_t i, int64_t j) const;
  List groups() const;
  mlir::Attribute window2D() const;
  llvm::SmallVector<int64_t> globalPositions(bool inPastOnly) const;
  int64_t sinkCount(bool inPastOnly) const;
  mlir::Attribute listBlocks(int64_t block) const;

  mlir::Attribute window(int64_t left, int64_t right) const {
    return mixer::WindowAttr::get(context, std::max<int64_t>(left, 0), std::max<int64_t>(right, 0));
  }
  mlir::Attribute causal() const { return mixer::CausalAttr::get(context); }
  mlir::Attribute anyOf(llvm::ArrayRef<mlir::Attribute> parts) const { return mixer::AnyOfAttr::get(context, parts); }
  mlir::Attribute allOf(llvm::ArrayRef<mlir::Attribute> parts) const { return mixer::AllOfAttr::get(context, parts); }

  mlir::MLIRContext *context;
  const PairGrid &grid;
  int64_t first, last;                   // positions of the queries
  int64_t left = 0, right = 0, step = 0; // of all that is seen
  int64_t bandLeft = -1, bandRight = -1; // around the diagonal, without holes
};

} // namespace heddle

#endif

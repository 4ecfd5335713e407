// What stands around the steps of an unrolled loop: what it reads, and who reads it.
#ifndef HEDDLE_PASSES_RAISE_REROLLUSES_H
#define HEDDLE_PASSES_RAISE_REROLLUSES_H

#include "passes/raise/RerollLoop.h"

namespace heddle {

/// Sources of the moving slices and invariants.
llvm::SmallVector<mlir::Value> frontierOf(const UnrolledTable &table, const RerollSchedule &schedule);

/// All values that the loop of [begin, end) reads, besides the first carried values.
llvm::SmallVector<mlir::Value> neededBy(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin,
                                        int64_t end);

/// Pieces of the stacks from `end` on.
llvm::SmallVector<mlir::Value> piecesOutside(const RerollSchedule &schedule, int64_t begin, int64_t end);

/// Values of the replaced ops that other ops read. Nothing where one of them cannot be had from a loop.
std::optional<llvm::SmallVector<WantedValue>> wantedOutside(const UnrolledTable &table, const RerollSchedule &schedule,
                                                            int64_t begin, int64_t end, const RerollLoop &loop,
                                                            const llvm::DenseSet<mlir::Operation *> &replaced);

/// Whether any of the values is computed by way of one of the ops.
bool dependsOn(llvm::ArrayRef<mlir::Value> values, const llvm::DenseSet<mlir::Operation *> &ops);

} // namespace heddle

#endif

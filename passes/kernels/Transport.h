// The code of one transport step, for affine transports: S -> Phi S of a state, r -> Phi^T r of a query that walks
// back.
//
// Both work on rows (one row per key feature, complex keys have 2 dk rows). The rows of a state hold value features in
// their lanes. The rows of a walking query are scalars, except for elementwise transports, which differ from lane to
// lane.
#ifndef HEDDLE_PASSES_KERNELS_TRANSPORT_H
#define HEDDLE_PASSES_KERNELS_TRANSPORT_H

#include "passes/kernels/MixView.h"
#include "passes/kernels/Rows.h"

namespace heddle::kernels {

/// True when a step multiplies every state entry by a number of its own and nothing else.
bool isDiagonal(mixer::MixOp op);
/// True when that number differs between value features.
bool isPerLane(mixer::MixOp op);

/// Logarithm of the decay of row n, for diagonal real transports; `at` names token j, head and lanes.
Expr logDecay(MixView &view, const Point &at, Expr n, int64_t width);
/// The decay itself; empty for the identity.
Expr decay(MixView &view, const Point &at, Expr n, int64_t width);

/// The complex decays of every mode at one token, real parts first, with heads as lanes: [2 dk, headLanes] on the
/// stack.
mlir::Value tabulateDecays(MixView &view, const Point &at);

using RowExpr = llvm::function_ref<Expr(Expr)>;

/// rows = Phi_j rows + key_j value^T, the key with the factor that the transport puts on its update. With a query also
/// query^T rows afterwards; empty without.
Expr stepState(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query = nullptr);

/// rows = rows + key_j value^T, with the same factor and the same result.
Expr addUpdate(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query = nullptr);

/// rows = Phi_j^T rows.
void stepAdjoint(MixView &view, Rows &rows, const Point &at);

/// Weight of key j under the walking query: r . k, with the factor that the transport puts on its update.
Expr walkedWeight(MixView &view, Rows &rows, const Point &at, llvm::function_ref<Expr(Expr)> key);

} // namespace heddle::kernels

#endif

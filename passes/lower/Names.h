// Attributes through which the passes of the lower phase, and the compiler after them, talk to each other.
#ifndef HEDDLE_PASSES_LOWER_NAMES_H
#define HEDDLE_PASSES_LOWER_NAMES_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace heddle {

// Buffers in the arena and in the constants section start at multiples of this: HEDDLE_ABI_ALIGNMENT of the kernel ABI.
inline constexpr int64_t kBufferAlignment = 64;

// On an entry function, from the frontend.
inline constexpr llvm::StringLiteral kSymbolsAttr = "heddle.symbols"; // ["B", "T"]
inline constexpr llvm::StringLiteral kShapeAttr = "heddle.shape"; // per argument and result: affine_map of the symbols

// On an argument [rows, capacity, ..] and on the result that it becomes: the entry writes some of its places, where the
// caller may have both be the same memory.
inline constexpr llvm::StringLiteral kAppendAttr = "heddle.append";

// On scf.parallel, from the tile phase.
inline constexpr llvm::StringLiteral kKernelAttr = "heddle.kernel"; // name for people: "matmul"
inline constexpr llvm::StringLiteral kWorkAttr = "heddle.work";     // estimated operations of one iteration

// On an entry function and on its heddle_entry_*: the printed size of the arena, "4096*B*T + max(64*B, 128)".
inline constexpr llvm::StringLiteral kMemoryAttr = "heddle.memory";
// On an entry function: one affine_map per slot of the arena; a slot is as large as the largest result of its map.
inline constexpr llvm::StringLiteral kSlotsAttr = "heddle.slots";
// On an entry function: one affine_map per input and per output, the shapes in terms of the symbols.
inline constexpr llvm::StringLiteral kInputShapesAttr = "heddle.input_shapes";
inline constexpr llvm::StringLiteral kOutputShapesAttr = "heddle.output_shapes";
// On arguments that planning adds to an entry: "output", "symbol", "arena", "constants", "context".
inline constexpr llvm::StringLiteral kRoleAttr = "heddle.role";

// On a call: {grain = 128 : i64, kernel = "matmul"}; the first two operands are the range that may be split.
inline constexpr llvm::StringLiteral kLaunchAttr = "heddle.launch";
// On a kernel, while it becomes an LLVM function: the LLVM parameters that get these attributes.
inline constexpr llvm::StringLiteral kNoAliasAttr = "heddle.noalias";
inline constexpr llvm::StringLiteral kReadonlyAttr = "heddle.readonly";
// On the module: names of the kernels; the place in the list is the number passed to parallel_for.
inline constexpr llvm::StringLiteral kKernelsAttr = "heddle.kernels";
// On the module: [{offset = 0 : i64, value = dense_resource<..>}, ..], what the constants section holds.
inline constexpr llvm::StringLiteral kConstantsAttr = "heddle.constants";

} // namespace heddle

#endif

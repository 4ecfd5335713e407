// Tables of scalar ops by name, and how their functions read registers.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_SCALARTABLE_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_SCALARTABLE_H

#include "dialects/mixer/reference/ScalarProgram.h"
#include "llvm/ADT/StringMap.h"

namespace heddle {

using ScalarTable = llvm::StringMap<Instruction::Function>;

void addIntegerOps(ScalarTable &table);
void addRealOps(ScalarTable &table);
void addCasts(ScalarTable &table);

template <typename Op> void addRow(ScalarTable &table, Instruction::Function function) {
  table[Op::getOperationName()] = function;
}

inline double realOf(const Instruction &n, const Scalar *r, unsigned i) { return r[n.operands[i]].real; }
inline int64_t integerOf(const Instruction &n, const Scalar *r, unsigned i) { return r[n.operands[i]].integer; }
inline uint64_t unsignedOf(const Instruction &n, const Scalar *r, unsigned i) {
  uint64_t value = integerOf(n, r, i);
  return n.width >= 64 ? value : value & ((uint64_t(1) << n.width) - 1);
}

} // namespace heddle
#endif

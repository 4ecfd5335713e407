// The scalar ops of arith and math as instructions.
#include "dialects/mixer/reference/ScalarTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

void select(const Instruction &n, Scalar *r) { r[n.result] = integerOf(n, r, 0) ? r[n.operands[1]] : r[n.operands[2]]; }

const ScalarTable &scalarTable() {
  static const ScalarTable table = [] {
    ScalarTable rows;
    addRealOps(rows);
    addIntegerOps(rows);
    addCasts(rows);
    addRow<arith::SelectOp>(rows, select);
    return rows;
  }();
  return table;
}

bool isNumber(Type type) { return type.isIntOrIndexOrFloat(); }

} // namespace

std::optional<Instruction> translateScalarOp(Operation *op, Precision precision) {
  auto row = scalarTable().find(op->getName().getStringRef());
  if (row == scalarTable().end() || op->getNumResults() != 1)
    return std::nullopt;
  Type type = getElementTypeOrSelf(op->getResult(0));
  Type operandType = getElementTypeOrSelf(op->getOperand(0));
  if (!isNumber(type) || !isNumber(operandType))
    return std::nullopt;
  Instruction instruction;
  instruction.run = row->second;
  instruction.type = type;
  instruction.finish = finishOf(type, precision);
  if (operandType.isIntOrIndex())
    instruction.width = integerWidth(operandType);
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    instruction.immediate = int64_t(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    instruction.immediate = int64_t(compare.getPredicate());
  return instruction;
}

} // namespace heddle

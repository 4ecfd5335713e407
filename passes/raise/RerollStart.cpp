#include "passes/raise/RerollStart.h"

#include "passes/raise/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

// How far to look: the odd ops of a first iteration are few.
constexpr size_t kMostOps = 64;
constexpr size_t kMostNumbers = 4;

std::optional<double> splatNumber(Value value) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute); dense && dense.isSplat())
    attribute = dense.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  return std::nullopt;
}

/// Numbers that the iterations before the regular ones mention.
SmallVector<double> numbersAtStart(const UnrolledTable &table, const RerollSchedule &schedule) {
  SmallVector<Value> open;
  for (unsigned row : schedule.rows)
    for (auto &[place, value] : table.rows[row].odd) {
      int64_t iteration = schedule.reversed ? schedule.iterations - 1 - place.second : place.second;
      if (iteration - schedule.shifts.lookup(row) < schedule.begin)
        open.push_back(value);
    }
  SmallVector<double> numbers;
  llvm::SetVector<Operation *> seen;
  while (!open.empty() && seen.size() < kMostOps) {
    Value value = open.pop_back_val();
    if (std::optional<double> number = splatNumber(value)) {
      if (!llvm::is_contained(numbers, *number))
        numbers.push_back(*number);
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (!op || !seen.insert(op))
      continue;
    llvm::append_range(open, readsOf(op));
  }
  return numbers;
}

/// Sizes of a tensor, where they can be had from what it is written into: what is read off another step of the trace
/// would keep the trace alive.
std::optional<SmallVector<OpFoldResult>> sizesOf(OpBuilder &builder, OpResult result) {
  auto destination = dyn_cast<DestinationStyleOpInterface>(result.getOwner());
  if (destination)
    if (auto empty = destination.getTiedOpOperand(result)->get().getDefiningOp<tensor::EmptyOp>())
      return empty.getMixedSizes();
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(builder, result.getOwner(), shapes)))
    return std::nullopt;
  return shapes[result.getResultNumber()];
}

template <typename... Ops> bool computesWith(Operation *op) {
  return op->walk([](Operation *inner) { return isa<Ops...>(inner) ? WalkResult::interrupt() : WalkResult::advance(); })
      .wasInterrupted();
}

} // namespace

SmallVector<SmallVector<double>> guessStarts(const UnrolledTable &table, const RerollSchedule &schedule,
                                             const RerollLoop &loop) {
  SmallVector<double> numbers = numbersAtStart(table, schedule);
  double least = -std::numeric_limits<double>::infinity(), most = -least;
  if (!numbers.empty() && *llvm::min_element(numbers) < 0)
    least = *llvm::min_element(numbers);
  if (!numbers.empty() && *llvm::max_element(numbers) > 0)
    most = *llvm::max_element(numbers);
  SmallVector<double> usual{0};
  for (double number : numbers)
    if (usual.size() <= kMostNumbers && !llvm::is_contained(usual, number))
      usual.push_back(number);
  if (!llvm::is_contained(usual, 1))
    usual.push_back(1);
  SmallVector<SmallVector<double>> attempts;
  for (double number : usual) {
    SmallVector<double> &attempt = attempts.emplace_back();
    for (const CarriedValue &value : loop.carried()) {
      Operation *op = table.sampleOf(table.rows[value.row]);
      bool isMaximum = computesWith<arith::MaximumFOp, arith::MaxNumFOp>(op);
      bool isMinimum = computesWith<arith::MinimumFOp, arith::MinNumFOp>(op);
      attempt.push_back(isMaximum ? least : isMinimum ? most : number);
    }
  }
  return attempts;
}

Value startOf(OpBuilder &builder, const UnrolledTable &table, const CarriedValue &value, double number) {
  auto result = cast<OpResult>(table.sampleOf(table.rows[value.row])->getResult(value.result));
  Type element = getElementTypeOrSelf(result.getType());
  if (!element.isIntOrIndexOrFloat())
    return nullptr;
  Location loc = result.getLoc();
  TypedAttr scalar = isa<FloatType>(element) ? TypedAttr(FloatAttr::get(element, number))
                                             : TypedAttr(IntegerAttr::get(element, static_cast<int64_t>(number)));
  auto tensor = dyn_cast<RankedTensorType>(result.getType());
  if (!tensor)
    return arith::ConstantOp::create(builder, loc, scalar);
  if (tensor.hasStaticShape())
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(tensor, scalar));
  std::optional<SmallVector<OpFoldResult>> sizes = sizesOf(builder, result);
  if (!sizes)
    return nullptr;
  Value empty = tensor::EmptyOp::create(builder, loc, *sizes, element);
  Value fill = arith::ConstantOp::create(builder, loc, scalar);
  return linalg::FillOp::create(builder, loc, fill, empty).getResult(0);
}

} // namespace heddle

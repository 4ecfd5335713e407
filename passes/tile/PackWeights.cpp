// --heddle-pack-weights: constant right operands of contractions become panels. The data moves through plain byte
// copies into a new resource: attributes of that size are never uniqued.
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "passes/Passes.h"
#include "passes/tile/ContractionMatch.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "passes/Passes.h.inc"

namespace {

/// A contraction whose operand `weight` is a constant matrix that can be packed.
struct Candidate {
  linalg::LinalgOp op;
  OpOperand *weight;
  ElementsAttr value;
  unsigned n, k;          // loops
  bool isTransposed;      // stored as [n, k]
  int64_t columns, depth; // sizes of n and k
};

/// The constant behind `value`, seen through one transposition.
std::pair<ElementsAttr, bool> findConstant(Value value) {
  bool transposed = false;
  if (auto transpose = value.getDefiningOp<linalg::TransposeOp>()) {
    if (transpose.getPermutation() != ArrayRef<int64_t>{1, 0})
      return {};
    transposed = true;
    value = transpose.getInput();
  }
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  return {constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr(), transposed};
}

/// The elements in row-major order as raw bytes, or nothing for forms that do not store them one by one.
ArrayRef<char> rawBytes(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  return dense && !dense.isSplat() ? dense.getRawData() : ArrayRef<char>();
}

class Packer {
public:
  Packer(ModuleOp module, int64_t minBytes) : module(module), minBytes(minBytes) {}

  std::optional<Candidate> findCandidate(linalg::LinalgOp op) const;
  void pack(const Candidate &candidate);

private:
  std::optional<Candidate> matchWeight(linalg::LinalgOp op, unsigned input) const;
  DenseResourceElementsAttr makePanels(const Candidate &candidate);

  ModuleOp module;
  int64_t minBytes;
  // Weights shared by several contractions are packed once. Key: the constant, and 1 where it is stored as [n, k].
  DenseMap<std::pair<Attribute, unsigned>, DenseResourceElementsAttr> packed;
};

//===--- matching -------------------------------------------------------------------------===//

std::optional<Candidate> Packer::matchWeight(linalg::LinalgOp op, unsigned input) const {
  OpOperand *weight = op.getDpsInputOperand(input);
  AffineMap map = op.getMatchingIndexingMap(weight);
  AffineMap other = op.getMatchingIndexingMap(op.getDpsInputOperand(1 - input));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto [value, transposedOutside] = findConstant(weight->get());
  if (!value || map.getNumResults() != 2 || !map.isProjectedPermutation() || !out.isProjectedPermutation())
    return std::nullopt;
  auto type = cast<RankedTensorType>(value.getType());
  int64_t bytes = rawBytes(value).size();
  if (bytes < minBytes || bytes * 8 != type.getNumElements() * type.getElementTypeBitWidth())
    return std::nullopt;

  unsigned first = map.getDimPosition(0), second = map.getDimPosition(1);
  auto role = [&](unsigned loop) { return roleOfLoop(other, map, out, loop); };
  bool isTransposed = role(first) == LoopRole::Column;
  auto [n, k] = isTransposed ? std::pair(first, second) : std::pair(second, first);
  if (role(n) != LoopRole::Column || role(k) != LoopRole::Sum ||
      out.getResults().back() != getAffineDimExpr(n, op.getContext()))
    return std::nullopt;
  auto shape = cast<RankedTensorType>(weight->get().getType()).getShape();
  int64_t columns = shape[isTransposed ? 0 : 1], depth = shape[isTransposed ? 1 : 0];
  return Candidate{op, weight, value, n, k, isTransposed != transposedOutside, columns, depth};
}

std::optional<Candidate> Packer::findCandidate(linalg::LinalgOp op) const {
  if (!op.hasPureTensorSemantics() || !isMultiplyAccumulate(op))
    return std::nullopt;
  for (unsigned input : {1u, 0u})
    if (auto candidate = matchWeight(op, input))
      return candidate;
  return std::nullopt;
}

//===--- rewriting ------------------------------------------------------------------------===//

/// Element (k, n) goes to panel n / 32, row k, column n % 32; columns beyond the last stay zero.
void copyToPanels(const Candidate &candidate, size_t elementBytes, const char *from, char *to) {
  int64_t columns = candidate.columns, depth = candidate.depth;
  for (int64_t n = 0; n < columns; ++n)
    for (int64_t k = 0; k < depth; ++k) {
      int64_t source = candidate.isTransposed ? n * depth + k : k * columns + n;
      int64_t target = ((n / kPanelWidth) * depth + k) * kPanelWidth + n % kPanelWidth;
      std::memcpy(to + target * elementBytes, from + source * elementBytes, elementBytes);
    }
}

DenseResourceElementsAttr Packer::makePanels(const Candidate &candidate) {
  DenseResourceElementsAttr &panels = packed[{candidate.value, candidate.isTransposed ? 1u : 0u}];
  if (panels)
    return panels;
  Type element = candidate.value.getElementType();
  size_t elementBytes = element.getIntOrFloatBitWidth() / 8;
  int64_t numPanels = llvm::divideCeil(candidate.columns, kPanelWidth);
  auto type = RankedTensorType::get({numPanels, candidate.depth, kPanelWidth}, element);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(type.getNumElements() * elementBytes, /*align=*/64);
  std::memset(blob.getMutableData().data(), 0, blob.getMutableData().size());
  copyToPanels(candidate, elementBytes, rawBytes(candidate.value).data(), blob.getMutableData().data());

  std::string name = "weight";
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(candidate.value))
    name = resource.getRawHandle().getKey().str();
  panels = DenseResourceElementsAttr::get(type, name + "_panels", std::move(blob));
  return panels;
}

void Packer::pack(const Candidate &candidate) {
  linalg::LinalgOp op = candidate.op;
  IRRewriter rewriter(op);
  Location loc = op.getLoc();
  auto constant = arith::ConstantOp::create(rewriter, loc, cast<TypedAttr>(makePanels(candidate)));
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[candidate.weight->getOperandNumber()] = getPanelMap(op.getContext(), op.getNumLoops(), candidate.n, candidate.k);
  SmallVector<Value> inputs = op.getDpsInputs();
  inputs[candidate.weight->getOperandNumber()] = constant;
  auto generic = linalg::GenericOp::create(rewriter, loc, op->getResultTypes(), inputs, op.getDpsInits(), maps,
                                           op.getIteratorTypesArray());
  rewriter.cloneRegionBefore(op->getRegion(0), generic.getRegion(), generic.getRegion().end());
  rewriter.replaceOp(op, generic);
}

struct PackWeightsPass : impl::PackWeightsPassBase<PackWeightsPass> {
  using PackWeightsPassBase::PackWeightsPassBase;

  void runOnOperation() override {
    Packer packer(getOperation(), minBytes);
    SmallVector<Candidate> candidates;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (auto candidate = packer.findCandidate(op))
        candidates.push_back(*candidate);
    });
    for (const Candidate &candidate : candidates)
      packer.pack(candidate);
  }
};

} // namespace
} // namespace heddle

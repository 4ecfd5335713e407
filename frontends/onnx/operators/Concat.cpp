// Concat and Split: tensors joined along an axis, and taken apart again.
#include "frontends/onnx/operators/Movement.h"
#include <numeric>

using namespace mlir;

namespace heddle::onnx {

//===--- Concat ---------------------------------------------------------------------------===//

static Results convertConcat(NodeReader &node) {
  SmallVector<Tensor> parts = node.tensors();
  if (parts.empty())
    return node.fail("no inputs, expected at least 1");
  std::optional<int64_t> axis = parts[0] ? node.axis(node.integer("axis", 0), parts[0].rank()) : std::nullopt;
  if (!axis)
    return {};
  for (const Tensor &part : parts) {
    if (!part)
      return {};
    if (part.rank() != parts[0].rank() || part.elementType != parts[0].elementType)
      return node.fail("inputs, expected one rank and one element type");
    for (int64_t other = 0; other < part.rank(); ++other)
      if (other != *axis && !node.unify(part.shape[other], parts[0].shape[other], {parts[0].shape, part.shape}))
        return {};
  }
  Tensor first = parts[0];
  llvm::erase_if(parts, [&](const Tensor &part) { return part.shape[*axis] == node.g.dim(0); });
  return {parts.empty() ? first : node.g.concat(parts, *axis)};
}

// The sizes of the parts next to the axis are equal, that along it is their sum.
static std::optional<SmallVector<int64_t>> joinedShape(ArrayRef<Literal> parts, int64_t axis) {
  SmallVector<int64_t> joined = parts.front().shape;
  for (const Literal &part : parts.drop_front()) {
    if (part.shape.size() != joined.size() || part.elementType != parts.front().elementType)
      return std::nullopt;
    for (int64_t other = 0; other < part.rank(); ++other)
      if (other != axis && part.shape[other] != joined[other])
        return std::nullopt;
    joined[axis] += part.shape[axis];
  }
  std::optional<int64_t> count = elementCount(joined);
  return count && *count <= maxLiteralElements ? std::optional(joined) : std::nullopt;
}

static Literals foldConcat(NodeReader &node) {
  std::vector<Literal> parts;
  for (int64_t index = 0; index < node.inputCount(); ++index) {
    std::optional<Literal> part = node.literal(index);
    if (!part)
      return {};
    parts.push_back(std::move(*part));
  }
  std::optional<int64_t> axis = parts.empty() ? std::nullopt : node.axis(node.integer("axis", 0), parts[0].rank());
  std::optional<SmallVector<int64_t>> shape = axis ? joinedShape(parts, *axis) : std::nullopt;
  if (!shape)
    return {};
  int64_t outer = 1, inner = 1;
  for (auto [at, size] : llvm::enumerate(*shape))
    (static_cast<int64_t>(at) < *axis ? outer : inner) *= static_cast<int64_t>(at) == *axis ? 1 : size;
  Literal result{parts[0].elementType, *shape, {}};
  for (int64_t block = 0; block < outer; ++block)
    for (const Literal &part : parts) {
      auto first = part.elements.begin() + block * part.shape[*axis] * inner;
      result.elements.insert(result.elements.end(), first, first + part.shape[*axis] * inner);
    }
  return {result};
}

//===--- Split ----------------------------------------------------------------------------===//

enum class SizesIn { Attribute, Input };

// Equal parts, the last one smaller when they do not divide the size.
static std::optional<SmallVector<int64_t>> equalParts(NodeReader &node, Dim size, int64_t count) {
  auto known = dyn_cast<AffineConstantExpr>(size);
  if (!known || count < 1) {
    node.error() << "split of size " << node.g.describe(size) << " in " << count
                 << " equal parts, expected a known size and at least one part";
    return std::nullopt;
  }
  int64_t part = llvm::divideCeil(known.getValue(), count), rest = known.getValue();
  SmallVector<int64_t> sizes;
  for (int64_t i = 0; i < count; ++i) {
    sizes.push_back(std::min(part, rest));
    rest -= sizes.back();
  }
  return sizes;
}

namespace {
struct Parts {
  int64_t axis;
  SmallVector<int64_t> sizes;
};
} // namespace

template <SizesIn place> static std::optional<Parts> readParts(NodeReader &node) {
  Shape shape = node.shape(0);
  std::optional<int64_t> axis = node.axis(node.integer("axis", 0), shape.size());
  int64_t count = node.integer("num_outputs", node.outputCount());
  std::optional<SmallVector<int64_t>> sizes;
  if (place == SizesIn::Attribute)
    sizes = node.integers("split");
  else if (node.has(1))
    sizes = node.integers(1, "split");
  if (!axis || node.failed())
    return std::nullopt;
  if (!sizes)
    sizes = equalParts(node, shape[*axis], count);
  if (!sizes)
    return std::nullopt;
  if (llvm::any_of(*sizes, [](int64_t size) { return size < 0; }) ||
      static_cast<int64_t>(sizes->size()) != node.outputCount())
    return node.error() << "split in " << sizes->size() << " sizes, expected one non-negative size for each of "
                        << node.outputCount() << " outputs",
           std::nullopt;
  if (!node.unify(shape[*axis], node.g.dim(std::accumulate(sizes->begin(), sizes->end(), int64_t(0)))))
    return std::nullopt;
  return Parts{*axis, *sizes};
}

template <SizesIn place> static Results convertSplit(NodeReader &node) {
  std::optional<Parts> parts = readParts<place>(node);
  return parts ? Results(node.g.split(node.tensor(0), parts->axis, parts->sizes)) : Results();
}

template <SizesIn place> static Literals foldSplit(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  std::optional<Parts> parts = x ? readParts<place>(node) : std::nullopt;
  if (!parts)
    return {};
  Literals results;
  int64_t start = 0;
  for (int64_t size : parts->sizes) {
    SmallVector<int64_t> shape = x->shape;
    shape[parts->axis] = size;
    results.push_back(gathered(*x, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> from) {
      llvm::copy(index, from.begin());
      from[parts->axis] += start;
    }));
    start += size;
  }
  return results;
}

void registerConcat(OpTable &table) {
  table.add({{"Concat", 4, convertConcat, foldConcat},
             {"Split", 2, convertSplit<SizesIn::Attribute>, foldSplit<SizesIn::Attribute>},
             {"Split", 13, convertSplit<SizesIn::Input>, foldSplit<SizesIn::Input>}});
}

} // namespace heddle::onnx

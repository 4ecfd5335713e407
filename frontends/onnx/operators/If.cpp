// If: a branch on a condition that is known while importing is taken, any other is scf.if.
#include "frontends/onnx/operators/Bodies.h"

using namespace mlir;

namespace heddle::onnx {

// Sequences are carried out of a branch by their elements.
static SmallVector<Tensor> flatten(NodeReader &node, Values &values, bool &ok) {
  SmallVector<Tensor> flat;
  for (GraphValue &value : values) {
    if (value.kind == ValueKind::Sequence) {
      flat.append(flatten(node, value.elements, ok));
      continue;
    }
    flat.push_back(node.materialise(value));
    ok &= bool(flat.back());
  }
  return flat;
}

static Values unflatten(NodeReader &node, const Values &like, ArrayRef<Tensor> &flat) {
  Values values;
  for (const GraphValue &value : like) {
    if (value.kind == ValueKind::Sequence) {
      values.push_back(GraphValue::ofSequence(unflatten(node, value.elements, flat), node.g.location()));
      continue;
    }
    values.push_back(valueOf(node, flat.front()));
    flat = flat.drop_front();
  }
  return values;
}

static bool haveEqualStructure(const Values &a, const Values &b) {
  if (a.size() != b.size())
    return false;
  for (auto [first, second] : llvm::zip_equal(a, b))
    if (first.kind != second.kind || !haveEqualStructure(first.elements, second.elements))
      return false;
  return true;
}

static Values convertIf(NodeReader &node) {
  const GraphProto *then = node.graph("then_branch"), *otherwise = node.graph("else_branch");
  const GraphValue *condition = node.graphValue(0);
  if (!then || !otherwise || !condition)
    return {};
  if (std::optional<bool> known = knownFlag(*condition))
    return node.importBody(*known ? *then : *otherwise, {}).value_or(Values());
  Values made[2];
  SmallVector<Tensor> tensors[2];
  auto fill = [&](int which) -> std::optional<SmallVector<Tensor>> {
    std::optional<Values> values = node.importBody(which == 0 ? *then : *otherwise, {});
    bool ok = values.has_value();
    if (ok)
      tensors[which] = flatten(node, made[which] = *values, ok);
    if (which == 1 && ok && !haveEqualStructure(made[0], made[1]))
      node.fail("branches make values of different kinds or lengths, expected one that does not depend on the data");
    if (!ok || node.failed() || (which == 1 && !unifyShapes(node, tensors[0], tensors[1])))
      return std::nullopt;
    return tensors[which];
  };
  std::optional<SmallVector<Tensor>> results =
      node.g.branch(flagTensor(node, node.tensor(0)), [&] { return fill(0); }, [&] { return fill(1); });
  if (!results)
    return {};
  ArrayRef<Tensor> flat = *results;
  return unflatten(node, made[0], flat);
}

void registerIf(OpTable &table) { table.add({{"If", 1, convertIf}}); }

} // namespace heddle::onnx

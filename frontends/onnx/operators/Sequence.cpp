// Sequences and optionals. How many elements a sequence has and whether an optional holds something is known while
// importing, so these operators only move names around.
#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

static Values one(GraphValue value) {
  Values values;
  values.push_back(std::move(value));
  return values;
}

static GraphValue integer(NodeReader &node, int64_t number, Type type) {
  return GraphValue::ofLiteral({}, Literal{type, {}, {{node.g.dim(number)}}}, node.g.location());
}

// The position that an input names, made non-negative; positions up to `limit` are fine.
static std::optional<int64_t> readPosition(NodeReader &node, int64_t input, int64_t size, int64_t limit) {
  std::optional<SmallVector<int64_t>> given = node.integers(input, "position");
  if (!given)
    return std::nullopt;
  int64_t position = given->size() == 1 ? (*given)[0] : std::numeric_limits<int64_t>::min();
  position += position < 0 && given->size() == 1 ? size : 0;
  if (position >= 0 && position <= limit)
    return position;
  node.error() << "position outside of a sequence of " << size << " elements, expected one inside";
  return std::nullopt;
}

static Values convertConstruct(NodeReader &node) {
  Values elements;
  for (int64_t index = 0; index < node.inputCount(); ++index)
    if (const GraphValue *value = node.graphValue(index))
      elements.push_back(*value);
  return one(GraphValue::ofSequence(std::move(elements), node.g.location()));
}

static Values convertEmpty(NodeReader &node) {
  node.ignore({"dtype"}); // its elements will have one
  return one(GraphValue::ofSequence({}, node.g.location()));
}

static Values convertAt(NodeReader &node) {
  const Values *elements = node.sequence(0);
  if (!elements)
    return {};
  int64_t size = elements->size();
  std::optional<int64_t> position = readPosition(node, 1, size, size - 1);
  return position ? one((*elements)[*position]) : Values();
}

static Values convertInsert(NodeReader &node) {
  const Values *elements = node.sequence(0);
  const GraphValue *inserted = node.graphValue(1);
  if (!elements || !inserted)
    return {};
  int64_t size = elements->size();
  std::optional<int64_t> position = node.has(2) ? readPosition(node, 2, size, size) : size;
  if (!position)
    return {};
  Values result = *elements;
  result.insert(result.begin() + *position, *inserted);
  return one(GraphValue::ofSequence(std::move(result), node.g.location()));
}

static Values convertErase(NodeReader &node) {
  const Values *elements = node.sequence(0);
  if (!elements)
    return {};
  int64_t size = elements->size();
  std::optional<int64_t> position = node.has(1) ? readPosition(node, 1, size, size - 1) : size - 1;
  if (!position || size == 0)
    return node.failed() ? Values() : (node.fail("sequence is empty, expected an element"), Values());
  Values result = *elements;
  result.erase(result.begin() + *position);
  return one(GraphValue::ofSequence(std::move(result), node.g.location()));
}

static Values convertLength(NodeReader &node) {
  const Values *elements = node.sequence(0);
  return elements ? one(integer(node, elements->size(), node.g.builder().getI64Type())) : Values();
}

// Parts of the given sizes, of one given size, or of size 1.
static Values convertSplitToSequence(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", 0), x.rank()) : std::nullopt;
  bool keepDims = node.flag("keepdims", true);
  if (!axis)
    return {};
  auto size = dyn_cast<AffineConstantExpr>(x.shape[*axis]);
  if (!size)
    return node.fail("size " + node.g.describe(x.shape[*axis]) + " of the split dimension, expected a known one"),
           Values();
  SmallVector<int64_t> sizes;
  std::optional<Literal> given = node.has(1) ? node.literal(1) : std::nullopt;
  if (node.has(1)) {
    std::optional<SmallVector<int64_t>> parts = node.integers(1, "split");
    if (!parts || !given)
      return {};
    sizes = *parts;
  }
  if (!given || given->rank() == 0) {
    int64_t part = given ? std::max<int64_t>(sizes[0], 1) : 1;
    sizes.clear();
    for (int64_t start = 0; start < size.getValue(); start += part)
      sizes.push_back(std::min(part, size.getValue() - start));
  }
  Values elements;
  for (Tensor part : node.g.split(x, *axis, sizes)) {
    if (!part)
      return {};
    if (!given && !keepDims)
      part = node.g.squeeze(part, *axis);
    elements.push_back(GraphValue::ofTensor(part, node.g.location()));
  }
  return one(GraphValue::ofSequence(std::move(elements), node.g.location()));
}

// Rows one behind the other, or side by side along a new axis.
static Tensor concatRows(NodeReader &node, Tensor rows, int64_t axis, bool makesAxis) {
  std::optional<int64_t> positive = node.axis(axis, rows.rank() - !makesAxis);
  if (!positive)
    return {};
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(1, rows.rank()));
  order.insert(order.begin() + *positive, 0);
  Tensor moved = node.g.transpose(rows, order);
  if (makesAxis)
    return moved;
  Shape shape = moved.shape;
  shape[*positive] = shape[*positive] * shape[*positive + 1];
  shape.erase(shape.begin() + *positive + 1);
  return node.g.reshape(moved, shape);
}

static Values convertConcatFromSequence(NodeReader &node) {
  bool makesAxis = node.flag("new_axis", false);
  int64_t axis = node.integer("axis", 0);
  const GraphValue *given = node.graphValue(0);
  if (given && given->kind == ValueKind::Stack) {
    Tensor result = concatRows(node, given->tensor, axis, makesAxis);
    return result ? one(GraphValue::ofTensor(result, node.g.location())) : Values();
  }
  const Values *elements = node.sequence(0);
  if (!elements)
    return {};
  SmallVector<Tensor> parts;
  for (GraphValue element : *elements) {
    Tensor part = node.materialise(element);
    parts.push_back(makesAxis ? node.g.unsqueeze(part, axis) : part);
    if (!parts.back())
      return {};
  }
  if (parts.empty())
    return node.fail("sequence is empty, expected an element"), Values();
  std::optional<int64_t> positive = node.axis(axis, parts[0].rank());
  if (!positive)
    return {};
  Tensor result = node.g.concat(parts, *positive);
  return result ? one(GraphValue::ofTensor(result, node.g.location())) : Values();
}

// The body once for each element of the first sequence; what is no sequence is given to each.
static Values convertMap(NodeReader &node) {
  const Values *first = node.sequence(0);
  const GraphProto *body = node.graph("body");
  if (!first || !body)
    return {};
  std::vector<Values> results(node.outputCount());
  for (size_t index = 0; index < first->size(); ++index) {
    Values arguments;
    for (int64_t input = 0; input < node.inputCount(); ++input) {
      const GraphValue &value = *node.graphValue(input);
      if (value.kind == ValueKind::Stack)
        return node.fail(Twine("input is ") + value.describe() + ", expected a sequence of a known number of elements"),
               Values();
      if (value.kind == ValueKind::Sequence && value.elements.size() != first->size())
        return node.fail("sequences of " + Twine(first->size()) + " and " + Twine(value.elements.size()) +
                         " elements, expected equally many"),
               Values();
      arguments.push_back(value.kind == ValueKind::Sequence ? value.elements[index] : value);
    }
    std::optional<Values> made = node.importBody(*body, arguments);
    if (!made || made->size() < results.size())
      return {};
    for (size_t output = 0; output < results.size(); ++output)
      results[output].push_back((*made)[output]);
  }
  Values sequences;
  for (Values &elements : results)
    sequences.push_back(GraphValue::ofSequence(std::move(elements), node.g.location()));
  return sequences;
}

//===--- optionals ------------------------------------------------------------------------===//

static Values convertOptional(NodeReader &node) {
  (void)node.type("type");
  const GraphValue *held = node.has(0) ? node.graphValue(0) : nullptr;
  return one(held ? *held : GraphValue::nothing(node.g.location()));
}

static Values convertGetElement(NodeReader &node) {
  const GraphValue *value = node.graphValue(0);
  if (!value || value->kind != ValueKind::Nothing)
    return value ? one(*value) : Values();
  return node.fail("optional holds nothing, expected a value"), Values();
}

static Values convertHasElement(NodeReader &node) {
  const GraphValue *value = node.has(0) ? node.graphValue(0) : nullptr;
  return one(integer(node, value && value->kind != ValueKind::Nothing, node.g.builder().getI1Type()));
}

void registerSequence(OpTable &table) {
  table.add({{"ConcatFromSequence", 11, convertConcatFromSequence},
             {"Optional", 15, convertOptional},
             {"OptionalGetElement", 15, convertGetElement},
             {"OptionalHasElement", 15, convertHasElement},
             {"SequenceAt", 11, convertAt},
             {"SequenceConstruct", 11, convertConstruct},
             {"SequenceEmpty", 11, convertEmpty},
             {"SequenceErase", 11, convertErase},
             {"SequenceInsert", 11, convertInsert},
             {"SequenceLength", 11, convertLength},
             {"SequenceMap", 17, convertMap},
             {"SplitToSequence", 11, convertSplitToSequence}});
}

} // namespace heddle::onnx

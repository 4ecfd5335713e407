// Gradient of the preview training domain: reverse mode over the nodes between the named values and their result.
#include "frontends/onnx/onnx_model.pb.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// What a rule sees: the node's inputs, its output, and the gradient of that.
struct Step {
  GraphBuilder &g;
  ArrayRef<Tensor> x;
  Tensor y, dy;
};

// One gradient for each input, of the output's shape at most: broadcasting is undone afterwards.
using Rule = SmallVector<Tensor> (*)(const Step &);

SmallVector<Tensor> gradientOfAdd(const Step &s) { return {s.dy, s.dy}; }
SmallVector<Tensor> gradientOfSub(const Step &s) { return {s.dy, s.g.unary(Unary::Neg, s.dy)}; }
SmallVector<Tensor> gradientOfMul(const Step &s) { return {s.g.mul(s.dy, s.x[1]), s.g.mul(s.dy, s.x[0])}; }
SmallVector<Tensor> gradientOfDiv(const Step &s) {
  Tensor first = s.g.div(s.dy, s.x[1]);
  return {first, s.g.unary(Unary::Neg, s.g.mul(first, s.y))};
}
SmallVector<Tensor> gradientOfNeg(const Step &s) { return {s.g.unary(Unary::Neg, s.dy)}; }
SmallVector<Tensor> gradientOfIdentity(const Step &s) { return {s.dy}; }
SmallVector<Tensor> gradientOfExp(const Step &s) { return {s.g.mul(s.dy, s.y)}; }
SmallVector<Tensor> gradientOfLog(const Step &s) { return {s.g.div(s.dy, s.x[0])}; }
SmallVector<Tensor> gradientOfSqrt(const Step &s) { return {s.g.div(s.g.mul(s.dy, 0.5), s.y)}; }
SmallVector<Tensor> gradientOfTanh(const Step &s) { return {s.g.sub(s.dy, s.g.mul(s.dy, s.g.mul(s.y, s.y)))}; }
SmallVector<Tensor> gradientOfSigmoid(const Step &s) {
  Tensor scaled = s.g.mul(s.dy, s.y);
  return {s.g.sub(scaled, s.g.mul(scaled, s.y))};
}
SmallVector<Tensor> gradientOfMatMul(const Step &s) {
  if (s.x[0].rank() < 2 || s.x[1].rank() < 2)
    return {s.g.fail("gradient of a product with a vector, expected matrices")};
  return {s.g.matmul(s.dy, s.x[1], false, true), s.g.matmul(s.x[0], s.dy, true, false)};
}

Rule findRule(const NodeProto &node) {
  static const llvm::StringMap<Rule> rules = {
      {"Add", gradientOfAdd},   {"Sub", gradientOfSub},         {"Mul", gradientOfMul},
      {"Div", gradientOfDiv},   {"Neg", gradientOfNeg},         {"Identity", gradientOfIdentity},
      {"Exp", gradientOfExp},   {"Log", gradientOfLog},         {"Sqrt", gradientOfSqrt},
      {"Tanh", gradientOfTanh}, {"Sigmoid", gradientOfSigmoid}, {"MatMul", gradientOfMatMul}};
  // An attribute would change the meaning: none of these has one since opset 7.
  bool isPlain = (node.domain().empty() || node.domain() == "ai.onnx") && node.attribute_size() == 0;
  auto found = isPlain ? rules.find(node.op_type()) : rules.end();
  return found == rules.end() ? nullptr : found->second;
}

class Differentiation {
public:
  explicit Differentiation(NodeReader &node) : node(node), g(node.g) {}

  Results run() {
    SmallVector<std::string> sources = node.strings("xs").value_or(SmallVector<std::string>());
    SmallVector<std::string> constants = node.strings("zs").value_or(SmallVector<std::string>());
    std::string target = node.string("y", "");
    if (!readsItsNames(sources, constants))
      return {};
    Tensor y = node.namedTensor(target);
    if (!y)
      return {};
    gradients[target] = g.splat(1, y.shape, y.elementType);
    SmallVector<const NodeProto *> path = nodesFrom(sources);
    for (const NodeProto *step : llvm::reverse(path))
      if (!differentiate(*step))
        return {};
    Results results;
    for (const std::string &source : sources) {
      Tensor x = node.namedTensor(source), gradient = gradients.lookup(source);
      results.push_back(gradient || !x ? gradient : g.splat(0, x.shape, x.elementType));
    }
    return results;
  }

private:
  // The function could be asked for at other values than those of the graph.
  bool readsItsNames(ArrayRef<std::string> sources, ArrayRef<std::string> constants) {
    SmallVector<std::string> names(sources);
    llvm::append_range(names, constants);
    bool isSame = !sources.empty() && static_cast<int64_t>(names.size()) == node.inputCount();
    for (int64_t index = 0; isSame && index < node.inputCount(); ++index)
      isSame = node.has(index) && node.inputName(index) == names[index];
    if (!isSame)
      node.error() << "inputs, expected the values that attributes 'xs' and 'zs' name";
    return isSame;
  }

  // The nodes whose outputs depend on the sources, in order.
  SmallVector<const NodeProto *> nodesFrom(ArrayRef<std::string> sources) {
    for (const std::string &source : sources)
      active.insert(source);
    SmallVector<const NodeProto *> path;
    for (const NodeProto *each : node.nodesAround()) {
      if (each == &node.proto())
        break;
      if (!llvm::any_of(each->input(), [&](const std::string &input) { return active.contains(input); }))
        continue;
      path.push_back(each);
      for (const std::string &output : each->output())
        active.insert(output);
    }
    return path;
  }

  bool differentiate(const NodeProto &step) {
    Tensor dy = step.output_size() == 1 ? gradients.lookup(step.output(0)) : Tensor();
    bool matters = llvm::any_of(step.output(), [&](const std::string &output) { return gradients.contains(output); });
    if (!matters)
      return true;
    Rule rule = dy ? findRule(step) : nullptr;
    if (!rule)
      return node.fail("operator '" + step.op_type() +
                       "', expected Add, Sub, Mul, Div, Neg, Identity, Exp, Log, Sqrt, "
                       "Tanh, Sigmoid or MatMul"),
             false;
    SmallVector<Tensor> inputs;
    for (const std::string &input : step.input())
      inputs.push_back(node.namedTensor(input));
    SmallVector<Tensor> parts = rule({g, inputs, node.namedTensor(step.output(0)), dy});
    for (auto [name, x, part] : llvm::zip(step.input(), inputs, parts))
      if (active.contains(name) && !accumulate(name, x, part))
        return false;
    return true;
  }

  bool accumulate(StringRef name, const Tensor &x, Tensor part) {
    if (!x || !part)
      return false;
    // Sums over what was broadcast.
    SmallVector<int64_t> spread;
    int64_t added = part.rank() - x.rank();
    for (int64_t axis = 0; axis < part.rank(); ++axis)
      if (axis < added || (x.shape[axis - added] == g.dim(1) && part.shape[axis] != g.dim(1)))
        spread.push_back(axis);
    if (!spread.empty())
      part = g.reshape(g.reduce(Reduce::Sum, part, spread), x.shape);
    Tensor &sum = gradients[name];
    sum = sum ? g.add(sum, part) : part;
    return bool(sum);
  }

  NodeReader &node;
  GraphBuilder &g;
  llvm::StringSet<> active;
  llvm::StringMap<Tensor> gradients;
};

} // namespace

static Results convertGradient(NodeReader &node) { return Differentiation(node).run(); }

void registerGradient(OpTable &table) { table.add({{"ai.onnx.preview.training.Gradient", 1, convertGradient}}); }

} // namespace heddle::onnx

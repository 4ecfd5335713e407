#include "test/conformance/Table.h"
#include "frontends/onnx/OpTable.h"
#include "test/conformance/Variant.h"
#include "llvm/Support/FormatVariadic.h"
#include <set>

namespace heddle::test {

namespace {

using Used = std::set<std::pair<std::string, int64_t>>;

// The operators of a graph and those inside of it, with the versions that their meanings have had since.
void collect(const onnx::GraphProto &graph, const onnx::ModelProto &model, Used &used) {
  for (const onnx::NodeProto &node : graph.node()) {
    std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
    int64_t opset = 0;
    for (const onnx::OperatorSetIdProto &import : model.opset_import())
      if ((import.domain() == "ai.onnx" ? "" : import.domain()) == domain)
        opset = import.version();
    const onnx::OpRow *row = onnx::OpTable::get().find(domain, node.op_type(), opset);
    used.insert({domain.empty() ? node.op_type() : domain + "." + node.op_type(), row ? row->since : 0});
    for (const onnx::AttributeProto &attribute : node.attribute())
      if (attribute.has_g())
        collect(attribute.g(), model, used);
  }
}

constexpr Kind kinds[] = {Kind::Static, Kind::Dynamic, Kind::Constant};

std::string percent(size_t part, size_t whole) { return llvm::formatv("{0:f1} %", 100.0 * part / whole); }

} // namespace

void StatusTable::add(const Case &source) {
  auto count = [&](Status &status) {
    ++status.cases;
    for (size_t index = 0; index < std::size(kinds); ++index)
      status.passing[index] += exclusions.find(source.key(), name(kinds[index])) == nullptr;
  };
  Used used;
  collect(source.model.graph(), source.model, used);
  count(suites[source.suite]);
  for (const auto &operation : used)
    count(rows[operation]);
}

std::string StatusTable::markdown() const {
  std::string text = "| suite | cases | static | dynamic | constant |\n|---|---|---|---|---|\n";
  for (const auto &[suite, status] : suites) {
    text += "| " + suite + " | " + std::to_string(status.cases);
    for (size_t passing : status.passing)
      text += " | " + std::to_string(passing) + " (" + percent(passing, status.cases) + ")";
    text += " |\n";
  }
  text += "\n| operator | since opset | cases | static | dynamic | constant |\n|---|---|---|---|---|---|\n";
  for (const auto &[operation, status] : rows) {
    text += "| " + operation.first + " | " + (operation.second ? std::to_string(operation.second) : "not supported") +
            " | " + std::to_string(status.cases);
    for (size_t passing : status.passing)
      text += " | " + (passing == status.cases ? "all" : std::to_string(passing));
    text += " |\n";
  }
  return text;
}

} // namespace heddle::test

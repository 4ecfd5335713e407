// Compiled rows against the reference, in the chosen form or in all of them.
#include "test/numeric/Runners.h"
#include "test/property/MixAgreement.h"
#include <cstdio>

using namespace mlir;

namespace heddle::test {
namespace {

struct RowResult {
  int points = 0, failures = 0;
  double share = 0;
};

class RowChecker {
public:
  RowChecker(const Case &row, const RunnerOptions &options, bool allForms)
      : row(row), options(options), allForms(allForms), context(makeCompilerContext()) {}

  RowResult check() {
    for (Real type : row.types)
      for (int64_t width : row.widths)
        checkModule(width, type);
    return result;
  }

private:
  // One module serves all batches and lengths of the row.
  void checkModule(int64_t width, Real type) {
    MixSpec spec = row.at(context.get(), row.batches.front(), row.lengths.front(), width, type);
    OwningOpRef<ModuleOp> module = buildMix(spec);
    std::vector<std::string> forms = {""};
    if (allForms) {
      forms.clear();
      for (mixer::FormKind form : mixOf(*module).admittedForms())
        forms.push_back(mixer::stringifyFormKind(form).str());
    }
    for (const std::string &form : forms)
      checkForm(*module, form, width, type);
  }

  void checkForm(ModuleOp module, const std::string &form, int64_t width, Real type) {
    CompileOptions compileOptions;
    compileOptions.form = form;
    std::string where = std::string(nameOf(type)) + " D" + std::to_string(width) + (form.empty() ? "" : " " + form),
                error;
    auto compiled = CompiledModule::compile(module, compileOptions, options.threads, error);
    if (!compiled)
      return fail(where, error.empty() ? "compilation failed" : error);
    for (int64_t batch : row.batches)
      for (int64_t length : row.lengths)
        checkPoint(*compiled, row.at(context.get(), batch, length, width, type),
                   where + " B" + std::to_string(batch) + " T" + std::to_string(length));
  }

  void checkPoint(CompiledModule &compiled, const MixSpec &spec, const std::string &where) {
    MixCase point(spec, /*inputSeed=*/spec.batch * 1000 + spec.tokens);
    ++result.points;
    double share = 0;
    Expectation expected = Expectation::of(*point.module, point.inputs, row.slack);
    if (expected.outputs.empty())
      return fail(where, "the reference has no answer");
    if (std::string difference = disagreement(compiled, point.inputs, expected, share); !difference.empty())
      return fail(where, difference);
    result.share = std::max(result.share, share);
    if (options.verbose)
      std::printf("  %s: error is %.2f of %s\n", where.c_str(), share, expected.reasons.front().c_str());
  }

  void fail(const std::string &where, const std::string &why) {
    ++result.failures;
    std::printf("FAIL %s %s: %s\n", row.name, where.c_str(), why.c_str());
  }

  const Case &row;
  const RunnerOptions &options;
  bool allForms;
  std::unique_ptr<MLIRContext> context;
  RowResult result;
};

int runRows(const RunnerOptions &options, bool allForms) {
  int failures = 0, rows = 0, points = 0;
  for (const Case &row : cases()) {
    if (!options.selects(row))
      continue;
    RowResult result = RowChecker(row, options, allForms).check();
    std::printf("%-28s %4d points, %d failures, largest error %.2f of its tolerance\n", row.name, result.points,
                result.failures, result.share);
    std::fflush(stdout);
    failures += result.failures, points += result.points, ++rows;
  }
  std::printf("%d rows, %d points, %d failures\n", rows, points, failures);
  return failures;
}

} // namespace

int runCheck(const RunnerOptions &options) { return runRows(options, /*allForms=*/false); }
int runForms(const RunnerOptions &options) { return runRows(options, /*allForms=*/true); }

} // namespace heddle::test

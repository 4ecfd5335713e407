// heddle-property: random legal mixers, compiled in every admitted form, against the reference.
//
//   heddle-property --points 1000 --seed 1        all of seeds 1 .. 1000
//   heddle-property --points 1 --seed 42 -v       one of them again, with its op and its figures
#include "mlir/IR/Verifier.h"
#include "test/property/MixAgreement.h"
#include "test/property/RandomMix.h"
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

struct Options {
  int64_t points = 100;
  uint64_t seed = 1;
  std::string form;
  double slack = 4;
  int threads = 2;
  bool verbose = false;
};

struct Totals {
  int64_t points = 0, runs = 0, failures = 0;
  double largestShare = 0;
  std::map<std::string, int64_t> forms;
};

class PointRunner {
public:
  PointRunner(const Options &options, Totals &totals) : options(options), totals(totals) {}

  void run(MLIRContext *context, uint64_t pointSeed) {
    seed = pointSeed;
    MixCase point(randomMix(context, seed), seed);
    text = point.describe();
    if (options.verbose)
      std::printf("seed %llu: %s\n", (unsigned long long)seed, text.c_str());
    std::fflush(stdout); // a crash in generated code must leave its seed behind
    ++totals.points;
    if (failed(verify(*point.module)))
      return fail("generator", "the point is not legal");
    Expectation expected = Expectation::of(*point.module, point.inputs, options.slack);
    if (expected.outputs.empty())
      return fail("reference", "the reference has no answer");
    for (mixer::FormKind form : point.mix().admittedForms())
      if (options.form.empty() || options.form == mixer::stringifyFormKind(form))
        check(point, form, expected);
  }

private:
  void check(MixCase &point, mixer::FormKind form, const Expectation &expected) {
    std::string name = mixer::stringifyFormKind(form).str(), error;
    ++totals.runs;
    ++totals.forms[name];
    auto compiled = CompiledModule::compile(*point.module, forcing(form), options.threads, error);
    if (!compiled)
      return fail(name, error.empty() ? "compilation failed" : "loading failed: " + error);
    double share = 0;
    if (std::string difference = disagreement(*compiled, point.inputs, expected, share); !difference.empty())
      return fail(name, difference);
    totals.largestShare = std::max(totals.largestShare, share);
    if (options.verbose)
      std::printf("  %s: error is %.2f of its tolerance\n", name.c_str(), share);
  }

  void fail(const std::string &form, const std::string &why) {
    ++totals.failures;
    std::printf("FAIL seed %llu form %s: %s\n%s", (unsigned long long)seed, form.c_str(), why.c_str(),
                options.verbose ? "" : ("  " + text + "\n").c_str());
    std::fflush(stdout);
  }

  const Options &options;
  Totals &totals;
  uint64_t seed = 0;
  std::string text;
};

void report(const Options &options, const Totals &totals, double seconds) {
  std::printf("%lld points from seed %llu, %lld compiled forms (", (long long)totals.points,
              (unsigned long long)options.seed, (long long)totals.runs);
  const char *separator = "";
  for (auto &[name, count] : totals.forms) {
    std::printf("%s%s %lld", separator, name.c_str(), (long long)count);
    separator = ", ";
  }
  std::printf("), %lld failures, largest error %.2f of its tolerance, %.1f s\n", (long long)totals.failures,
              totals.largestShare, seconds);
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  CLI::App app("random legal mixers, compiled in every admitted form, against the reference", "heddle-property");
  app.add_option("--points", options.points, "number of points")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "seed of the first point; the others follow");
  app.add_option("--form", options.form, "only this form");
  app.add_option("--slack", options.slack, "factor on the error of the plain same-precision loop");
  app.add_option("--threads", options.threads, "threads of a run");
  app.add_flag("-v,--verbose", options.verbose, "print every point");
  CLI11_PARSE(app, argc, argv);

  Totals totals;
  PointRunner runner(options, totals);
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<MLIRContext> context;
  for (int64_t i = 0; i < options.points; ++i) {
    if (i % 50 == 0)
      context = makeCompilerContext(); // attributes and types of finished points are given back
    runner.run(context.get(), options.seed + uint64_t(i));
  }
  report(options, totals, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return totals.failures == 0 ? 0 : 1;
}

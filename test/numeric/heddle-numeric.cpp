// heddle-numeric: the numeric case table with its runners.
//
//   heddle-numeric --check                compiled rows against the reference
//   heddle-numeric --forms -o delta       every admitted form of the rows with "delta" in their name
//   heddle-numeric --coverage             every slot value stands in a row
//   heddle-numeric --bench                speed of every form
#include "test/numeric/Runners.h"
#include <CLI/CLI.hpp>

using namespace heddle::test;

int main(int argc, char **argv) {
  RunnerOptions options;
  bool check = false, forms = false, coverage = false, bench = false;
  CLI::App app("the numeric case table with its runners", "heddle-numeric");
  app.add_flag("--check", check, "compare the chosen form with the reference");
  app.add_flag("--forms", forms, "compare every admitted form with the reference");
  app.add_flag("--coverage", coverage, "fail when a slot value has no row");
  app.add_flag("--bench", bench, "print the speed of every form");
  app.add_option("-o,--only", options.filter, "rows whose name contains this");
  app.add_option("--threads", options.threads, "threads of a run");
  app.add_flag("-v,--verbose", options.verbose, "print every point");
  app.require_option(1, 0);
  CLI11_PARSE(app, argc, argv);
  int failures = 0;
  if (coverage)
    failures += runCoverage(options);
  if (check)
    failures += runCheck(options);
  if (forms)
    failures += runForms(options);
  if (bench)
    failures += runBench(options);
  return failures == 0 ? 0 : 1;
}

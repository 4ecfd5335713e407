// The four uses of the case table.
#ifndef HEDDLE_TEST_NUMERIC_RUNNERS_H
#define HEDDLE_TEST_NUMERIC_RUNNERS_H

#include "test/numeric/Cases.h"

namespace heddle::test {

struct RunnerOptions {
  std::string filter; // rows whose name contains it
  int threads = 2;
  bool verbose = false;

  bool selects(const Case &row) const { return std::string(row.name).find(filter) != std::string::npos; }
};

/// Each returns the number of failures and prints one line per row.
int runCheck(const RunnerOptions &options);    // the form that the cost model picks
int runForms(const RunnerOptions &options);    // every admitted form
int runCoverage(const RunnerOptions &options); // every slot value stands in a row
int runBench(const RunnerOptions &options);    // speed at the largest sizes

} // namespace heddle::test
#endif

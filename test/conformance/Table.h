// The tables of suites and of operators, versions and status for the documentation, from the cases and what is excluded
// of them: the tests see to it that exclusions and results agree, so nothing is run for it.
#ifndef HEDDLE_TEST_CONFORMANCE_TABLE_H
#define HEDDLE_TEST_CONFORMANCE_TABLE_H

#include "test/conformance/Case.h"
#include "test/conformance/Exclusions.h"
#include <map>

namespace heddle::test {

class StatusTable {
public:
  explicit StatusTable(const Exclusions &exclusions) : exclusions(exclusions) {}
  void add(const Case &source);
  std::string markdown() const;

private:
  struct Status {
    size_t cases = 0;
    size_t passing[3] = {0, 0, 0};
  };
  const Exclusions &exclusions;
  std::map<std::string, Status> suites;
  std::map<std::pair<std::string, int64_t>, Status> rows; // (operator, version)
};

} // namespace heddle::test
#endif

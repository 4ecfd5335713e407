// Cases that are known not to pass: one a line, `suite/case variants reason`, with variants a comma list or `*`.
#ifndef HEDDLE_TEST_CONFORMANCE_EXCLUSIONS_H
#define HEDDLE_TEST_CONFORMANCE_EXCLUSIONS_H

#include "runtime/io/Result.h"
#include <map>
#include <string>

namespace heddle::test {

class Exclusions {
public:
  static io::Result<Exclusions> read(const std::string &path);
  // The reason, or null where the case has to pass.
  const std::string *find(const std::string &key, const std::string &variant) const;

private:
  std::map<std::pair<std::string, std::string>, std::string> reasons; // (case, variant) -> reason
};

} // namespace heddle::test
#endif

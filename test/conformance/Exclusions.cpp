#include "test/conformance/Exclusions.h"
#include <fstream>
#include <sstream>

namespace heddle::test {

io::Result<Exclusions> Exclusions::read(const std::string &path) {
  Exclusions result;
  std::ifstream file(path);
  if (!file)
    return io::Error{path, "file", "one that can be read", "none"};
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#')
      continue;
    std::istringstream words(line);
    std::string key, variants, reason, variant;
    words >> key >> variants;
    std::getline(words >> std::ws, reason);
    if (reason.empty())
      return io::Error{path + ":" + std::to_string(number), "line", "case, variants and reason", line};
    for (std::istringstream list(variants); std::getline(list, variant, ',');)
      if (!result.reasons.insert({{key, variant}, reason}).second)
        return io::Error{path + ":" + std::to_string(number), "case", "one line for each case and variant", key};
  }
  return result;
}

const std::string *Exclusions::find(const std::string &key, const std::string &variant) const {
  for (const std::string &candidate : {variant, std::string("*")})
    if (auto found = reasons.find({key, candidate}); found != reasons.end())
      return &found->second;
  return nullptr;
}

} // namespace heddle::test

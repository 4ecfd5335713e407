#include "runtime/core/Cpu.h"
#include <sched.h>
#include <string_view>

namespace heddle::runtime {

namespace {

struct Feature {
  std::string_view name;
  bool present;
};

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "x86_64";

#define HEDDLE_FEATURE(name)                                                                                           \
  Feature { name, static_cast<bool>(__builtin_cpu_supports(name)) }
/// The features that a compiler for x86-64 uses without being told.
bool lookup(std::string_view name, bool &present) {
  __builtin_cpu_init();
  const Feature known[] = {
      HEDDLE_FEATURE("sse3"),       HEDDLE_FEATURE("ssse3"),        HEDDLE_FEATURE("sse4.1"),
      HEDDLE_FEATURE("sse4.2"),     HEDDLE_FEATURE("popcnt"),       HEDDLE_FEATURE("avx"),
      HEDDLE_FEATURE("avx2"),       HEDDLE_FEATURE("fma"),          HEDDLE_FEATURE("bmi"),
      HEDDLE_FEATURE("bmi2"),       HEDDLE_FEATURE("avx512f"),      HEDDLE_FEATURE("avx512bw"),
      HEDDLE_FEATURE("avx512cd"),   HEDDLE_FEATURE("avx512dq"),     HEDDLE_FEATURE("avx512vl"),
      HEDDLE_FEATURE("avx512ifma"), HEDDLE_FEATURE("avx512vbmi"),   HEDDLE_FEATURE("avx512vbmi2"),
      HEDDLE_FEATURE("avx512vnni"), HEDDLE_FEATURE("avx512bitalg"), HEDDLE_FEATURE("avx512vpopcntdq"),
      HEDDLE_FEATURE("avx512bf16"),
  };
  for (const Feature &feature : known) {
    if (feature.name == name) {
      present = feature.present;
      return true;
    }
  }
  return false;
}
#undef HEDDLE_FEATURE
#else
#if defined(__aarch64__)
constexpr std::string_view kArchitecture = "aarch64";
#else
constexpr std::string_view kArchitecture = "unknown";
#endif
bool lookup(std::string_view, bool &) { return false; }
#endif

} // namespace

Status checkTarget(const std::string &triple, const std::vector<std::string> &features) {
  std::string architecture = triple.substr(0, triple.find('-'));
  if (!architecture.empty() && architecture != kArchitecture)
    return mismatch(HEDDLE_INCOMPATIBLE, "target of the package", "this machine's " + std::string(kArchitecture),
                    architecture);
  std::string missing;
  for (std::string_view feature : features) {
    if (feature.empty() || feature[0] == '-')
      continue;
    if (feature[0] == '+')
      feature.remove_prefix(1);
    bool present = true;
    if (lookup(feature, present) && !present)
      missing += (missing.empty() ? "" : " ") + std::string(feature);
  }
  if (!missing.empty())
    return Status(HEDDLE_INCOMPATIBLE, "target of the package, expected CPU features of this machine but got " +
                                           missing + ", which it lacks: compile for this machine");
  return {};
}

int32_t usableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

} // namespace heddle::runtime

// Prints what a package's entries take and give.
#include <cstdio>
#include <heddle/runtime.hpp>

static void print(const char *kind, const heddle_tensor_info_t *tensor) {
  std::printf("  %s %s:", kind, tensor->name);
  for (int32_t i = 0; i < tensor->rank; ++i)
    std::printf(" %s", tensor->dimensions[i]);
  std::printf("\n");
}

int main(int argc, char **argv) try {
  heddle::Package package(argc > 1 ? argv[1] : "model.heddle");
  for (size_t i = 0; i < heddle_package_entry_count(package.get()); ++i) {
    const heddle_entry_t *entry = heddle_package_entry(package.get(), i);
    std::printf("%s\n", heddle_entry_name(entry));
    for (size_t k = 0; k < heddle_entry_input_count(entry); ++k)
      print("input", heddle_entry_input(entry, k));
    for (size_t k = 0; k < heddle_entry_output_count(entry); ++k)
      print("output", heddle_entry_output(entry, k));
  }
  heddle::Session session(package);
  session.run(package.entry("forward"), {}, {}); // the package wants inputs: says so
} catch (const heddle::Error &error) {
  std::printf("%s: %s\n", heddle_code_name(error.code), error.what());
  return 1;
}

// Prints what a package's entries take and give.
#include <cstdio>
#include <heddle/runtime.h>

static void print(const char *kind, const heddle_tensor_info_t *tensor) {
  std::printf("  %s %s:", kind, tensor->name);
  for (int32_t i = 0; i < tensor->rank; ++i)
    std::printf(" %s", tensor->dimensions[i]);
  std::printf("\n");
}

int main(int argc, char **argv) {
  heddle_package_t *package = nullptr;
  heddle_status_t status = heddle_package_load_file(argc > 1 ? argv[1] : "model.heddle", nullptr, &package);
  if (status) {
    std::fprintf(stderr, "%s\n", heddle_status_message(status));
    heddle_status_release(status);
    return 1;
  }
  for (size_t i = 0; i < heddle_package_entry_count(package); ++i) {
    const heddle_entry_t *entry = heddle_package_entry(package, i);
    std::printf("%s\n", heddle_entry_name(entry));
    for (size_t k = 0; k < heddle_entry_input_count(entry); ++k)
      print("input", heddle_entry_input(entry, k));
    for (size_t k = 0; k < heddle_entry_output_count(entry); ++k)
      print("output", heddle_entry_output(entry, k));
  }
  heddle_package_release(package);
}

// Writes the package of HostModel.c to the given path, for tests that use the installed library from outside.
#include "test/unit/runtime/TestPackage.h"
#include <cstdio>

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make-test-package PATH\n");
    return 2;
  }
  heddle::test::writeFile(argv[1], heddle::test::makePackage());
  return 0;
}

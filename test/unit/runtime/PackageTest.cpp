// Writing and reading packages: what a good one says.
#include "compiler/package/PackageWriter.h"
#include "test/unit/runtime/TestPackage.h"
#include <cstring>

using namespace heddle;
using namespace heddle::test;

namespace {

TEST(Package, tells_entries_tensors_and_symbols) {
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  ASSERT_TRUE(package);
  ASSERT_EQ(heddle_package_entry_count(package.get()), 5u);
  EXPECT_EQ(heddle_package_entry(package.get(), 5), nullptr);
  EXPECT_EQ(heddle_package_find_entry(package.get(), "backward"), nullptr);
  const heddle_entry_t *forward = heddle_package_find_entry(package.get(), "forward");
  EXPECT_STREQ(heddle_entry_name(forward), "forward");
  EXPECT_STREQ(heddle_entry_memory_formula(forward), "B * T * 16");
  ASSERT_EQ(heddle_entry_symbol_count(forward), 2u);
  EXPECT_STREQ(heddle_entry_symbol(forward, 1)->name, "T");
  EXPECT_EQ(heddle_entry_symbol(forward, 1)->maximum, 100000);
  EXPECT_EQ(heddle_entry_symbol(forward, 0)->maximum, INT64_MAX);
  ASSERT_EQ(heddle_entry_input_count(forward), 2u);
  const heddle_tensor_info_t *x = heddle_entry_input(forward, 0);
  EXPECT_EQ(x->rank, 3);
  EXPECT_STREQ(x->dimensions[1], "T");
  EXPECT_EQ(x->sizes[1], -1);
  EXPECT_EQ(x->sizes[2], 4);
  const heddle_tensor_info_t *tokens = heddle_entry_input(forward, 1);
  EXPECT_TRUE(tokens->has_range);
  EXPECT_EQ(tokens->high, 10);
  EXPECT_STREQ(heddle_entry_output(forward, 1)->dimensions[0], "T * 2");
  EXPECT_EQ(heddle_entry_output(forward, 2), nullptr);
  size_t size = 0;
  EXPECT_STREQ(heddle_package_manifest(package.get(), &size), kManifest);
  EXPECT_EQ(size, std::strlen(kManifest));
  EXPECT_EQ(heddle_package_constants_bytes(package.get()), 256u);
}

TEST(Package, plan_gives_arena_and_output_dims) {
  std::string bytes = makePackage();
  PackagePtr package = load(bytes);
  const heddle_entry_t *forward = heddle_package_find_entry(package.get(), "forward");
  ASSERT_EQ(heddle_entry_output_dims_count(forward), 4u);
  int64_t symbols[] = {2, 5}, arena = 0, dims[4];
  expectOk(heddle_entry_plan(forward, symbols, 2, &arena, dims));
  EXPECT_EQ(arena, 160);
  EXPECT_EQ(std::vector<int64_t>(dims, dims + 4), (std::vector<int64_t>{2, 5, 4, 10}));
  expectError(heddle_entry_plan(forward, symbols, 1, &arena, nullptr), HEDDLE_INVALID_ARGUMENT,
              "number of symbol values, expected 2 but got 1");
  symbols[1] = 100001;
  expectError(heddle_entry_plan(forward, symbols, 2, &arena, nullptr), HEDDLE_OUT_OF_RANGE,
              "dim 'T', expected at most 100000 but got 100001");
}

TEST(Package, loads_from_file_and_unaligned_memory) {
  std::string bytes = makePackage(), path = temporaryPath("good.heddle");
  writeFile(path, bytes);
  heddle_package_t *package = nullptr;
  expectOk(heddle_package_load_file(path.c_str(), nullptr, &package));
  heddle_package_release(package);
  ::remove(path.c_str());
  std::string shifted = "x" + bytes;
  expectOk(heddle_package_load_memory(shifted.data() + 1, bytes.size(), nullptr, &package));
  heddle_package_release(package);
}

TEST(Package, same_contents_same_bytes) {
  EXPECT_EQ(makePackage(), makePackage());
  PackageContents contents;
  contents.manifest = "{}";
  std::string path = temporaryPath("twice.heddle");
  ASSERT_TRUE(writePackage(path, contents).ok());
  EXPECT_EQ(readFile(path), *packageBytes(contents));
  ::remove(path.c_str());
}

TEST(Package, writer_refuses_bad_blobs_and_paths) {
  char data[64] = {};
  PackageContents contents;
  contents.constantsBytes = 128;
  contents.constants = {{32, data, 64}};
  EXPECT_EQ(packageBytes(contents).message(),
            "constants: blob offset, expected a multiple of 64, at least 0 but got 32");
  contents.constants = {{0, data, 64}, {0, data, 64}};
  EXPECT_FALSE(packageBytes(contents).ok());
  contents.constants = {{128, data, 64}};
  EXPECT_EQ(packageBytes(contents).message(), "constants: blob end, expected at most 128 but got 128 + 64");
  contents.constants.clear();
  EXPECT_EQ(writePackage("/no/such/folder/m.heddle", contents).message(),
            "/no/such/folder/m.heddle: cannot create: No such file or directory");
}

TEST(Package, many_loads_at_once_keep_their_own_code) {
  std::string bytes = makePackage();
  std::vector<PackagePtr> packages;
  for (int i = 0; i < 20; ++i)
    packages.push_back(load(bytes));
  for (int i = 0; i < 20; i += 2)
    packages[i].reset();
  for (int i = 0; i < 20; i += 2)
    packages[i] = load(bytes);
  for (const PackagePtr &package : packages) {
    SessionPtr session = makeSession(package, 1);
    ForwardCall call(1, 3);
    expectOk(call.run(session, package));
    EXPECT_TRUE(call.outputsAreRight());
  }
}

} // namespace

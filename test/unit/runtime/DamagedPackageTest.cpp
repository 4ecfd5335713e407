// Every damaged package is refused by name.
#include "compiler/package/PackageWriter.h"
#include "runtime/abi/package_format.h"
#include "test/unit/runtime/TestPackage.h"
#include <cstring>
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace heddle;
using namespace heddle::test;

namespace {

/// Puts the header's hash right after a change of header or table, so that the check behind it is reached.
void rehash(std::string &bytes) {
  heddle_package_header_t header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.header_hash = 0;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.header_hash =
      XXH3_64bits(bytes.data(), sizeof header + header.section_count * sizeof(heddle_package_section_t));
  std::memcpy(bytes.data(), &header, sizeof header);
}

template <typename Change> std::string withHeader(Change change) {
  std::string bytes = makePackage();
  heddle_package_header_t header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  rehash(bytes);
  return bytes;
}

template <typename Change> std::string withSection(size_t index, Change change) {
  std::string bytes = makePackage();
  heddle_package_section_t section;
  char *at = bytes.data() + sizeof(heddle_package_header_t) + index * sizeof section;
  std::memcpy(&section, at, sizeof section);
  change(section);
  std::memcpy(at, &section, sizeof section);
  rehash(bytes);
  return bytes;
}

heddle_code_t loadCode(const std::string &bytes, std::string *message = nullptr) {
  heddle_status_t status = nullptr;
  PackagePtr package = load(bytes, &status);
  EXPECT_EQ(package == nullptr, status != nullptr);
  if (message)
    *message = heddle_status_message(status);
  return codeOf(status);
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void expectManifestError(const std::string &from, const std::string &to, heddle_code_t code,
                         const std::string &expected) {
  std::string message;
  EXPECT_EQ(loadCode(makePackage(replaced(kManifest, from, to)), &message), code);
  EXPECT_EQ(message, expected);
}

TEST(DamagedPackage, refuses_missing_files_folders_and_null) {
  heddle_package_t *package = nullptr;
  EXPECT_EQ(codeOf(heddle_package_load_file("/no/such.heddle", nullptr, &package)), HEDDLE_NOT_FOUND);
  expectError(heddle_package_load_file("/tmp", nullptr, &package), HEDDLE_IO_ERROR,
              "/tmp: file type, expected a regular file but got a folder");
  EXPECT_EQ(codeOf(heddle_package_load_file(nullptr, nullptr, &package)), HEDDLE_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(heddle_package_load_memory(nullptr, 3, nullptr, &package)), HEDDLE_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(heddle_package_load_file("/tmp", nullptr, nullptr)), HEDDLE_INVALID_ARGUMENT);
  EXPECT_EQ(package, nullptr);
}

TEST(DamagedPackage, refuses_truncation_everywhere) {
  std::string bytes = makePackage();
  for (size_t size = 0; size < bytes.size(); size += 64)
    ASSERT_EQ(loadCode(bytes.substr(0, size)), HEDDLE_CORRUPT) << "at byte " << size;
  EXPECT_EQ(loadCode(bytes.substr(0, bytes.size() - 1)), HEDDLE_CORRUPT);
  EXPECT_EQ(loadCode(bytes + '\0'), HEDDLE_CORRUPT);
}

TEST(DamagedPackage, refuses_each_flipped_byte) {
  std::string bytes = makePackage();
  for (size_t at = 0; at < bytes.size(); at += at < 512 ? 1 : 37) {
    std::string damaged = bytes;
    damaged[at] ^= 0x10;
    heddle_code_t code = loadCode(damaged);
    ASSERT_TRUE(code == HEDDLE_CORRUPT || code == HEDDLE_INCOMPATIBLE) << "byte " << at << ", code " << code;
  }
}

TEST(DamagedPackage, names_the_damaged_section) {
  for (const char *name : {"manifest", "host", "constants"}) {
    std::string bytes = makePackage(), message;
    heddle_package_section_t section;
    size_t index = name[0] == 'm' ? 0 : name[0] == 'h' ? 1 : 2;
    std::memcpy(&section, bytes.data() + 64 + 64 * index, sizeof section);
    bytes[section.offset + section.bytes / 2] ^= 1;
    EXPECT_EQ(loadCode(bytes, &message), HEDDLE_CORRUPT);
    EXPECT_NE(message.find(std::string("hash of section '") + name + "'"), std::string::npos) << message;
  }
}

TEST(DamagedPackage, skips_the_constants_hash_when_asked) {
  std::string bytes = makePackage();
  bytes.back() ^= 1;
  EXPECT_EQ(loadCode(bytes), HEDDLE_CORRUPT);
  EXPECT_TRUE(load(bytes, nullptr, /*verifyConstants=*/false));
}

TEST(DamagedPackage, refuses_wrong_magic_and_version) {
  std::string bytes = makePackage(), message;
  bytes[1] = 'h';
  EXPECT_EQ(loadCode(bytes, &message), HEDDLE_CORRUPT);
  EXPECT_EQ(message, "package in memory: file, expected a Heddle package but got another magic");
  bytes = withHeader([](heddle_package_header_t &header) { header.reader_version = 2; });
  EXPECT_EQ(loadCode(bytes, &message), HEDDLE_INCOMPATIBLE);
  EXPECT_EQ(message, "package in memory: package version, expected 1 (this runtime is 0.1.0) but got 2");
}

TEST(DamagedPackage, refuses_absurd_tables) {
  using Header = heddle_package_header_t;
  using Section = heddle_package_section_t;
  // Too many sections for rehash() to see them all: the count is checked before the hash.
  EXPECT_EQ(loadCode(withHeader([](Header &header) { header.section_count = 17; })), HEDDLE_CORRUPT);
  EXPECT_EQ(loadCode(withHeader([](Header &header) { header.section_bytes = 32; })), HEDDLE_CORRUPT);
  EXPECT_EQ(loadCode(withHeader([](Header &header) { header.section_count = 2; })), HEDDLE_CORRUPT);
  EXPECT_EQ(loadCode(withHeader([](Header &header) { header.file_bytes = UINT64_MAX; })), HEDDLE_CORRUPT);
  for (uint64_t offset : {uint64_t(0), uint64_t(4097), uint64_t(1) << 63, UINT64_MAX - 4095})
    EXPECT_EQ(loadCode(withSection(1, [&](Section &section) { section.offset = offset; })), HEDDLE_CORRUPT);
  for (uint64_t bytes : {uint64_t(1) << 40, UINT64_MAX})
    EXPECT_EQ(loadCode(withSection(1, [&](Section &section) { section.bytes = bytes; })), HEDDLE_CORRUPT);
  std::string message;
  EXPECT_EQ(loadCode(withSection(2, [](Section &section) { section.name[0] = 'C'; }), &message), HEDDLE_CORRUPT);
  EXPECT_EQ(message, "package in memory: sections, expected manifest, host and constants up to the end of the file but "
                     "got others");
}

TEST(DamagedPackage, refuses_bad_manifests_with_their_path) {
  expectManifestError("{\"format\"", "\"format\"", HEDDLE_CORRUPT,
                      "manifest, expected a JSON object but got malformed JSON");
  expectManifestError("\"format\": 1", "\"format\": 7", HEDDLE_INCOMPATIBLE, "manifest format, expected 1 but got 7");
  expectManifestError("\"entries\"", "\"entry\"", HEDDLE_CORRUPT, "manifest /entries, expected a list but got nothing");
  expectManifestError("\"f32\"", "\"f31\"", HEDDLE_CORRUPT,
                      "manifest /entries/0/inputs/0/type, expected one of f32 f64 f16 bf16 i64 i32 i8 u8 bool but got "
                      "\"f31\"");
  expectManifestError("\"T\", 4", "\"T\", -4", HEDDLE_CORRUPT,
                      "manifest /entries/0/inputs/0/shape/2, expected at least 0 but got -4");
  expectManifestError("\"T * 2\"", "\"S * 2\"", HEDDLE_CORRUPT,
                      "manifest /entries/0/outputs/1/shape/0, expected an expression over the entry's symbols but got "
                      "'S * 2'");
  expectManifestError("[0, 10]", "[0, 18446744073709551615]", HEDDLE_CORRUPT,
                      "manifest /entries/0/inputs/1/range/1, expected an integer but got 18446744073709551615");
  expectManifestError("\"min\": 1}", "\"min\": -1}", HEDDLE_CORRUPT,
                      "manifest /entries/0/symbols/0, expected 0 <= min <= max but got {\"min\":-1,\"name\":\"B\"}");
  expectManifestError("\"heddle_plan_forward\"", "\"heddle_plan_fwd\"", HEDDLE_CORRUPT,
                      "host object, expected symbol 'heddle_plan_fwd' for entry 'forward' but got none");
  std::string deep = "{\"format\": 1, \"entries\": " + std::string(200000, '[') + std::string(200000, ']') + "}";
  EXPECT_EQ(loadCode(makePackage(deep)), HEDDLE_CORRUPT);
}

TEST(DamagedPackage, survives_noise_in_the_manifest) {
  uint32_t random = 5; // the hashes are right each time: the manifest's own reader has to cope
  int loaded = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string manifest = kManifest;
    for (int i = 0; i < 2; ++i) {
      random = random * 1664525 + 1013904223;
      manifest[(random >> 8) % manifest.size()] = "0\"[{:,-9zT"[(random >> 4) % 10];
    }
    loaded += loadCode(makePackage(manifest)) == HEDDLE_OK;
  }
  EXPECT_GT(loaded, 0) << "some changes are harmless";
  EXPECT_LT(loaded, 900);
}

TEST(DamagedPackage, refuses_code_for_another_machine) {
  expectManifestError("\"triple\": \"\"", "\"triple\": \"riscv64-unknown-linux-gnu\"", HEDDLE_INCOMPATIBLE,
                      "target of the package, expected this machine's x86_64 but got riscv64");
  PackageContents contents;
  contents.manifest = kManifest;
  contents.hostObject = "\x7f"
                        "ELF, but not really";
  heddle_status_t status = nullptr;
  EXPECT_FALSE(load(*packageBytes(contents), &status));
  EXPECT_NE(std::string(heddle_status_message(heddle_status_cause(status))), "") << "what the loader said";
  expectError(status, HEDDLE_INCOMPATIBLE, "host object, cannot load");
  contents.hostObject = "text";
  EXPECT_EQ(loadCode(*packageBytes(contents)), HEDDLE_CORRUPT);
}

} // namespace

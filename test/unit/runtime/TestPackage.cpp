#include "test/unit/runtime/TestPackage.h"
#include "compiler/package/PackageWriter.h"
#include <cstring>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace heddle::test {

const char *const kManifest = R"({"format": 1, "producer": "test", "model": "hand-made",
 "target": {"triple": "", "cpu": "generic", "features": ["-avx512f", "+unheard-of"]},
 "entries": [
  {"name": "forward", "symbol": "heddle_entry_forward", "plan": "heddle_plan_forward",
   "symbols": [{"name": "B", "min": 1}, {"name": "T", "min": 1, "max": 100000}],
   "inputs": [{"name": "x", "type": "f32", "shape": ["B", "T", 4]},
              {"name": "tokens", "type": "i64", "shape": ["T"], "range": [0, 10]}],
   "outputs": [{"name": "y", "type": "f32", "shape": ["B", "T", 4]},
               {"name": "twice", "type": "i64", "shape": ["T * 2"]}],
   "memory": {"arena": "B * T * 16"}},
  {"name": "spin", "symbol": "heddle_entry_spin", "plan": "heddle_plan_spin", "symbols": [], "inputs": [],
   "outputs": [{"name": "started", "type": "i32", "shape": [1]}]},
  {"name": "step", "symbol": "heddle_entry_step", "plan": "heddle_plan_step", "tokens": "T", "positions": 100,
   "symbols": [{"name": "B", "min": 1}, {"name": "T", "min": 1}],
   "inputs": [{"name": "x", "type": "f32", "shape": ["B", "T"]},
              {"name": "position", "type": "i64", "shape": ["B"], "initial": 0},
              {"name": "largest", "type": "f32", "shape": ["B"], "initial": "-inf"}],
   "outputs": [{"name": "y", "type": "f32", "shape": ["B", "T"]},
               {"name": "position", "type": "i64", "shape": ["B"]},
               {"name": "largest", "type": "f32", "shape": ["B"]}]},
  {"name": "sum", "symbol": "heddle_entry_sum", "plan": "heddle_plan_sum", "tokens": "T", "capacity": "C",
   "symbols": [{"name": "B", "min": 1}, {"name": "T", "min": 1}, {"name": "C", "min": 1}],
   "inputs": [{"name": "x", "type": "f32", "shape": ["B", "T"]},
              {"name": "position", "type": "i64", "shape": ["B"], "initial": 0},
              {"name": "seen", "type": "f32", "shape": ["B", "C"], "initial": 0, "append": true}],
   "outputs": [{"name": "y", "type": "f32", "shape": ["B", "T"]},
               {"name": "position", "type": "i64", "shape": ["B"]},
               {"name": "seen", "type": "f32", "shape": ["B", "C"]}]},
  {"name": "grow", "symbol": "heddle_entry_grow", "plan": "heddle_plan_grow", "tokens": "T", "capacity": "P",
   "symbols": [{"name": "B", "min": 1}, {"name": "T", "min": 1}, {"name": "P", "min": 0}],
   "inputs": [{"name": "x", "type": "f32", "shape": ["B", "T"]},
              {"name": "position", "type": "i64", "shape": ["B"], "initial": 0},
              {"name": "past", "type": "f32", "shape": ["B", "P"], "initial": 0, "grows": true},
              {"name": "turned", "type": "f32", "shape": ["P", "B"], "initial": 0, "grows": true}],
   "outputs": [{"name": "y", "type": "f32", "shape": ["B", "T"]},
               {"name": "position", "type": "i64", "shape": ["B"]},
               {"name": "past", "type": "f32", "shape": ["B", "P + T"]},
               {"name": "turned", "type": "f32", "shape": ["P + T", "B"]}]}],
 "kernels": [{"name": "scale"}, {"name": "add"}, {"name": "repeat"}, {"name": "nothing"}]})";

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void writeFile(const std::string &path, const std::string &bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string temporaryPath(const std::string &name) {
  return testing::TempDir() + "heddle-" + std::to_string(::getpid()) + "-" + name;
}

std::string makePackage(const std::string &manifest) {
  static const std::string host = readFile(HEDDLE_TEST_HOST_MODEL);
  static const float bias[4] = {0.5f, 1.5f, 2.5f, 3.5f};
  PackageContents contents;
  contents.manifest = manifest;
  contents.hostObject = host;
  contents.constants = {{0, bias, sizeof bias}, {128, bias, sizeof bias}};
  contents.constantsBytes = 256;
  io::Result<std::string> bytes = packageBytes(contents);
  EXPECT_TRUE(bytes.ok()) << bytes.message();
  return bytes ? *bytes : std::string();
}

void expectOk(heddle_status_t status) {
  EXPECT_EQ(heddle_status_code(status), HEDDLE_OK) << heddle_status_message(status);
  heddle_status_release(status);
}

void expectError(heddle_status_t status, heddle_code_t code, const std::string &message) {
  EXPECT_EQ(heddle_status_code(status), code);
  EXPECT_EQ(heddle_status_message(status), message);
  heddle_status_release(status);
}

heddle_code_t codeOf(heddle_status_t status) {
  heddle_code_t code = heddle_status_code(status);
  heddle_status_release(status);
  return code;
}

PackagePtr load(const std::string &bytes, heddle_status_t *status, bool verifyConstants) {
  heddle_package_options_t options;
  heddle_package_options_init(&options);
  options.verify_constants = verifyConstants;
  heddle_package_t *package = nullptr;
  heddle_status_t result = heddle_package_load_memory(bytes.data(), bytes.size(), &options, &package);
  if (status)
    *status = result;
  else
    expectOk(result);
  return PackagePtr(package);
}

SessionPtr makeSession(const PackagePtr &package, int32_t threads) {
  heddle_session_options_t options;
  heddle_session_options_init(&options);
  options.threads = threads;
  heddle_session_t *session = nullptr;
  expectOk(heddle_session_create(package.get(), &options, &session));
  return SessionPtr(session);
}

ForwardCall::ForwardCall(int64_t batch, int64_t length)
    : batch(batch), length(length), x(batch * length * 4), y(batch * length * 4, -1), tokens(length),
      twice(2 * length, -1), xShape{batch, length, 4}, tokensShape{length}, yShape{batch, length, 4},
      twiceShape{2 * length} {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i % 17);
  for (size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<int64_t>(i % 10);
  inputs[0] = heddle_tensor_view(x.data(), HEDDLE_F32, 3, xShape);
  inputs[1] = heddle_tensor_view(tokens.data(), HEDDLE_I64, 1, tokensShape);
  outputs[0] = heddle_tensor_view(y.data(), HEDDLE_F32, 3, yShape);
  outputs[1] = heddle_tensor_view(twice.data(), HEDDLE_I64, 1, twiceShape);
}

heddle_status_t ForwardCall::run(const SessionPtr &session, const PackagePtr &package) {
  return heddle_session_run(session.get(), heddle_package_find_entry(package.get(), "forward"), inputs, 2, outputs, 2);
}

bool ForwardCall::outputsAreRight() const {
  for (size_t i = 0; i < y.size(); ++i)
    if (y[i] != 3 * x[i] + 0.5f + static_cast<float>(i % 4))
      return false;
  for (size_t i = 0; i < twice.size(); ++i)
    if (twice[i] != tokens[i / 2])
      return false;
  return true;
}

} // namespace heddle::test

// A small package around HostModel.c, and handles that release themselves.
#ifndef HEDDLE_TEST_UNIT_RUNTIME_TESTPACKAGE_H
#define HEDDLE_TEST_UNIT_RUNTIME_TESTPACKAGE_H

#include "heddle/runtime.h"
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace heddle::test {

/// The manifest of HostModel.c.
extern const char *const kManifest;

/// The package's bytes, with another manifest if given.
std::string makePackage(const std::string &manifest = kManifest);

std::string temporaryPath(const std::string &name);
void writeFile(const std::string &path, const std::string &bytes);
std::string readFile(const std::string &path);

struct Release {
  void operator()(heddle_package_t *package) const { heddle_package_release(package); }
  void operator()(heddle_session_t *session) const { heddle_session_release(session); }
  void operator()(heddle_status_t status) const { heddle_status_release(status); }
};
using PackagePtr = std::unique_ptr<heddle_package_t, Release>;
using SessionPtr = std::unique_ptr<heddle_session_t, Release>;
using StatusPtr = std::unique_ptr<std::remove_pointer_t<heddle_status_t>, Release>;

/// Fails the test when the status is an error.
void expectOk(heddle_status_t status);
/// Checks code and message, and releases the status.
void expectError(heddle_status_t status, heddle_code_t code, const std::string &message);
/// The code, releasing the status.
heddle_code_t codeOf(heddle_status_t status);

/// Loads from memory; null on failure, with the status in *status or, without it, a failed test.
PackagePtr load(const std::string &bytes, heddle_status_t *status = nullptr, bool verifyConstants = true);
SessionPtr makeSession(const PackagePtr &package, int32_t threads = 2);

/// Data and shapes of one call of `forward`; change what a test is about, then run().
struct ForwardCall {
  ForwardCall(int64_t batch, int64_t length);
  heddle_status_t run(const SessionPtr &session, const PackagePtr &package);
  bool outputsAreRight() const;

  int64_t batch, length;
  std::vector<float> x, y;
  std::vector<int64_t> tokens, twice;
  int64_t xShape[3], tokensShape[1], yShape[3], twiceShape[1];
  heddle_tensor_view_t inputs[2], outputs[2];
};

} // namespace heddle::test
#endif

#include "compiler/target/cpu/LinkShared.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace heddle {
namespace {

/// A file that exists as long as this object.
struct TemporaryFile {
  llvm::SmallString<128> path;
  llvm::FileRemover remover;
  int descriptor = -1;

  std::error_code create(llvm::StringRef suffix) {
    std::error_code code = llvm::sys::fs::createTemporaryFile("heddle", suffix, descriptor, path);
    if (!code)
      remover.setFile(path);
    return code;
  }
};

std::string contentsOf(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

} // namespace

FailureOr<std::vector<char>> linkShared(const std::vector<char> &object, Location loc) {
  const char *chosen = std::getenv("HEDDLE_LLD");
  llvm::StringRef linker = chosen ? chosen : HEDDLE_LLD_PATH;
  TemporaryFile input, output, messages;
  if (input.create("o") || output.create("so") || messages.create("log"))
    return emitError(loc) << "temporary files for the linker cannot be made";
  llvm::raw_fd_ostream(input.descriptor, /*shouldClose=*/true).write(object.data(), object.size());

  llvm::SmallVector<llvm::StringRef> arguments = {
      linker, "-shared",   "--build-id=none", "--no-undefined", "--gc-sections", "-s", "-z", "noexecstack",
      "-o",   output.path, input.path,        HEDDLE_LIBM_PATH, HEDDLE_LIBC_PATH};
  std::string error;
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, llvm::StringRef(messages.path),
                                                llvm::StringRef(messages.path)};
  int code = llvm::sys::ExecuteAndWait(linker, arguments, std::nullopt, redirects, 0, 0, &error);
  if (code != 0)
    return emitError(loc) << "linker " << linker << " failed with code " << code << ": " << error
                          << contentsOf(messages.path);

  auto library = llvm::MemoryBuffer::getFile(output.path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!library)
    return emitError(loc) << "linker wrote no library: " << library.getError().message();
  return std::vector<char>((*library)->getBufferStart(), (*library)->getBufferEnd());
}

} // namespace heddle

// Tensor data in files beside the model. A model file comes from anywhere, so it may only name files of its own
// directory.
#include "frontends/onnx/TensorData.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace heddle::onnx {

// A file may name anything: what cannot be printed is escaped.
static std::string quoted(StringRef location) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::printEscapedString(location, stream);
  return "'" + text + "'";
}

namespace {
struct ExternalEntry {
  StringRef location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};
} // namespace

// `key` holds a non-negative decimal number.
static bool parseSize(StringRef key, StringRef text, int64_t &value, StringRef what, EmitError emitError) {
  if (!text.getAsInteger(10, value) && value >= 0)
    return true;
  emitError() << what << ", external data has " << key << " '" << text << "', expected a non-negative number";
  return false;
}

static std::optional<ExternalEntry> parseEntry(const TensorProto &proto, StringRef what, EmitError emitError) {
  ExternalEntry entry;
  for (const StringStringEntryProto &pair : proto.external_data()) {
    if (pair.key() == "location")
      entry.location = pair.value();
    if (pair.key() == "offset" && !parseSize("offset", pair.value(), entry.offset, what, emitError))
      return std::nullopt;
    int64_t length = 0;
    if (pair.key() == "length") {
      if (!parseSize("length", pair.value(), length, what, emitError))
        return std::nullopt;
      entry.length = length;
    }
  }
  if (!entry.location.empty())
    return entry;
  emitError() << what << ", external data has no location, expected a path relative to the model file";
  return std::nullopt;
}

// Whether the components of `file` begin with those of `directory`.
static bool isInside(StringRef file, StringRef directory) {
  auto fileStep = path::begin(file), fileEnd = path::end(file);
  for (auto step = path::begin(directory), end = path::end(directory); step != end; ++step, ++fileStep) {
    if (*step == ".") // a trailing separator
      continue;
    if (fileStep == fileEnd || *fileStep != *step)
      return false;
  }
  return true;
}

// Directories that may hold the data, links resolved: the one the model's path names, and the one the model's file lies
// in. They differ where a model and its data are links into one store.
static SmallVector<std::string> modelDirectories(StringRef modelPath) {
  SmallVector<std::string> directories;
  SmallString<256> named, real;
  StringRef parent = path::parent_path(modelPath);
  if (!fs::real_path(parent.empty() ? "." : parent, named))
    directories.push_back(std::string(named));
  if (!fs::real_path(modelPath, real))
    directories.push_back(path::parent_path(real).str());
  return directories;
}

// A hard link is a name of a file and not a way out of the directory: nothing tells it from the file's other names, and
// stores that keep one copy of equal files are made of such links. The system decides who may make one.
//
// The file that `location` names, opened; nothing when it leaves the directory: by its spelling (absolute, ..) or
// through a link. What is checked is the file that is open, so a link that changes meanwhile changes nothing.
static std::optional<fs::file_t> openContained(StringRef location, StringRef modelPath, StringRef what,
                                               EmitError emitError) {
  auto escapes = [&] {
    emitError() << what << ", external data location " << quoted(location)
                << ", expected a file inside of the model's directory";
    return std::nullopt;
  };
  if (path::is_absolute(location) || location.contains('\0') || location.contains('\\'))
    return escapes();
  SmallString<256> relative(location);
  path::remove_dots(relative, /*remove_dot_dot=*/true);
  if (relative.empty() || *path::begin(relative) == "..")
    return escapes();
  SmallString<256> full(path::parent_path(modelPath)), realFile;
  path::append(full, relative);
  auto unreadable = [&] {
    emitError() << what << ", external data file " << quoted(location) << " is not a readable file beside the model";
    return std::nullopt;
  };
  if (!fs::is_regular_file(full)) // before it is opened: a pipe would wait for a writer
    return unreadable();
  llvm::Expected<fs::file_t> file = fs::openNativeFileForRead(full, fs::OF_None, &realFile);
  if (!file) {
    llvm::consumeError(file.takeError());
    return unreadable();
  }
  fs::file_status status;
  bool isRegular = !fs::status(*file, status) && status.type() == fs::file_type::regular_file;
  if (isRegular && llvm::any_of(modelDirectories(modelPath),
                                [&](const std::string &directory) { return isInside(realFile, directory); }))
    return *file;
  fs::closeFile(*file);
  return isRegular ? escapes() : unreadable();
}

std::optional<std::string> readExternalData(const TensorProto &proto, int64_t expectedBytes, StringRef what,
                                            StringRef modelPath, EmitError emitError) {
  std::optional<ExternalEntry> entry = parseEntry(proto, what, emitError);
  if (!entry)
    return std::nullopt;
  std::optional<fs::file_t> file = openContained(entry->location, modelPath, what, emitError);
  if (!file)
    return std::nullopt;
  auto close = llvm::scope_exit([&] { fs::closeFile(*file); });
  fs::file_status status;
  if (std::error_code error = fs::status(*file, status)) {
    emitError() << what << ", external data file " << quoted(entry->location) << ": " << error.message();
    return std::nullopt;
  }
  uint64_t size = status.getSize();
  int64_t length = entry->length.value_or(expectedBytes);
  if (length != expectedBytes) {
    emitError() << what << ", external data has length " << length << ", expected " << expectedBytes
                << " bytes for its shape and type";
    return std::nullopt;
  }
  if (static_cast<uint64_t>(entry->offset) > size ||
      static_cast<uint64_t>(length) > size - static_cast<uint64_t>(entry->offset)) {
    emitError() << what << ", external data at offset " << entry->offset << " with length " << length << " ends beyond "
                << quoted(entry->location) << ", which has " << size << " bytes";
    return std::nullopt;
  }
  if (length == 0)
    return std::string();
  auto buffer = llvm::MemoryBuffer::getOpenFileSlice(*file, entry->location, length, entry->offset);
  if (!buffer) {
    emitError() << what << ", external data file " << quoted(entry->location) << ": " << buffer.getError().message();
    return std::nullopt;
  }
  return (*buffer)->getBuffer().str();
}

} // namespace heddle::onnx

#include "runtime/io/Npz.h"
#include "runtime/io/Files.h"
#include "runtime/io/Npy.h"
#include <memory>
#include <unistd.h>
#include <zip.h>

namespace heddle::io {

namespace {

constexpr int64_t kMaxArrays = 65536;

using Archive = std::unique_ptr<zip_t, void (*)(zip_t *)>;

Result<Archive> openArchive(const std::string &path) {
  int code = 0;
  zip_t *archive = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return Error{path, "file", "an npz file (zip archive)", message};
  }
  int64_t count = zip_get_num_entries(archive, 0);
  Archive owned(archive, zip_discard);
  if (count > kMaxArrays)
    return Error{path, "number of arrays", "at most " + std::to_string(kMaxArrays), std::to_string(count)};
  return owned;
}

std::string withoutSuffix(std::string name) {
  constexpr std::string_view suffix = ".npy";
  if (name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
    name.resize(name.size() - suffix.size());
  return name;
}

Result<std::string> entryName(zip_t *archive, const std::string &path, uint64_t index) {
  const char *name = zip_get_name(archive, index, 0);
  if (!name)
    return Error{path, "name of array " + std::to_string(index), "text", zip_strerror(archive)};
  return withoutSuffix(name);
}

/// Reads array `index`; `budget` is what may still be unpacked, and shrinks.
Result<HostTensor> readEntry(zip_t *archive, const std::string &where, uint64_t index, uint64_t &budget) {
  zip_stat_t info;
  constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(archive, index, 0, &info) != 0 || (info.valid & needed) != needed)
    return Error{where, "size in the archive's index", "a number", "none"};
  if (info.size > budget)
    return Error{where, "unpacked size", "at most " + std::to_string(budget) + " bytes", std::to_string(info.size)};
  // Deflate unpacks at most 1032-fold: a larger claim is a lie that would cost memory first.
  if (info.size / 1032 > info.comp_size)
    return Error{where, "unpacked size", "at most 1032 times the packed " + std::to_string(info.comp_size),
                 std::to_string(info.size)};
  budget -= info.size;
  std::unique_ptr<zip_file_t, int (*)(zip_file_t *)> file(zip_fopen_index(archive, index, 0), zip_fclose);
  if (!file)
    return Error{where, "cannot unpack", "", zip_strerror(archive)};
  std::unique_ptr<char[]> bytes(new (std::nothrow) char[info.size + 1]);
  if (!bytes)
    return Error{where, "memory", std::to_string(info.size) + " bytes", "none"};
  uint64_t done = 0;
  while (done < info.size) {
    int64_t got = zip_fread(file.get(), bytes.get() + done, info.size - done);
    if (got <= 0)
      return Error{where, "cannot unpack", "", got < 0 ? zip_file_strerror(file.get()) : "ends early"};
    done += static_cast<uint64_t>(got);
  }
  if (zip_fread(file.get(), bytes.get() + done, 1) != 0) // reading past the end also checks the CRC
    return Error{where, "cannot unpack", "", zip_file_strerror(file.get())};
  return parseNpy({bytes.get(), info.size}, where);
}

} // namespace

Result<std::vector<std::string>> listNpz(const std::string &path) {
  Result<Archive> archive = openArchive(path);
  if (!archive)
    return archive.error();
  std::vector<std::string> names;
  for (int64_t i = 0, e = zip_get_num_entries(archive->get(), 0); i < e; ++i) {
    Result<std::string> name = entryName(archive->get(), path, i);
    if (!name)
      return name.error();
    names.push_back(*name);
  }
  return names;
}

Result<std::vector<NamedTensor>> readNpz(const std::string &path, const NpzOptions &options) {
  Result<Archive> archive = openArchive(path);
  if (!archive)
    return archive.error();
  std::vector<NamedTensor> tensors;
  uint64_t budget = options.maxTotalBytes;
  for (int64_t i = 0, e = zip_get_num_entries(archive->get(), 0); i < e; ++i) {
    Result<std::string> name = entryName(archive->get(), path, i);
    if (!name)
      return name.error();
    Result<HostTensor> tensor = readEntry(archive->get(), path + ":" + *name, i, budget);
    if (!tensor)
      return tensor.error();
    tensors.push_back({*name, *tensor});
  }
  return tensors;
}

Result<HostTensor> readNpzArray(const std::string &path, const std::string &name, const NpzOptions &options) {
  Result<Archive> archive = openArchive(path);
  if (!archive)
    return archive.error();
  int64_t index = zip_name_locate(archive->get(), (name + ".npy").c_str(), 0);
  if (index < 0)
    index = zip_name_locate(archive->get(), name.c_str(), 0);
  if (index < 0) {
    std::string have;
    for (int64_t i = 0, e = zip_get_num_entries(archive->get(), 0); i < e && i < 8; ++i)
      if (Result<std::string> other = entryName(archive->get(), path, i))
        have += (i ? ", " : "") + *other;
    return Error{path, "array", "one of the file's (" + have + ")", "'" + name + "'"};
  }
  uint64_t budget = options.maxTotalBytes;
  return readEntry(archive->get(), path + ":" + name, static_cast<uint64_t>(index), budget);
}

Status writeNpz(const std::string &path, const std::vector<NamedTensor> &tensors) {
  for (const NamedTensor &named : tensors)
    if (Status status = checkNpyType(named.tensor.dtype, path + ":" + named.name); !status)
      return status;
  std::string temporary = path + ".tmp." + std::to_string(::getpid());
  int code = 0;
  zip_t *archive = zip_open(temporary.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!archive)
    return Error{path, "cannot create", "", "zip error " + std::to_string(code)};
  auto fail = [&](const std::string &what) {
    Error error{path, what, "", zip_strerror(archive)};
    zip_discard(archive);
    ::unlink(temporary.c_str());
    return error;
  };
  std::vector<std::string> headers(tensors.size()); // libzip reads the buffers in zip_close
  for (size_t i = 0; i < tensors.size(); ++i) {
    const HostTensor &tensor = tensors[i].tensor;
    headers[i] = npyHeader(tensor.dtype, tensor.shape);
    zip_buffer_fragment_t parts[2] = {{reinterpret_cast<zip_uint8_t *>(headers[i].data()), headers[i].size()},
                                      {reinterpret_cast<zip_uint8_t *>(tensor.bytes.get()), tensor.byteSize}};
    zip_source_t *source = zip_source_buffer_fragment(archive, parts, tensor.byteSize ? 2 : 1, 0);
    if (!source)
      return fail("cannot add " + tensors[i].name);
    int64_t index = zip_file_add(archive, (tensors[i].name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return fail("cannot add " + tensors[i].name);
    }
    constexpr zip_uint16_t firstDosDay = (0 << 9) | (1 << 5) | 1; // 1980-01-01
    if (zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, index, 0, firstDosDay, 0) != 0)
      return fail("cannot add " + tensors[i].name);
  }
  if (tensors.empty()) { // libzip removes an archive without entries
    zip_discard(archive);
    return Error{path, "number of arrays", "at least 1", "0"};
  }
  if (zip_close(archive) != 0)
    return fail("cannot write");
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    return Error{path, "cannot rename into place", "", ""};
  }
  return {};
}

} // namespace heddle::io

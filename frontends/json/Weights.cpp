#include "frontends/json/Weights.h"
#include "runtime/io/Npz.h"
#include "runtime/io/SafeTensors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <nlohmann/json.hpp>

namespace heddle::json {

namespace {

std::string sizesText(llvm::ArrayRef<int64_t> sizes) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(sizes))
    text += (index ? ", " : "") + std::to_string(size);
  return text + "]";
}

class RandomSource : public WeightSource {
public:
  RandomSource(uint64_t seed, double scale) : seed(seed), scale(scale) {}
  std::string check(llvm::StringRef, llvm::ArrayRef<int64_t>) const override { return {}; }
  bool isRandom() const override { return true; }
  std::vector<float> read(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init) const override {
    uint64_t count = 1;
    for (int64_t size : sizes)
      count *= size;
    return randomWeights(init, count, seed, scale, std::string_view(name.data(), name.size()));
  }

private:
  uint64_t seed;
  double scale;
};

class FileSource : public WeightSource {
public:
  FileSource(std::map<std::string, io::HostTensor> tensors, std::string file)
      : tensors(std::move(tensors)), file(std::move(file)) {}
  bool isRandom() const override { return false; }

  std::string check(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes) const override {
    auto found = tensors.find(name.str());
    if (found == tensors.end()) {
      std::vector<std::string> names;
      for (const auto &[each, tensor] : tensors)
        names.push_back(each);
      return "weight '" + name.str() + "' " + sizesText(sizes) + " is missing in " + file + didYouMean(name, names);
    }
    const io::HostTensor &tensor = found->second;
    if (llvm::ArrayRef<int64_t>(tensor.shape) != sizes)
      return "weight '" + name.str() + "' in " + file + ", expected shape " + sizesText(sizes) + " but got " +
             sizesText(tensor.shape);
    if (!io::dtypeIsFloat(tensor.dtype))
      return "weight '" + name.str() + "' in " + file + ", expected a float type but got " +
             io::dtypeName(tensor.dtype);
    return {};
  }

  std::vector<float> read(llvm::StringRef name, llvm::ArrayRef<int64_t>, const Init &) const override {
    const io::HostTensor &tensor = tensors.find(name.str())->second;
    if (tensor.dtype == io::DType::F32)
      return std::vector<float>(tensor.as<float>(), tensor.as<float>() + tensor.numElements());
    std::vector<float> values(tensor.numElements());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(tensor.at(i));
    return values;
  }

private:
  std::map<std::string, io::HostTensor> tensors;
  std::string file;
};

// The file's path when it lies in the model's folder, links followed; otherwise empty, and a mistake is reported.
std::string containedPath(ObjectReader &reader, llvm::StringRef file, llvm::StringRef modelPath) {
  namespace path = llvm::sys::path;
  bool climbs = llvm::any_of(llvm::make_range(path::begin(file), path::end(file)),
                             [](llvm::StringRef part) { return part == ".."; });
  if (file.empty() || path::is_absolute(file) || climbs || file.contains('\0')) {
    reader.error("file", "expected a relative path inside of the model's folder but got '" + file + "'");
    return {};
  }
  llvm::SmallString<256> folder(modelPath), root, target;
  llvm::sys::fs::make_absolute(folder);
  path::remove_filename(folder);
  llvm::SmallString<256> joined(folder);
  path::append(joined, file);
  if (std::error_code failure = llvm::sys::fs::real_path(joined, target)) {
    reader.error("file", "'" + file + "' cannot be read: " + failure.message());
    return {};
  }
  if (llvm::sys::fs::real_path(folder, root) || !target.str().starts_with((root + "/").str())) {
    reader.error("file", "'" + file + "' leads out of the model's folder, expected a file inside of it");
    return {};
  }
  return target.str().str();
}

std::unique_ptr<WeightSource> openFile(ObjectReader &reader, llvm::StringRef file, llvm::StringRef modelPath) {
  std::string path = containedPath(reader, file, modelPath);
  if (path.empty())
    return nullptr;
  if (file.ends_with(".safetensors")) {
    auto read = io::readSafeTensors(path);
    if (read)
      return std::make_unique<FileSource>(std::move(read->tensors), file.str());
    reader.error("file", read.message());
    return nullptr;
  }
  if (file.ends_with(".npz")) {
    auto read = io::readNpz(path);
    if (!read) {
      reader.error("file", read.message());
      return nullptr;
    }
    std::map<std::string, io::HostTensor> tensors;
    for (io::NamedTensor &named : *read)
      tensors.emplace(named.name, named.tensor);
    return std::make_unique<FileSource>(std::move(tensors), file.str());
  }
  reader.error("file", "expected a file name that ends in .safetensors or .npz but got '" + file + "'");
  return nullptr;
}

} // namespace

std::unique_ptr<WeightSource> readWeightSource(ObjectReader &model, llvm::StringRef modelPath) {
  const nlohmann::json *value = model.value("weights");
  if (!value) {
    model.missing("weights", R"({"file": NAME} or {"random": {"seed": N}})");
    return nullptr;
  }
  ObjectReader reader(model.reporter, *value, model.at("weights"));
  if (!reader.valid())
    return nullptr;
  bool hasFile = reader.has("file");
  const nlohmann::json *random = reader.value("random");
  std::unique_ptr<WeightSource> source;
  if (hasFile == (random != nullptr)) {
    reader.reporter.error(reader.where(), "expected exactly one of the keys 'file' and 'random'");
  } else if (hasFile) {
    source = openFile(reader, reader.text("file"), modelPath);
  } else {
    ObjectReader options(reader.reporter, *random, reader.at("random"));
    uint64_t seed = options.integer("seed", {0, INT64_MAX});
    double scale = options.number("scale", 0, 1000, 1.0);
    options.finish();
    source = std::make_unique<RandomSource>(seed, scale);
  }
  reader.finish();
  return source;
}

} // namespace heddle::json

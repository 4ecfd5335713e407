#include "passes/form/MachineModel.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

#include <array>

using llvm::StringRef;

namespace heddle {
namespace {

struct Field {
  const char *key;
  double MachineModel::*value;
};

constexpr std::array<Field, 8> kFields = {{{"cores", &MachineModel::cores},
                                           {"gflops", &MachineModel::gflops},
                                           {"gexps", &MachineModel::gexps},
                                           {"cache_bytes", &MachineModel::cacheBytes},
                                           {"cache_gbytes_per_s", &MachineModel::cacheBandwidth},
                                           {"memory_gbytes_per_s", &MachineModel::memoryBandwidth},
                                           {"memory_gbytes_per_s_all", &MachineModel::memoryBandwidthAll},
                                           {"fork_join_us", &MachineModel::forkJoin}}};

llvm::Error wrong(StringRef path, const std::string &what) {
  return llvm::createStringError(path + ": machine model, " + what);
}

} // namespace

llvm::Expected<MachineModel> readMachineModel(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return wrong(path, "expected a readable file but got: " + file.getError().message());
  llvm::Expected<llvm::json::Value> value = llvm::json::parse((*file)->getBuffer());
  if (!value)
    return wrong(path, "expected JSON but got: " + llvm::toString(value.takeError()));
  const llvm::json::Object *object = value->getAsObject();
  if (!object)
    return wrong(path, "expected an object");
  MachineModel machine;
  for (const Field &field : kFields) {
    std::optional<double> number = object->getNumber(field.key);
    if (!number || !(*number > 0))
      return wrong(path, llvm::formatv("key '{0}', expected a number above 0 but got {1}", field.key,
                                       number ? llvm::formatv("{0}", *number).str() : "none"));
    machine.*field.value = *number;
  }
  return machine;
}

llvm::json::Object toJson(const MachineModel &machine) {
  llvm::json::Object object;
  for (const Field &field : kFields)
    object[field.key] = machine.*field.value;
  return object;
}

} // namespace heddle

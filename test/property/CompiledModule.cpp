#include "test/property/CompiledModule.h"
#include "compiler/package/PackageWriter.h"
#include "dialects/mixer/Mixer.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include <chrono>
#include <cstring>

using namespace mlir;

namespace heddle::test {
namespace {

std::string take(heddle_status_t status) {
  if (!status)
    return "";
  std::string message = heddle_status_message(status);
  heddle_status_release(status);
  return message.empty() ? "failed without a message" : message;
}

template <typename T, typename Values> void encodeAs(const Values &values, std::vector<char> &bytes) {
  bytes.resize(values.size() * sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value = T(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
}

template <typename T, typename Values> void decodeAs(const std::vector<char> &bytes, Values &values) {
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = value;
  }
}

// The upper half of a float.
struct BFloat {
  uint16_t bits = 0;
  BFloat() = default;
  explicit BFloat(double value) {
    float rounded = float(roundReal(value, Finish::BF16));
    uint32_t all;
    std::memcpy(&all, &rounded, sizeof all);
    bits = uint16_t(all >> 16);
  }
  operator double() const {
    uint32_t all = uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &all, sizeof value);
    return value;
  }
};

std::vector<char> encode(const ReferenceTensor &tensor) {
  std::vector<char> bytes;
  Type type = tensor.elementType;
  if (type.isF32())
    encodeAs<float>(tensor.data, bytes);
  else if (type.isF64())
    encodeAs<double>(tensor.data, bytes);
  else if (type.isF16())
    encodeAs<_Float16>(tensor.data, bytes);
  else if (type.isBF16())
    encodeAs<BFloat>(tensor.data, bytes);
  else if (type.isInteger(64))
    encodeAs<int64_t>(tensor.integers, bytes);
  else if (type.isInteger(32))
    encodeAs<int32_t>(tensor.integers, bytes);
  else
    encodeAs<int8_t>(tensor.integers, bytes);
  return bytes;
}

void decode(const std::vector<char> &bytes, ReferenceTensor &tensor) {
  Type type = tensor.elementType;
  if (type.isF32())
    decodeAs<float>(bytes, tensor.data);
  else if (type.isF64())
    decodeAs<double>(bytes, tensor.data);
  else if (type.isF16())
    decodeAs<_Float16>(bytes, tensor.data);
  else if (type.isBF16())
    decodeAs<BFloat>(bytes, tensor.data);
  else if (type.isInteger(64))
    decodeAs<int64_t>(bytes, tensor.integers);
  else if (type.isInteger(32))
    decodeAs<int32_t>(bytes, tensor.integers);
  else
    decodeAs<int8_t>(bytes, tensor.integers);
}

// Buffers of tensors and the views that the runtime takes.
struct Buffers {
  std::vector<std::vector<char>> bytes;
  std::vector<SmallVector<int64_t>> shapes;
  std::vector<heddle_tensor_view_t> views;

  explicit Buffers(ArrayRef<ReferenceTensor> tensors) {
    for (const ReferenceTensor &tensor : tensors) {
      bytes.push_back(encode(tensor));
      shapes.push_back(tensor.shape);
    }
    for (auto [index, tensor] : llvm::enumerate(tensors))
      views.push_back(heddle_tensor_view(bytes[index].data(), dtypeOf(tensor.elementType), int32_t(tensor.rank()),
                                         shapes[index].data()));
  }
};

} // namespace

heddle_dtype_t dtypeOf(Type type) {
  // What is narrower than a byte has one; DLPack's codes of 8-bit floats.
  auto width = std::max<uint8_t>(8, static_cast<uint8_t>(type.getIntOrFloatBitWidth()));
  if (type.isInteger(1))
    return HEDDLE_BOOL;
  if (isa<Float4E2M1FNType>(type))
    return HEDDLE_U8;
  for (auto [isIt, code] : {std::pair(isa<Float8E4M3FNType>(type), 10), std::pair(isa<Float8E4M3FNUZType>(type), 11),
                            std::pair(isa<Float8E5M2Type>(type), 12), std::pair(isa<Float8E5M2FNUZType>(type), 13),
                            std::pair(isa<Float8E8M0FNUType>(type), 14)})
    if (isIt)
      return HEDDLE_DTYPE(uint8_t(code), 8);
  if (type.isInteger())
    return HEDDLE_DTYPE(uint8_t(type.isUnsignedInteger()), width);
  return HEDDLE_DTYPE(uint8_t(type.isBF16() ? 4 : 2), width);
}

std::unique_ptr<MLIRContext> makeCompilerContext() {
  DialectRegistry registry;
  registerEverything(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

std::unique_ptr<CompiledModule> CompiledModule::compile(ModuleOp module, const CompileOptions &options, int threads,
                                                        std::string &error) {
  OwningOpRef<ModuleOp> copy = module.clone();
  CompiledModel model;
  if (failed(compileModule(*copy, options, model)))
    return nullptr;
  PackageContents contents;
  contents.manifest = model.manifest;
  contents.hostObject = {model.host.data(), model.host.size()};
  for (const ConstantBlob &blob : model.constants)
    contents.constants.push_back({blob.offset, blob.bytes.data(), blob.bytes.size()});
  contents.constantsBytes = model.constantBytes;
  io::Result<std::string> packed = packageBytes(contents);
  if (!packed) {
    error = packed.message();
    return nullptr;
  }
  std::unique_ptr<CompiledModule> result(new CompiledModule);
  result->bytes = std::move(*packed);
  error = take(heddle_package_load_memory(result->bytes.data(), result->bytes.size(), nullptr, &result->package));
  if (!error.empty())
    return nullptr;
  heddle_session_options_t sessionOptions;
  heddle_session_options_init(&sessionOptions);
  sessionOptions.threads = threads;
  error = take(heddle_session_create(result->package, &sessionOptions, &result->session));
  return error.empty() ? std::move(result) : nullptr;
}

CompiledModule::~CompiledModule() {
  if (session)
    heddle_session_release(session);
  if (package)
    heddle_package_release(package);
}

std::string CompiledModule::run(ArrayRef<ReferenceTensor> inputs, MutableArrayRef<ReferenceTensor> outputs,
                                const std::string &name) {
  const heddle_entry_t *entry = heddle_package_find_entry(package, name.c_str());
  if (!entry)
    return "package has no entry '" + name + "'";
  Buffers in(inputs), out(outputs);
  std::string error =
      take(heddle_session_run(session, entry, in.views.data(), in.views.size(), out.views.data(), out.views.size()));
  for (auto [index, tensor] : llvm::enumerate(outputs))
    decode(out.bytes[index], tensor);
  return error;
}

double CompiledModule::time(ArrayRef<ReferenceTensor> inputs, ArrayRef<ReferenceTensor> outputs, int repetitions) {
  const heddle_entry_t *entry = heddle_package_find_entry(package, "forward");
  Buffers in(inputs), out(outputs);
  double best = 1e30;
  for (int i = 0; entry && i <= repetitions; ++i) {
    auto start = std::chrono::steady_clock::now();
    std::string error =
        take(heddle_session_run(session, entry, in.views.data(), in.views.size(), out.views.data(), out.views.size()));
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (i > 0 && error.empty())
      best = std::min(best, seconds);
  }
  return best;
}

} // namespace heddle::test

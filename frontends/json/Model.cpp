#include "frontends/json/Model.h"
#include "frontends/json/States.h"
#include "llvm/ADT/ScopeExit.h"
#include <cmath>

namespace heddle::json {

// All weights of a model together; a dimension is bounded where it is read.
static constexpr uint64_t kMaxElements = uint64_t(1) << 40;
// What random weights may occupy in memory, as f32.
static constexpr uint64_t kMaxRandomElements = uint64_t(1) << 31;

bool Model::reserve(llvm::ArrayRef<int64_t> sizes) {
  uint64_t limit = source.isRandom() ? kMaxRandomElements : kMaxElements;
  uint64_t count = 1;
  for (int64_t size : sizes) {
    bool overflows = size < 0 || (size != 0 && count > limit / static_cast<uint64_t>(size));
    if (overflows) {
      g.fail("weights have more than " + llvm::Twine(limit) + " elements, expected at most that");
      return false;
    }
    count *= size;
  }
  elementCount += count;
  if (elementCount <= limit)
    return true;
  g.fail("weights have " + llvm::Twine(elementCount) + " elements up to here, expected at most " + llvm::Twine(limit));
  return false;
}

bool Model::declare(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes) {
  if (!reserve(sizes))
    return false;
  std::string problem = source.check(prefix + name.str(), sizes);
  if (!problem.empty())
    g.fail(problem);
  return problem.empty();
}

std::vector<float> Model::read(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init) const {
  return source.read(prefix + name.str(), sizes, init);
}

Tensor Model::computed(llvm::ArrayRef<int64_t> sizes, llvm::function_ref<std::vector<float>()> make, mlir::Type type) {
  type = type ? type : dtype;
  return isTrial ? g.splat(0, g.shape(sizes), type) : g.constant(make(), sizes, type);
}

Tensor Model::weight(llvm::StringRef name, llvm::ArrayRef<int64_t> sizes, const Init &init, mlir::Type type) {
  if (!declare(name, sizes))
    return {};
  return computed(sizes, [&] { return read(name, sizes, init); }, type);
}

bool Model::isTokenMajor(const Tensor &x) {
  if (!x)
    return false;
  if (x.rank() == 3 && llvm::isa<mlir::FloatType>(x.elementType) && llvm::isa<mlir::AffineConstantExpr>(x.shape[2]))
    return true;
  g.fail("block input has shape " + g.describe(x.shape) + ", expected [batch, tokens, features] of a float type");
  return false;
}

int64_t Model::features(const Tensor &x) {
  auto constant = x && x.rank() ? llvm::dyn_cast<mlir::AffineConstantExpr>(x.shape.back()) : mlir::AffineConstantExpr();
  return constant ? constant.getValue() : 0;
}

Tensor Model::project(Tensor x, llvm::StringRef name, int64_t width, bool bias) {
  if (!x)
    return {};
  int64_t inner = features(x);
  Tensor matrix =
      weight((name + ".weight").str(), {inner, width}, Init::normal(1.0 / std::sqrt(std::max<int64_t>(inner, 1))));
  if (!matrix)
    return {};
  Tensor offset = bias ? weight((name + ".bias").str(), width, Init::constant(0)) : Tensor();
  return linear(g, x, matrix, offset);
}

Tensor Model::rmsNorm(Tensor x, llvm::StringRef name, double epsilon) {
  if (!x)
    return {};
  return heddle::rmsNorm(g, x, weight((name + ".weight").str(), features(x), Init::constant(1)), epsilon);
}

Tensor Model::convolve(Tensor x, llvm::StringRef name, int64_t taps, bool bias) {
  if (!x)
    return {};
  Tensor kernel = weight((name + ".weight").str(), {features(x), taps}, Init::normal(1.0 / std::sqrt(taps)));
  Tensor offset = bias ? weight((name + ".bias").str(), features(x), Init::constant(0)) : Tensor();
  return convolveCarrying(*this, x, name, kernel, offset);
}

Tensor Model::gatedLinear(Tensor x, llvm::StringRef name, int64_t width) {
  Tensor value = project(x, name, width, true);
  return g.mul(value, g.unary(Unary::Sigmoid, project(x, (name + "_gate").str(), width, true)));
}

Tensor Model::scoped(llvm::StringRef name, llvm::StringRef pointer, llvm::function_ref<Tensor()> body) {
  std::string outer = prefix;
  mlir::Location place = g.location();
  llvm::scope_exit restore([&] {
    prefix = outer;
    g.setLocation(place);
  });
  if (!name.empty())
    prefix += name.str() + ".";
  enter(pointer);
  return body();
}

Tensor Model::repeated(int64_t index, llvm::StringRef pointer, llvm::function_ref<Tensor()> body) {
  std::string outer = repetition;
  repetition += "_" + std::to_string(index);
  Tensor y = scoped(std::to_string(index), pointer, body);
  repetition = outer;
  return y;
}

Tensor Model::failAt(llvm::StringRef pointer, const llvm::Twine &message) {
  mlir::Location place = g.location();
  enter(pointer);
  Tensor none = g.fail(message);
  g.setLocation(place);
  return none;
}

} // namespace heddle::json

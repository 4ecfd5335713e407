#include "passes/raise/DimClasses.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace heddle {

// A report needs an example, not a list.
constexpr size_t kMostPins = 4;

DimClasses::Var DimClasses::of(Value tensor, int64_t dim) {
  auto [place, isNew] = vars.insert({{tensor, dim}, 0});
  if (isNew)
    place->second = add(cast<RankedTensorType>(tensor.getType()).getDimSize(dim));
  return place->second;
}

DimClasses::Var DimClasses::add(int64_t size) {
  parents.push_back(sizes.size());
  offsets.push_back(0);
  sizes.push_back(size);
  return sizes.size() - 1;
}

DimClasses::Member DimClasses::find(Var var) const {
  Var root = var;
  int64_t total = 0;
  while (parents[root] != root) {
    total += offsets[root];
    root = parents[root];
  }
  // Everything on the way points to the root from now on.
  for (int64_t rest = total; parents[var] != var && parents[var] != root;) {
    Var next = parents[var];
    int64_t step = offsets[var];
    parents[var] = root;
    offsets[var] = rest;
    rest -= step;
    var = next;
  }
  return {root, total};
}

void DimClasses::unify(Var left, Var right, int64_t difference, Location loc) {
  bool areStatic = !ShapedType::isDynamic(sizes[left]) && !ShapedType::isDynamic(sizes[right]);
  auto [leftRoot, leftOffset] = find(left);
  auto [rightRoot, rightOffset] = find(right);
  bool differ = leftRoot == rightRoot && leftOffset != rightOffset + difference;
  if (differ || (areStatic && sizes[left] != sizes[right] + difference)) {
    pin(left, loc);
    pin(right, loc);
    return;
  }
  if (leftRoot == rightRoot)
    return;
  parents[leftRoot] = rightRoot;
  offsets[leftRoot] = rightOffset + difference - leftOffset;
  for (Location reason : pins.lookup(leftRoot))
    pin(rightRoot, reason);
  pins.erase(leftRoot);
}

void DimClasses::unifyAll(Value left, Value right, Location loc) {
  if (auto type = dyn_cast<RankedTensorType>(left.getType()))
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      unify(of(left, dim), of(right, dim), 0, loc);
}

void DimClasses::pin(Var var, Location loc) {
  SmallVector<Location> &reasons = pins[find(var).root];
  if (reasons.size() < kMostPins && !llvm::is_contained(reasons, loc))
    reasons.push_back(loc);
}

void DimClasses::pinAll(Value tensor, Location loc) {
  if (auto type = dyn_cast<RankedTensorType>(tensor.getType()))
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      pin(of(tensor, dim), loc);
}

void DimClasses::addProduct(Var whole, ArrayRef<Var> parts, Location loc) {
  SmallVector<Var> factors;
  for (Var part : parts)
    if (!isUnit(part))
      factors.push_back(part);
  if (factors.size() == 1)
    unify(whole, factors.front(), 0, loc);
  else if (!factors.empty())
    products.push_back({whole, factors, loc});
}

void DimClasses::solve() {
  for (bool changed = true; changed;) {
    changed = false;
    llvm::DenseMap<Var, const Product *> first;
    for (const Product &product : products) {
      Var root = find(product.whole).root;
      // A class that is a product is no length of its own, and what pins it pins its parts.
      for (Var part : product.parts)
        if (isPinned(root) && !isPinned(find(part).root)) {
          for (Location reason : SmallVector<Location>(pinsOf(root)))
            pin(part, reason);
          changed = true;
        }
      auto [place, isNew] = first.insert({root, &product});
      if (isNew)
        continue;
      const Product &other = *place->second;
      bool areSame = product.parts.size() == other.parts.size() &&
                     find(product.whole).offset == find(other.whole).offset &&
                     llvm::all_of(llvm::zip(product.parts, other.parts),
                                  [&](auto pair) { return sizes[std::get<0>(pair)] == sizes[std::get<1>(pair)]; });
      if (!areSame) {
        if (!isPinned(root)) {
          pin(root, product.loc);
          changed = true;
        }
        continue;
      }
      for (auto [left, right] : llvm::zip_equal(product.parts, other.parts))
        if (find(left).root != find(right).root) {
          unify(left, right, 0, product.loc);
          changed = true;
        }
    }
  }
}

ArrayRef<Location> DimClasses::pinsOf(Var root) const {
  auto found = pins.find(root);
  return found == pins.end() ? ArrayRef<Location>() : ArrayRef<Location>(found->second);
}

const DimClasses::Product *DimClasses::productOf(Var root) const {
  for (const Product &product : products)
    if (find(product.whole).root == root)
      return &product;
  return nullptr;
}

} // namespace heddle

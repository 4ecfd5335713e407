// Supports made of supports: union, intersection and one support per head. Numbers and code, from the parts' answers
// alone.
#include "dialects/mixer/SupportEmitter.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

SupportAttrInterface part(Attribute support) { return cast<SupportAttrInterface>(support); }

template <typename Predicate> bool anyPart(ArrayRef<Attribute> supports, Predicate predicate) {
  return llvm::any_of(supports, [&](Attribute support) { return predicate(part(support)); });
}
template <typename Predicate> bool allParts(ArrayRef<Attribute> supports, Predicate predicate) {
  return llvm::all_of(supports, [&](Attribute support) { return predicate(part(support)); });
}

bool causal(SupportAttrInterface support) { return support.isCausal(); }
bool wholePast(SupportAttrInterface support) { return support.isWholePast(); }
bool full(SupportAttrInterface support) { return support.isFull(); }
bool relative(SupportAttrInterface support) { return support.isRelative(); }
bool past(SupportAttrInterface support) { return support.isWholePast() || support.isFull(); }

/// The farthest reach of all parts, where each of them has one.
std::optional<int64_t> farthest(ArrayRef<Attribute> supports) {
  int64_t reach = 0;
  for (Attribute support : supports) {
    std::optional<int64_t> own = part(support).getReach();
    if (!own)
      return std::nullopt;
    reach = std::max(reach, *own);
  }
  return reach;
}

/// Emits the answer of one part about the same pair ..
auto containsPair(const Emitter &e, Value i, Value j, Value head) {
  return [=](SupportAttrInterface support) { return support.emitContains(e.builder, e.loc, i, j, head); };
}
/// .. or about the same tile.
auto mayContainTile(const Emitter &e, Value i0, Value i1, Value j0, Value j1, Value head) {
  return [=](SupportAttrInterface support) { return support.emitMayContain(e.builder, e.loc, i0, i1, j0, j1, head); };
}

/// What each part emits, all of it joined by `either` or by `both`.
template <typename Emit>
Value emitParts(const Emitter &e, ArrayRef<Attribute> supports, Value (Emitter::*join)(Value, Value) const, Emit emit) {
  Value all = emit(part(supports.front()));
  for (Attribute support : supports.drop_front())
    all = (e.*join)(all, emit(part(support)));
  return all;
}

/// Counts in how many parts the tile is full and in how many it is empty.
std::pair<size_t, size_t> countClasses(ArrayRef<Attribute> supports, int64_t i0, int64_t i1, int64_t j0, int64_t j1,
                                       int64_t head) {
  size_t numFull = 0, numEmpty = 0;
  for (Attribute support : supports) {
    TileClass tile = part(support).classify(i0, i1, j0, j1, head);
    numFull += tile == TileClass::Full;
    numEmpty += tile == TileClass::Empty;
  }
  return {numFull, numEmpty};
}

} // namespace

//===--- any_of ---===//

bool AnyOfAttr::contains(int64_t i, int64_t j, int64_t head) const {
  return anyPart(getSupports(), [&](SupportAttrInterface support) { return support.contains(i, j, head); });
}
TileClass AnyOfAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t head) const {
  auto [numFull, numEmpty] = countClasses(getSupports(), i0, i1, j0, j1, head);
  return numFull ? TileClass::Full : numEmpty == getSupports().size() ? TileClass::Empty : TileClass::Partial;
}
Value AnyOfAttr::emitContains(OpBuilder &builder, Location loc, Value i, Value j, Value head) const {
  Emitter e{builder, loc};
  return emitParts(e, getSupports(), &Emitter::either, containsPair(e, i, j, head));
}
Value AnyOfAttr::emitMayContain(OpBuilder &builder, Location loc, Value i0, Value i1, Value j0, Value j1,
                                Value head) const {
  Emitter e{builder, loc};
  return emitParts(e, getSupports(), &Emitter::either, mayContainTile(e, i0, i1, j0, j1, head));
}
bool AnyOfAttr::isCausal() const { return allParts(getSupports(), causal); }
bool AnyOfAttr::isWholePast() const { return isCausal() && anyPart(getSupports(), wholePast); }
bool AnyOfAttr::isFull() const { return anyPart(getSupports(), full); }
bool AnyOfAttr::isRelative() const { return allParts(getSupports(), relative); }
std::optional<int64_t> AnyOfAttr::getReach() const { return farthest(getSupports()); }

//===--- all_of ---===//

bool AllOfAttr::contains(int64_t i, int64_t j, int64_t head) const {
  return allParts(getSupports(), [&](SupportAttrInterface support) { return support.contains(i, j, head); });
}
TileClass AllOfAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t head) const {
  auto [numFull, numEmpty] = countClasses(getSupports(), i0, i1, j0, j1, head);
  return numEmpty ? TileClass::Empty : numFull == getSupports().size() ? TileClass::Full : TileClass::Partial;
}
Value AllOfAttr::emitContains(OpBuilder &builder, Location loc, Value i, Value j, Value head) const {
  Emitter e{builder, loc};
  return emitParts(e, getSupports(), &Emitter::both, containsPair(e, i, j, head));
}
Value AllOfAttr::emitMayContain(OpBuilder &builder, Location loc, Value i0, Value i1, Value j0, Value j1,
                                Value head) const {
  Emitter e{builder, loc};
  return emitParts(e, getSupports(), &Emitter::both, mayContainTile(e, i0, i1, j0, j1, head));
}
bool AllOfAttr::isCausal() const { return anyPart(getSupports(), causal); }
bool AllOfAttr::isWholePast() const { return anyPart(getSupports(), wholePast) && allParts(getSupports(), past); }
bool AllOfAttr::isFull() const { return allParts(getSupports(), full); }
bool AllOfAttr::isRelative() const { return allParts(getSupports(), relative); }
std::optional<int64_t> AllOfAttr::getReach() const {
  std::optional<int64_t> nearest;
  for (Attribute support : getSupports())
    if (std::optional<int64_t> own = part(support).getReach())
      nearest = std::min(*own, nearest.value_or(*own));
  return nearest;
}

//===--- per_head ---===//

/// Support of one head. The verifier of the op has checked that `heads` covers every output head.
static SupportAttrInterface classOf(PerHeadAttr perHead, int64_t head) {
  return part(perHead.getClasses()[perHead.getHeads()[head]]);
}

/// True when `head` is one of those that use class `number`.
static Value emitUsesClass(const Emitter &e, PerHeadAttr perHead, int64_t number, Value head) {
  Value uses = e.boolean(false);
  for (auto [index, used] : llvm::enumerate(perHead.getHeads()))
    if (used == number)
      uses = e.either(uses, e.eq(head, index));
  return uses;
}

/// The answer of the class that `head` uses, out of the answers of all classes.
template <typename Emit> static Value emitPerHead(const Emitter &e, PerHeadAttr perHead, Value head, Emit emit) {
  Value answer = e.boolean(false);
  for (auto [number, support] : llvm::enumerate(perHead.getClasses()))
    answer = e.either(answer, e.both(emitUsesClass(e, perHead, number, head), emit(part(support))));
  return answer;
}

bool PerHeadAttr::contains(int64_t i, int64_t j, int64_t head) const {
  return classOf(*this, head).contains(i, j, head);
}
TileClass PerHeadAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t head) const {
  return classOf(*this, head).classify(i0, i1, j0, j1, head);
}
Value PerHeadAttr::emitContains(OpBuilder &builder, Location loc, Value i, Value j, Value head) const {
  Emitter e{builder, loc};
  return emitPerHead(e, *this, head, containsPair(e, i, j, head));
}
Value PerHeadAttr::emitMayContain(OpBuilder &builder, Location loc, Value i0, Value i1, Value j0, Value j1,
                                  Value head) const {
  Emitter e{builder, loc};
  return emitPerHead(e, *this, head, mayContainTile(e, i0, i1, j0, j1, head));
}
bool PerHeadAttr::isCausal() const { return allParts(getClasses(), causal); }
bool PerHeadAttr::isWholePast() const { return allParts(getClasses(), wholePast); }
bool PerHeadAttr::isFull() const { return allParts(getClasses(), full); }
bool PerHeadAttr::isRelative() const { return allParts(getClasses(), relative); }
std::optional<int64_t> PerHeadAttr::getReach() const { return farthest(getClasses()); }

} // namespace heddle::mixer

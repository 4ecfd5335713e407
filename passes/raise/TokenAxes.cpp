#include "passes/raise/TokenAxes.h"

#include "passes/lower/Names.h"
#include "passes/raise/Reads.h"

using namespace mlir;

namespace heddle {
namespace {

int64_t countOf(ArrayRef<RoleList> lists, TokenRole wanted) {
  int64_t found = 0;
  for (const RoleList &list : lists)
    found += llvm::count(list, wanted);
  return found;
}

} // namespace

bool isFromTokens(ArrayRef<TokenRole> roles) {
  return llvm::any_of(roles, [](TokenRole role) { return role != TokenRole::Other; });
}

void mergeRoles(RoleList &target, const RoleList &source) {
  if (!isFromTokens(target) && isFromTokens(source))
    target = source;
}

SmallVector<int64_t> exampleSizes(func::FuncOp entry, int64_t length) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  SmallVector<int64_t> sizes;
  for (size_t i = 0; i < (names ? names.size() : 0); ++i) {
    // By custom the first of several symbols is a batch.
    int64_t size = i == 0 && names.size() > 1 ? 2 : std::max<int64_t>(23 + 6 * i, length);
    if (ranges)
      size = std::clamp(size, ranges[2 * i], ranges[2 * i + 1]);
    sizes.push_back(size);
  }
  return sizes;
}

TokenAxes::TokenAxes(func::FuncOp entry, int64_t tokenDim, ArrayRef<int64_t> symbols) : sizes(entry, symbols) {
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getRank() <= tokenDim)
      continue;
    std::optional<int64_t> size = sizes.size(argument, tokenDim);
    if (!size || (count && *size != count))
      continue;
    count = *size;
    RoleLists lists(type.getRank(), {TokenRole::Other});
    lists[tokenDim] = {TokenRole::Token};
    labels[argument] = std::move(lists);
  }
  if (count)
    for (Operation &op : entry.getBody().front())
      visit(&op);
}

RoleLists TokenAxes::listsOf(Value tensor) const {
  auto found = labels.find(tensor);
  if (found != labels.end())
    return found->second;
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  return RoleLists(type ? type.getRank() : 0, {TokenRole::Other});
}

std::optional<int64_t> TokenAxes::tokenDim(Value tensor) const {
  RoleLists lists = listsOf(tensor);
  if (countOf(lists, TokenRole::Token) != 1 || countOf(lists, TokenRole::Part))
    return std::nullopt;
  for (auto [dim, list] : llvm::enumerate(lists))
    if (list.size() == 1 && list.front() == TokenRole::Token)
      return dim;
  return std::nullopt;
}

std::optional<int64_t> TokenAxes::rowDim(Value tensor) const {
  std::optional<int64_t> found;
  for (auto [dim, list] : llvm::enumerate(listsOf(tensor))) {
    if (!isFromTokens(list))
      continue;
    if (found || list.size() != 1)
      return std::nullopt;
    found = dim;
  }
  return found;
}

bool TokenAxes::hasTokens(Value tensor) const { return labels.contains(tensor); }

bool TokenAxes::hasParts(Value tensor) const { return countOf(listsOf(tensor), TokenRole::Part) > 0; }

bool TokenAxes::isChunk(Value tensor) const { return hasParts(tensor) && !countOf(listsOf(tensor), TokenRole::Token); }

bool TokenAxes::isMadeFromTokens(Value tensor, int64_t dim) const { return isFromTokens(listsOf(tensor)[dim]); }

void TokenAxes::replace(Value original, Value raised) {
  labels[raised] = listsOf(original);
  open.erase(raised);
}

void TokenAxes::finish(Value result, RoleLists lists, Meeting meeting, bool readsOpen) {
  Operation *op = result.getDefiningOp();
  bool readsParts = false;
  for (Value read : readsOf(op)) {
    readsOpen |= isOpen(read);
    readsParts |= hasParts(read);
  }
  int64_t parts = countOf(lists, TokenRole::Part), whole = countOf(lists, TokenRole::Token);
  bool isOneToken = whole == 1 && !parts;
  bool closes = isOneToken && ((readsOpen && meeting.contracts) || readsParts);
  if (parts || whole)
    labels[result] = std::move(lists);
  if (!closes && (meeting.mixes || readsOpen || parts || whole > 1))
    open.insert(result);
  if (closes && !tokenDim(result))
    closedAsRows.insert(result);
  else if (closes || (isOneToken && meeting.mixes && tokenDim(result)))
    ends.push_back(result);
}

} // namespace heddle

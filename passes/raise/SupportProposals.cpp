#include "passes/raise/SupportProposals.h"

#include <numeric>

using namespace mlir;

namespace heddle {

/// Distances that are seen, and the widest band around the diagonal that is seen wholly.
void SupportProposals::measure() {
  std::vector<char> whole(last + grid.keys, true), some(last + grid.keys, false);
  for (int64_t i = first; i < last; ++i)
    for (int64_t j = 0; j < grid.keys; ++j) {
      int64_t diagonal = i - j + grid.keys;
      whole[diagonal] &= seen(i, j);
      some[diagonal] |= seen(i, j);
    }
  auto at = [&](const std::vector<char> &of, int64_t distance) {
    int64_t diagonal = distance + grid.keys;
    return diagonal > 0 && diagonal < int64_t(of.size()) && of[diagonal];
  };
  for (int64_t distance = -grid.keys + 1; distance < last; ++distance)
    if (at(some, distance)) {
      left = std::max(left, distance);
      right = std::max(right, -distance);
      step = std::gcd(step, std::abs(distance));
    }
  while (at(whole, bandLeft + 1))
    ++bandLeft;
  while (at(whole, -(bandRight + 1)))
    ++bandRight;
}

SupportProposals::List SupportProposals::simple() const {
  List list{mixer::FullAttr::get(context), causal(), window(left, right)};
  int64_t firstRow = runInRow(first, 0);
  if (firstRow > 0)
    list.push_back(mixer::BlockCausalAttr::get(context, firstRow));
  for (Attribute candidate : groups()) {
    list.push_back(candidate);
    list.push_back(allOf({causal(), candidate}));
  }
  if (step > 1)
    list.push_back(mixer::DilatedAttr::get(context, left, right, step));
  if (Attribute plane = window2D())
    list.push_back(plane);
  return list;
}

int64_t SupportProposals::runInRow(int64_t i, int64_t j) const {
  int64_t end = j;
  while (end < grid.keys && seen(i, end))
    ++end;
  return end - j;
}

SupportProposals::List SupportProposals::groups() const {
  // The first group ends where rows stop to see key 0; the second tells how long a whole one is.
  auto rowsThatSee = [&](int64_t j) {
    int64_t end = std::max(first, j);
    while (end < last && seen(end, j))
      ++end;
    return end - j;
  };
  int64_t head = rowsThatSee(0);
  if (head <= 0 || head >= grid.keys)
    return {};
  int64_t size = rowsThatSee(head);
  List list;
  for (int64_t candidate : {size, head})
    if (candidate >= head)
      list.push_back(mixer::GroupsAttr::get(context, candidate, candidate - head));
  return list;
}

Attribute SupportProposals::window2D() const {
  int64_t cols = runInRow(first, first) - 1, width = first + cols + 1;
  while (width < grid.keys && !seen(first, width))
    ++width;
  if (cols < 0 || width >= grid.keys)
    return {};
  int64_t rows = 0;
  while (first + (rows + 1) * (width - first) < grid.keys && seen(first, first + (rows + 1) * (width - first)))
    ++rows;
  return mixer::Window2DAttr::get(context, width - first, rows, cols);
}

/// Positions that see all and are seen by all, of those that the band leaves open.
SmallVector<int64_t> SupportProposals::globalPositions(bool inPastOnly) const {
  SmallVector<int64_t> positions;
  for (int64_t p = first; p < std::min(last, grid.keys); ++p) {
    bool isGlobal = true;
    for (int64_t j = 0; isGlobal && j < grid.keys; ++j)
      isGlobal = (inPastOnly && j > p) || seen(p, j);
    for (int64_t i = first; isGlobal && i < last; ++i)
      isGlobal = (inPastOnly && i < p) || seen(i, p);
    if (isGlobal)
      positions.push_back(p);
  }
  return positions;
}

int64_t SupportProposals::sinkCount(bool inPastOnly) const {
  for (int64_t j = 0; j < grid.keys; ++j)
    for (int64_t i = inPastOnly ? std::max(first, j) : first; i < last; ++i)
      if (!seen(i, j))
        return j;
  return grid.keys;
}

SupportProposals::List SupportProposals::unions() const {
  List list;
  for (bool inPastOnly : {false, true}) {
    Attribute band = window(bandLeft, inPastOnly ? 0 : bandRight);
    SmallVector<Attribute> extras;
    if (SmallVector<int64_t> positions = globalPositions(inPastOnly);
        !positions.empty() && int64_t(positions.size()) < last - first)
      extras.push_back(mixer::GlobalAttr::get(context, positions));
    if (int64_t sinks = sinkCount(inPastOnly); sinks > 0 && sinks < grid.keys)
      extras.push_back(mixer::SinksAttr::get(context, sinks));
    for (Attribute extra : extras) {
      Attribute both = anyOf({band, extra});
      list.push_back(anyOf({causal(), extra}));
      list.push_back(inPastOnly ? allOf({causal(), both}) : both);
    }
  }
  // A stride beside the band: the distances further away are its multiples.
  int64_t stride = 0;
  for (int64_t i = first; i < last; ++i)
    for (int64_t j = 0; j < std::min(i - bandLeft, grid.keys); ++j)
      if (seen(i, j))
        stride = std::gcd(stride, i - j);
  if (stride > 1)
    list.push_back(anyOf(
        {window(bandLeft, bandRight), mixer::DilatedAttr::get(context, left, std::max<int64_t>(right, 0), stride)}));
  return list;
}

SupportProposals::List SupportProposals::blocks() const {
  List list;
  if (first != 0)
    return list;
  for (int64_t block = std::min<int64_t>(128, grid.keys / 2); block > 1; --block)
    if (Attribute blocks = listBlocks(block)) {
      list.push_back(blocks);
      break;
    }
  return list;
}

Attribute SupportProposals::listBlocks(int64_t block) const {
  SmallVector<int64_t> offsets{0}, blocks;
  for (int64_t row = 0; row < grid.queries; row += block) {
    for (int64_t column = 0; column < grid.keys; column += block) {
      bool value = grid.at(row, column);
      for (int64_t i = row; i < std::min(row + block, grid.queries); ++i)
        for (int64_t j = column; j < std::min(column + block, grid.keys); ++j)
          if (grid.at(i, j) != value)
            return {};
      if (value)
        blocks.push_back(column / block);
    }
    offsets.push_back(blocks.size());
  }
  return mixer::BlockListAttr::get(context, block, offsets, blocks);
}

} // namespace heddle

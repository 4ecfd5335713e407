#include "passes/raise/SupportFit.h"

#include <numeric>

using namespace mlir;

namespace heddle {
namespace {

/// Proposes supports from what the largest sample shows and keeps the first that explains all samples.
class Fitter {
public:
  Fitter(MLIRContext *context, ArrayRef<const PairGrid *> grids, mixer::Align align, bool isFixedLength)
      : context(context), grids(grids), isFixedLength(isFixedLength), isAtEnd(align == mixer::Align::End) {
    largest = *llvm::max_element(grids, [](const PairGrid *a, const PairGrid *b) { return a->keys < b->keys; });
    measure();
  }

  Attribute fit() {
    for (auto propose : {&Fitter::proposeSimple, &Fitter::proposeUnions, &Fitter::proposeBlocks})
      for (Attribute support : (this->*propose)())
        if (explains(support))
          return support;
    return {};
  }

private:
  int64_t shiftOf(const PairGrid &grid) const { return isAtEnd ? grid.keys - grid.queries : 0; }
  bool seen(int64_t i, int64_t j) const { return largest->at(i - shiftOf(*largest), j); }

  bool explains(Attribute attribute) const {
    auto support = cast<mixer::SupportAttrInterface>(attribute);
    return llvm::all_of(grids, [&](const PairGrid *grid) {
      int64_t shift = shiftOf(*grid);
      for (int64_t i = 0; i < grid->queries; ++i)
        for (int64_t j = 0; j < grid->keys; ++j)
          if (support.contains(i + shift, j, 0) != grid->at(i, j))
            return false;
      return true;
    });
  }

  /// Distances that are seen, and the widest band around the diagonal that is seen wholly.
  void measure() {
    first = shiftOf(*largest);
    last = first + largest->queries;
    std::vector<char> whole(last + largest->keys, true), some(last + largest->keys, false);
    for (int64_t i = first; i < last; ++i)
      for (int64_t j = 0; j < largest->keys; ++j) {
        int64_t diagonal = i - j + largest->keys;
        whole[diagonal] &= seen(i, j);
        some[diagonal] |= seen(i, j);
      }
    auto at = [&](const std::vector<char> &of, int64_t distance) {
      int64_t diagonal = distance + largest->keys;
      return diagonal > 0 && diagonal < int64_t(of.size()) && of[diagonal];
    };
    for (int64_t distance = -largest->keys + 1; distance < last; ++distance)
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

  Attribute window(int64_t left, int64_t right) const {
    return mixer::WindowAttr::get(context, std::max<int64_t>(left, 0), std::max<int64_t>(right, 0));
  }
  Attribute causal() const { return mixer::CausalAttr::get(context); }
  Attribute anyOf(ArrayRef<Attribute> parts) const { return mixer::AnyOfAttr::get(context, parts); }
  Attribute allOf(ArrayRef<Attribute> parts) const { return mixer::AllOfAttr::get(context, parts); }

  SmallVector<Attribute> proposeSimple() const {
    SmallVector<Attribute> list{mixer::FullAttr::get(context), causal(), window(left, right)};
    int64_t firstRow = runInRow(first, 0);
    if (firstRow > 0)
      list.push_back(mixer::BlockCausalAttr::get(context, firstRow));
    for (Attribute groups : proposeGroups()) {
      list.push_back(groups);
      list.push_back(allOf({causal(), groups}));
    }
    if (step > 1)
      list.push_back(mixer::DilatedAttr::get(context, left, right, step));
    if (Attribute grid = proposeWindow2D())
      list.push_back(grid);
    return list;
  }

  int64_t runInRow(int64_t i, int64_t j) const {
    int64_t end = j;
    while (end < largest->keys && seen(i, end))
      ++end;
    return end - j;
  }

  SmallVector<Attribute> proposeGroups() const {
    // The first group ends where rows stop to see key 0; the second tells how long a whole one is.
    auto rowsThatSee = [&](int64_t j) {
      int64_t end = std::max(first, j);
      while (end < last && seen(end, j))
        ++end;
      return end - j;
    };
    int64_t head = rowsThatSee(0);
    if (head <= 0 || head >= largest->keys)
      return {};
    int64_t size = rowsThatSee(head);
    SmallVector<Attribute> list;
    for (int64_t candidate : {size, head})
      if (candidate >= head)
        list.push_back(mixer::GroupsAttr::get(context, candidate, candidate - head));
    return list;
  }

  Attribute proposeWindow2D() const {
    int64_t cols = runInRow(first, first) - 1, width = first + cols + 1;
    while (width < largest->keys && !seen(first, width))
      ++width;
    if (cols < 0 || width >= largest->keys)
      return {};
    int64_t rows = 0;
    while (first + (rows + 1) * (width - first) < largest->keys && seen(first, first + (rows + 1) * (width - first)))
      ++rows;
    return mixer::Window2DAttr::get(context, width - first, rows, cols);
  }

  /// Positions that see all and are seen by all, of those that the band leaves open.
  SmallVector<int64_t> globalPositions(bool inPastOnly) const {
    SmallVector<int64_t> positions;
    for (int64_t p = first; p < std::min(last, largest->keys); ++p) {
      bool isGlobal = true;
      for (int64_t j = 0; isGlobal && j < largest->keys; ++j)
        isGlobal = (inPastOnly && j > p) || seen(p, j);
      for (int64_t i = first; isGlobal && i < last; ++i)
        isGlobal = (inPastOnly && i < p) || seen(i, p);
      if (isGlobal)
        positions.push_back(p);
    }
    return positions;
  }

  int64_t sinkCount(bool inPastOnly) const {
    for (int64_t j = 0; j < largest->keys; ++j)
      for (int64_t i = inPastOnly ? std::max(first, j) : first; i < last; ++i)
        if (!seen(i, j))
          return j;
    return largest->keys;
  }

  SmallVector<Attribute> proposeUnions() const {
    SmallVector<Attribute> list;
    for (bool inPastOnly : {false, true}) {
      Attribute band = window(bandLeft, inPastOnly ? 0 : bandRight);
      SmallVector<Attribute> extras;
      if (SmallVector<int64_t> positions = globalPositions(inPastOnly);
          !positions.empty() && int64_t(positions.size()) < last - first)
        extras.push_back(mixer::GlobalAttr::get(context, positions));
      if (int64_t sinks = sinkCount(inPastOnly); sinks > 0 && sinks < largest->keys)
        extras.push_back(mixer::SinksAttr::get(context, sinks));
      for (Attribute extra : extras) {
        Attribute both = anyOf({band, extra});
        list.push_back(inPastOnly ? allOf({causal(), both}) : both);
        list.push_back(anyOf({causal(), extra}));
      }
    }
    // A stride beside the band: the distances further away are its multiples.
    int64_t stride = 0;
    for (int64_t i = first; i < last; ++i)
      for (int64_t j = 0; j < std::min(i - bandLeft, largest->keys); ++j)
        if (seen(i, j))
          stride = std::gcd(stride, i - j);
    if (stride > 1)
      list.push_back(anyOf(
          {window(bandLeft, bandRight), mixer::DilatedAttr::get(context, left, std::max<int64_t>(right, 0), stride)}));
    return list;
  }

  /// Lists of blocks beside what has a name, at one length.
  SmallVector<Attribute> proposeBlocks() const {
    SmallVector<Attribute> list;
    if (!isFixedLength || first != 0)
      return list;
    for (int64_t block = std::min<int64_t>(128, largest->keys / 2); block > 1; --block)
      if (Attribute blocks = listBlocks(block)) {
        list.push_back(blocks);
        break;
      }
    return list;
  }

  Attribute listBlocks(int64_t block) const {
    SmallVector<int64_t> offsets{0}, blocks;
    for (int64_t row = 0; row < largest->queries; row += block) {
      for (int64_t column = 0; column < largest->keys; column += block) {
        bool value = largest->at(row, column);
        for (int64_t i = row; i < std::min(row + block, largest->queries); ++i)
          for (int64_t j = column; j < std::min(column + block, largest->keys); ++j)
            if (largest->at(i, j) != value)
              return {};
        if (value)
          blocks.push_back(column / block);
      }
      offsets.push_back(blocks.size());
    }
    return mixer::BlockListAttr::get(context, block, offsets, blocks);
  }

  MLIRContext *context;
  ArrayRef<const PairGrid *> grids;
  bool isFixedLength, isAtEnd;
  const PairGrid *largest = nullptr;
  int64_t first = 0, last = 0;           // positions of the queries
  int64_t left = 0, right = 0, step = 0; // of all that is seen
  int64_t bandLeft = -1, bandRight = -1; // around the diagonal, without holes
};

} // namespace

std::optional<FittedSupport> fitSupport(MLIRContext *context, ArrayRef<MaskSample> samples, bool isFixedLength) {
  // Where keys outnumber queries, the queries are the newest tokens more often than the oldest.
  auto hasMoreKeys = [](const MaskSample &sample) { return sample.heads[0].keys > sample.heads[0].queries; };
  SmallVector<mixer::Align> aligns{mixer::Align::Start};
  if (llvm::all_of(samples, hasMoreKeys))
    aligns.insert(aligns.begin(), mixer::Align::End);
  for (mixer::Align align : aligns) {
    SmallVector<int64_t> heads;
    SmallVector<Attribute> classes;
    size_t count = samples.front().heads.size();
    for (size_t head = 0; head < count; ++head) {
      auto grids = llvm::map_to_vector(samples, [&](const MaskSample &sample) { return &sample.heads[head]; });
      Attribute support = Fitter(context, grids, align, isFixedLength).fit();
      if (!support)
        break;
      auto *known = llvm::find(classes, support);
      heads.push_back(known - classes.begin());
      if (known == classes.end())
        classes.push_back(support);
    }
    if (heads.size() < count)
      continue;
    Attribute support = classes.size() == 1 ? classes[0] : mixer::PerHeadAttr::get(context, heads, classes);
    auto fitted = cast<mixer::SupportAttrInterface>(support);
    return FittedSupport{fitted, fitted.isFull() ? mixer::Align::Start : align};
  }
  return std::nullopt;
}

} // namespace heddle

// Supports on numbers: does a pair exist, what is the class of a tile, which shape has the whole support.
//
// Key positions are never negative; a query position is when queries are aligned at the end of fewer keys. So every
// division of a position rounds down.
#include "dialects/mixer/Mixer.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

int64_t floorDiv(int64_t a, int64_t b) { return llvm::divideFloorSigned(a, b); }

/// An inclusive range of integers.
struct Range {
  int64_t low, high;
  bool within(int64_t least, int64_t most) const { return least <= low && high <= most; }
  bool outside(int64_t least, int64_t most) const { return high < least || most < low; }
};

/// All differences j - i of a tile, each of which occurs.
Range differences(int64_t i0, int64_t i1, int64_t j0, int64_t j1) { return {j0 - (i1 - 1), j1 - 1 - i0}; }

Range blocksOf(int64_t begin, int64_t end, int64_t size) { return {floorDiv(begin, size), floorDiv(end - 1, size)}; }

TileClass tileClass(bool full, bool empty) {
  return empty ? TileClass::Empty : full ? TileClass::Full : TileClass::Partial;
}

bool noPair(int64_t i0, int64_t i1, int64_t j0, int64_t j1) { return i0 >= i1 || j0 >= j1; }

/// How many of the increasing `positions` lie in [begin, end).
int64_t countWithin(ArrayRef<int64_t> positions, int64_t begin, int64_t end) {
  return llvm::lower_bound(positions, end) - llvm::lower_bound(positions, begin);
}

} // namespace

//===--- full, causal, block-causal ---===//

bool FullAttr::contains(int64_t, int64_t, int64_t) const { return true; }
TileClass FullAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  return tileClass(true, noPair(i0, i1, j0, j1));
}
bool FullAttr::isCausal() const { return false; }
bool FullAttr::isWholePast() const { return false; }
bool FullAttr::isFull() const { return true; }
bool FullAttr::isRelative() const { return true; }
std::optional<int64_t> FullAttr::getReach() const { return std::nullopt; }

bool CausalAttr::contains(int64_t i, int64_t j, int64_t) const { return j <= i; }
TileClass CausalAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range difference = differences(i0, i1, j0, j1);
  return tileClass(difference.high <= 0, noPair(i0, i1, j0, j1) || difference.low > 0);
}
bool CausalAttr::isCausal() const { return true; }
bool CausalAttr::isWholePast() const { return true; }
bool CausalAttr::isFull() const { return false; }
bool CausalAttr::isRelative() const { return true; }
std::optional<int64_t> CausalAttr::getReach() const { return std::nullopt; }

bool BlockCausalAttr::contains(int64_t i, int64_t j, int64_t) const {
  return floorDiv(j, getBlock()) <= floorDiv(i, getBlock());
}
TileClass BlockCausalAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range rows = blocksOf(i0, i1, getBlock()), cols = blocksOf(j0, j1, getBlock());
  return tileClass(cols.high <= rows.low, noPair(i0, i1, j0, j1) || cols.low > rows.high);
}
bool BlockCausalAttr::isCausal() const { return getBlock() == 1; }
bool BlockCausalAttr::isWholePast() const { return getBlock() == 1; }
bool BlockCausalAttr::isFull() const { return false; }
bool BlockCausalAttr::isRelative() const { return getBlock() == 1; }
std::optional<int64_t> BlockCausalAttr::getReach() const { return std::nullopt; }

//===--- bands, sinks, global positions ---===//

bool WindowAttr::contains(int64_t i, int64_t j, int64_t) const {
  return Range{j - i, j - i}.within(-getLeft(), getRight());
}
TileClass WindowAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range difference = differences(i0, i1, j0, j1);
  return tileClass(difference.within(-getLeft(), getRight()),
                   noPair(i0, i1, j0, j1) || difference.outside(-getLeft(), getRight()));
}
bool WindowAttr::isCausal() const { return getRight() == 0; }
bool WindowAttr::isWholePast() const { return false; }
bool WindowAttr::isFull() const { return false; }
bool WindowAttr::isRelative() const { return true; }
std::optional<int64_t> WindowAttr::getReach() const { return getLeft(); }

bool DilatedAttr::contains(int64_t i, int64_t j, int64_t) const {
  return Range{j - i, j - i}.within(-getLeft(), getRight()) && (i - j) % getStep() == 0;
}
TileClass DilatedAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range difference = differences(i0, i1, j0, j1);
  int64_t low = std::max(difference.low, -getLeft()), high = std::min(difference.high, getRight());
  bool anyMultiple = low <= high && floorDiv(high, getStep()) * getStep() >= low;
  bool allMultiples = getStep() == 1 || (difference.low == difference.high && difference.low % getStep() == 0);
  return tileClass(difference.within(-getLeft(), getRight()) && allMultiples, noPair(i0, i1, j0, j1) || !anyMultiple);
}
bool DilatedAttr::isCausal() const { return getRight() < getStep(); }
bool DilatedAttr::isWholePast() const { return false; }
bool DilatedAttr::isFull() const { return false; }
bool DilatedAttr::isRelative() const { return true; }
std::optional<int64_t> DilatedAttr::getReach() const { return getLeft(); }

bool SinksAttr::contains(int64_t, int64_t j, int64_t) const { return j < getCount(); }
TileClass SinksAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  return tileClass(j1 <= getCount(), noPair(i0, i1, j0, j1) || j0 >= getCount());
}
bool SinksAttr::isCausal() const { return false; }
bool SinksAttr::isWholePast() const { return false; }
bool SinksAttr::isFull() const { return false; }
bool SinksAttr::isRelative() const { return false; }
std::optional<int64_t> SinksAttr::getReach() const { return std::nullopt; }

bool GlobalAttr::contains(int64_t i, int64_t j, int64_t) const {
  return countWithin(getPositions(), i, i + 1) || countWithin(getPositions(), j, j + 1);
}
TileClass GlobalAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  int64_t rows = countWithin(getPositions(), i0, i1), cols = countWithin(getPositions(), j0, j1);
  return tileClass(rows == i1 - i0 || cols == j1 - j0, noPair(i0, i1, j0, j1) || rows + cols == 0);
}
bool GlobalAttr::isCausal() const { return false; }
bool GlobalAttr::isWholePast() const { return false; }
bool GlobalAttr::isFull() const { return false; }
bool GlobalAttr::isRelative() const { return false; }
std::optional<int64_t> GlobalAttr::getReach() const { return std::nullopt; }

//===--- block lists, groups, grids ---===//

/// Key blocks of query block `row`, none past the last row.
static ArrayRef<int64_t> rowOf(BlockListAttr list, int64_t row) {
  if (row < 0 || row + 1 >= static_cast<int64_t>(list.getOffsets().size()))
    return {};
  return list.getBlocks().slice(list.getOffsets()[row], list.getOffsets()[row + 1] - list.getOffsets()[row]);
}

bool BlockListAttr::contains(int64_t i, int64_t j, int64_t) const {
  return llvm::binary_search(rowOf(*this, floorDiv(i, getBlock())), floorDiv(j, getBlock()));
}
TileClass BlockListAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  if (noPair(i0, i1, j0, j1))
    return TileClass::Empty;
  Range rows = blocksOf(i0, i1, getBlock()), cols = blocksOf(j0, j1, getBlock());
  int64_t lastRow = static_cast<int64_t>(getOffsets().size()) - 2, width = cols.high - cols.low + 1;
  bool full = rows.within(0, lastRow), empty = true;
  for (int64_t row = std::max<int64_t>(rows.low, 0); row <= std::min(rows.high, lastRow); ++row) {
    int64_t listed = countWithin(rowOf(*this, row), cols.low, cols.high + 1);
    full &= listed == width;
    empty &= listed == 0;
  }
  return tileClass(full, empty);
}
bool BlockListAttr::isCausal() const {
  for (int64_t row = 0; row + 1 < static_cast<int64_t>(getOffsets().size()); ++row)
    if (ArrayRef<int64_t> listed = rowOf(*this, row); !listed.empty() && listed.back() >= row + (getBlock() == 1))
      return false;
  return true;
}
bool BlockListAttr::isWholePast() const { return false; }
bool BlockListAttr::isFull() const { return false; }
bool BlockListAttr::isRelative() const { return false; }
std::optional<int64_t> BlockListAttr::getReach() const {
  int64_t reach = 0;
  for (int64_t row = 0; row + 1 < static_cast<int64_t>(getOffsets().size()); ++row)
    if (ArrayRef<int64_t> listed = rowOf(*this, row); !listed.empty())
      reach = std::max(reach, (row + 1 - listed.front()) * getBlock() - 1);
  return reach;
}

bool GroupsAttr::contains(int64_t i, int64_t j, int64_t) const {
  return floorDiv(i + getShift(), getSize()) == floorDiv(j + getShift(), getSize());
}
TileClass GroupsAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range rows = blocksOf(i0 + getShift(), i1 + getShift(), getSize());
  Range cols = blocksOf(j0 + getShift(), j1 + getShift(), getSize());
  bool one = rows.low == rows.high && cols.low == cols.high && rows.low == cols.low;
  return tileClass(one, noPair(i0, i1, j0, j1) || rows.outside(cols.low, cols.high));
}
bool GroupsAttr::isCausal() const { return getSize() == 1; }
bool GroupsAttr::isWholePast() const { return false; }
bool GroupsAttr::isFull() const { return false; }
bool GroupsAttr::isRelative() const { return getSize() == 1; }
std::optional<int64_t> GroupsAttr::getReach() const { return getSize() - 1; }

bool Window2DAttr::contains(int64_t i, int64_t j, int64_t) const {
  int64_t rowI = floorDiv(i, getWidth()), rowJ = floorDiv(j, getWidth());
  int64_t colI = i - rowI * getWidth(), colJ = j - rowJ * getWidth();
  return std::abs(rowI - rowJ) <= getRows() && std::abs(colI - colJ) <= getCols();
}
TileClass Window2DAttr::classify(int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t) const {
  Range rowsI = blocksOf(i0, i1, getWidth()), rowsJ = blocksOf(j0, j1, getWidth());
  Range rows{rowsJ.low - rowsI.high, rowsJ.high - rowsI.low};
  Range cols{-(getWidth() - 1), getWidth() - 1};
  if (rowsI.low == rowsI.high && rowsJ.low == rowsJ.high) {
    int64_t rowShift = (rowsJ.low - rowsI.low) * getWidth();
    Range difference = differences(i0, i1, j0, j1);
    cols = {difference.low - rowShift, difference.high - rowShift};
  }
  return tileClass(rows.within(-getRows(), getRows()) && cols.within(-getCols(), getCols()),
                   noPair(i0, i1, j0, j1) || rows.outside(-getRows(), getRows()) ||
                       cols.outside(-getCols(), getCols()));
}
bool Window2DAttr::isCausal() const { return getRows() == 0 && getCols() == 0; }
bool Window2DAttr::isWholePast() const { return false; }
bool Window2DAttr::isFull() const { return false; }
bool Window2DAttr::isRelative() const { return false; }
std::optional<int64_t> Window2DAttr::getReach() const { return getRows() * getWidth() + getWidth() - 1; }

} // namespace heddle::mixer

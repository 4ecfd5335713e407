#include "passes/raise/SupportFit.h"

using namespace mlir;

namespace heddle {

int64_t lengthToSee(Attribute support) {
  int64_t length = 1;
  support.walkImmediateSubElements([&](Attribute part) { length = std::max(length, lengthToSee(part)); }, [](Type) {});
  auto include = [&](int64_t number) { length = std::max(length, number + 2); };
  if (auto window = dyn_cast<mixer::WindowAttr>(support))
    include(std::max(window.getLeft(), window.getRight()));
  if (auto dilated = dyn_cast<mixer::DilatedAttr>(support))
    include(std::max(dilated.getLeft(), dilated.getRight()));
  if (auto block = dyn_cast<mixer::BlockCausalAttr>(support))
    include(block.getBlock());
  if (auto sinks = dyn_cast<mixer::SinksAttr>(support))
    include(sinks.getCount());
  if (auto global = dyn_cast<mixer::GlobalAttr>(support))
    include(global.getPositions().back());
  if (auto groups = dyn_cast<mixer::GroupsAttr>(support))
    include(groups.getSize());
  if (auto grid = dyn_cast<mixer::Window2DAttr>(support))
    include(grid.getWidth() * (grid.getRows() + 1));
  return length;
}

} // namespace heddle

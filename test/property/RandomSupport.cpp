#include "mlir/IR/Attributes.h"
#include "test/property/RandomMix.h"

using namespace mlir;

namespace heddle::test {
namespace {

// A width that is often near a tile edge and seldom beyond the sequence.
int64_t width(int64_t tokens, Random &random) {
  return random.pick<int64_t>({0, 1, 2, 5, 8, 15, 16, std::max<int64_t>(0, tokens - 1), tokens});
}

Attribute blockList(MLIRContext *context, int64_t tokens, Random &random) {
  int64_t block = random.pick<int64_t>({1, 4, 8, 16}), blocks = (tokens + block - 1) / block;
  SmallVector<int64_t> offsets = {0}, columns;
  for (int64_t row = 0; row < blocks; ++row) {
    for (int64_t column = 0; column < blocks; ++column)
      if (column == row || random.chance(0.3))
        columns.push_back(column);
    offsets.push_back(columns.size());
  }
  return mixer::BlockListAttr::get(context, block, offsets, columns);
}

Attribute global(MLIRContext *context, int64_t tokens, Random &random) {
  SmallVector<int64_t> positions;
  for (int64_t p = 0; p < tokens; ++p)
    if (p == 0 || random.chance(0.1))
      positions.push_back(p);
  return mixer::GlobalAttr::get(context, positions);
}

// One simple support without a restriction to the past.
Attribute twoSided(MLIRContext *context, int64_t tokens, Random &random) {
  switch (random.below(10)) {
  case 0:
    return mixer::FullAttr::get(context);
  case 1:
    return mixer::CausalAttr::get(context);
  case 2:
    return mixer::BlockCausalAttr::get(context, random.pick<int64_t>({1, 3, 8, 16}));
  case 3:
    return mixer::WindowAttr::get(context, width(tokens, random), width(tokens, random));
  case 4:
    return mixer::SinksAttr::get(context, random.between(1, 4));
  case 5:
    return global(context, tokens, random);
  case 6:
    return mixer::DilatedAttr::get(context, width(tokens, random), width(tokens, random), random.between(1, 4));
  case 7:
    return blockList(context, tokens, random);
  case 8:
    return mixer::GroupsAttr::get(context, random.pick<int64_t>({1, 4, 7, 16}), random.below(5));
  default:
    return mixer::Window2DAttr::get(context, random.between(1, 8), random.below(3), random.below(3));
  }
}

// One simple support of the past.
Attribute causal(MLIRContext *context, int64_t tokens, Random &random) {
  switch (random.below(4)) {
  case 0:
    return mixer::CausalAttr::get(context);
  case 1:
    return mixer::WindowAttr::get(context, width(tokens, random), 0);
  case 2:
    return mixer::DilatedAttr::get(context, width(tokens, random), 0, random.between(1, 4));
  default:
    return mixer::AllOfAttr::get(context, {mixer::CausalAttr::get(context), twoSided(context, tokens, random)});
  }
}

Attribute simple(MLIRContext *context, SupportRange range, int64_t tokens, Random &random) {
  return range == SupportRange::Any ? twoSided(context, tokens, random) : causal(context, tokens, random);
}

Attribute perHead(MLIRContext *context, SupportRange range, int64_t heads, int64_t tokens, Random &random) {
  SmallVector<Attribute> classes;
  for (int64_t n = random.between(1, 3); n > 0; --n)
    classes.push_back(simple(context, range, tokens, random));
  SmallVector<int64_t> choice;
  for (int64_t h = 0; h < heads; ++h)
    choice.push_back(random.below(classes.size()));
  return mixer::PerHeadAttr::get(context, choice, classes);
}

} // namespace

mixer::SupportAttrInterface randomSupport(MLIRContext *context, SupportRange range, int64_t heads, int64_t tokens,
                                          Random &random) {
  auto one = [&] { return simple(context, range, tokens, random); };
  Attribute support = mixer::CausalAttr::get(context);
  if (range != SupportRange::WholePast) {
    double kind = random.uniform(0, 1);
    support = kind < 0.6    ? one()
              : kind < 0.75 ? mixer::AnyOfAttr::get(context, {one(), one()})
              : kind < 0.85 ? mixer::AllOfAttr::get(context, {one(), one()})
                            : perHead(context, range, heads, tokens, random);
  }
  return cast<mixer::SupportAttrInterface>(support);
}

} // namespace heddle::test

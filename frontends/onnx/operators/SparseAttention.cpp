// SparseAttention of com.microsoft: causal attention to blocks that a constant mask names, over a cache that is written
// in place.
#include "frontends/Layers.h"
#include "frontends/onnx/Literal.h"
#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// As GroupQueryAttention, with caches that do not grow; head h takes the layout h modulo the number of layouts.
class SparseConverter {
public:
  explicit SparseConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!readGroupedHeads(node, attention, /*rank=*/3) || !unifyOperands(node, attention) ||
        !readScale(node, attention, /*zeroIsAbsent=*/true) || !readLayouts())
      return {};
    node.has(7); // the largest of the lengths
    readPlaces(attention, g, node.tensor(8), /*more=*/0);
    if (!rotateHeads(node, attention.query, attention.key, newPlaces(g, attention), 9) ||
        !write(attention.key, node.tensor(3)) || !write(attention.value, node.tensor(4)))
      return {};
    attention.limits.isCausal = true;
    attention.hide(isInBlock());
    return mixWithCaches(node, attention);
  }

private:
  // Rows and columns of the blocks of each layout, as compressed rows; both constant.
  bool readLayouts() {
    block = node.integer("sparse_block_size", 0);
    std::optional<Literal> rows = node.literal(5), columns = node.literal(6);
    std::optional<SmallVector<int64_t>> starts = rows ? rows->integers() : std::nullopt,
                                        blocks = columns ? columns->integers() : std::nullopt;
    int64_t heads = cast<AffineConstantExpr>(attention.query.shape[2]).getValue();
    if (block < 1 || !starts || !blocks || rows->rank() != 2 || columns->rank() != 2 ||
        rows->shape[0] != columns->shape[0] || rows->shape[0] < 1 || rows->shape[1] < 2 || heads % rows->shape[0])
      return node.fail("inputs 'block_row_indices' and 'block_col_indices', expected constants [layouts, blocks + 1] "
                       "and [layouts, entries], a number of layouts that divides the heads, and a positive attribute "
                       "'sparse_block_size'"),
             false;
    layouts = rows->shape[0], count = rows->shape[1] - 1;
    mask.assign(layouts * count * count, 0);
    for (int64_t layout = 0; layout < layouts; ++layout)
      if (!readLayout(layout, ArrayRef(*starts).slice(layout * (count + 1), count + 1),
                      ArrayRef(*blocks).slice(layout * columns->shape[1], columns->shape[1])))
        return node.fail("layout " + Twine(layout) + ", expected places that do not decrease and blocks below " +
                         Twine(count)),
               false;
    return true;
  }

  bool readLayout(int64_t layout, ArrayRef<int64_t> starts, ArrayRef<int64_t> blocks) {
    for (int64_t row = 0; row < count; ++row) {
      if (starts[row] < 0 || starts[row] > starts[row + 1] || starts[row + 1] > static_cast<int64_t>(blocks.size()))
        return false;
      for (int64_t column : blocks.slice(starts[row], starts[row + 1] - starts[row])) {
        if (column < 0 || column >= count)
          return false;
        mask[(layout * count + row) * count + column] = 1;
      }
    }
    return true;
  }

  bool write(Tensor &tokens, Tensor cache) {
    if (!cache || cache.rank() != 4)
      return cache && (node.fail("cache of rank " + Twine(cache.rank()) + ", expected 4"), false);
    cache = swapHeads(g, cache);
    if (!cache || !sameElementTypes(node, {cache, tokens}) ||
        !node.requireAtLeast(cache.shape[1], tokens.shape[1], "length of the cache"))
      return false;
    for (int64_t axis : {0, 2, 3})
      if (!node.unify(cache.shape[axis], tokens.shape[axis], {cache.shape, tokens.shape}))
        return false;
    tokens = writeTokens(g, cache, tokens, attention.offset, 1, /*wraps=*/false);
    return bool(tokens);
  }

  // i1 [B, H, T, S]
  Tensor isInBlock() {
    Tensor layout = g.constant(ArrayRef<char>(mask), g.builder().getI1Type(), {layouts, count, count});
    Tensor first = attention.offset;
    Shape shape = {attention.query.shape[0], attention.query.shape[2], attention.query.shape[1],
                   attention.key.shape[1]};
    return g.generate(shape, layout.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
      auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, at, value); };
      auto blockOf = [&](Value place) {
        Value number = arith::DivSIOp::create(b, at, place, constant(block));
        return safePlace(b, at, number, b.getIndexType(), constant(count));
      };
      Value start = tensor::ExtractOp::create(b, at, first.value, index[0]);
      Value query = arith::AddIOp::create(b, at, arith::IndexCastOp::create(b, at, b.getIndexType(), start), index[2]);
      Value of = arith::RemSIOp::create(b, at, index[1], constant(layouts));
      return tensor::ExtractOp::create(b, at, layout.value, ValueRange{of, blockOf(query), blockOf(index[3])});
    });
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
  int64_t block = 0, layouts = 0, count = 0; // tokens of a block; layouts; blocks of a row
  SmallVector<char> mask;                    // [layouts, blocks, blocks]
};

} // namespace

static Results convertSparse(NodeReader &node) { return SparseConverter(node).convert(); }

void registerSparseAttention(OpTable &table) { table.add({{"com.microsoft.SparseAttention", 1, convertSparse}}); }

} // namespace heddle::onnx

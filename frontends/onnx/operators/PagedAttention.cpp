// PagedAttention of com.microsoft: attention of packed sequences over caches that lie in pages.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/PackedTokens.h"
#include "frontends/onnx/operators/Places.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Query, key and value [tokens, heads * D]; caches [pages, rows, heads, D]. The new keys are written first; then each
// sequence reads the pages that its row of the table names, of which the first `past + new` keys are meant.
class PagedConverter {
public:
  explicit PagedConverter(NodeReader &node) : node(node), g(node.g), attention(node.g) {}

  Results convert() {
    if (!isSupported() || !readGroupedHeads(node, attention, /*rank=*/2) ||
        !readScale(node, attention, /*zeroIsAbsent=*/true) || !normalizeHeads(node, attention, 12) || !readSequences())
      return {};
    Tensor keys = node.tensor(3), values = node.tensor(4);
    if (!checkCache(keys, attention.key) || !checkCache(values, attention.value) || !rotate() || !readSlots(keys))
      return {};
    keys = write(keys, attention.key), values = write(values, attention.value);
    attention.query = packed->unpack(g, attention.query);
    attention.key = readPages(keys), attention.value = readPages(values);
    if (!attention.query || !attention.key || !attention.value || !readLimits())
      return {};
    attention.offset = past, attention.valid = g.add(past, packed->lengths);
    Results results = {mergeHeads(g, packed->pack(g, attention.mix()))};
    if (node.outputCount() > 1)
      results.append({keys, values});
    return results;
  }

private:
  bool isSupported() {
    node.has(16); // bounds on lengths: hints
    node.ignore({"kv_cache_layout", "v_head_size", "rotary_offset"});
    for (auto [index, name] : {std::pair(14, "k_scale"), {15, "v_scale"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none: caches are not quantised"), false;
    for (StringRef name : {"k_quant_type", "v_quant_type"})
      if (node.string(name, "NONE") != "NONE")
        return node.fail("attribute '" + name + "', expected NONE"), false;
    for (StringRef name : {"k_cache_dtype", "v_cache_dtype"})
      if (!node.string(name, "").empty())
        return node.fail("attribute '" + name + "', expected the type of the caches"), false;
    if (node.string("kv_cache_layout", "SEPARATE") != "SEPARATE" || !node.has(4))
      return node.fail("attribute 'kv_cache_layout', expected SEPARATE and input 'value_cache'"), false;
    if (node.integer("v_head_size", 0) != 0 || node.integer("rotary_offset", 0) != 0)
      return node.fail("attributes 'v_head_size' and 'rotary_offset', expected 0"), false;
    return true;
  }

  bool readSequences() {
    packed = readPackedTokens(node, 5, attention.query.shape[0]);
    past = g.cast(node.tensor(6), g.builder().getI64Type()), table = node.tensor(7);
    if (!packed || !past || !table)
      return false;
    if (past.rank() != 1 || table.rank() != 2)
      return node.fail("inputs 'past_seqlens' and 'block_table', expected ranks 1 and 2"), false;
    return node.unify(past.shape[0], packed->sequences()) && node.unify(table.shape[0], packed->sequences());
  }

  bool checkCache(Tensor cache, Tensor tokens) {
    if (!cache || !sameElementTypes(node, {cache, tokens}))
      return false;
    if (cache.rank() != 4)
      return node.fail("cache of rank " + Twine(cache.rank()) + ", expected 4"), false;
    return node.unify(cache.shape[2], tokens.shape[1]) && node.unify(cache.shape[3], tokens.shape[2]);
  }

  // Of each packed token, i64 [tokens].
  Tensor positions() {
    Tensor first = g.gather(g.sub(past, packed->starts), packed->owner, 0);
    return g.add(first, g.iota({packed->tokens}, 0, first.elementType));
  }

  bool rotate() {
    // One sample with all tokens, each at its own place.
    Tensor places = g.unsqueeze(positions(), 0);
    Tensor query = g.unsqueeze(attention.query, 0), key = g.unsqueeze(attention.key, 0);
    if (!rotateHeads(node, query, key, places, 8))
      return false;
    attention.query = g.squeeze(query, 0), attention.key = g.squeeze(key, 0);
    return bool(attention.query) && bool(attention.key);
  }

  // The row of the cache that each token is written to, i64 [tokens]; one behind the last for those that are not.
  bool readSlots(Tensor cache) {
    Type i64 = g.builder().getI64Type();
    auto page = dyn_cast<AffineConstantExpr>(cache.shape[1]);
    if (!page || page.getValue() < 1)
      return node.fail("cache of shape " + g.describe(cache.shape) + ", expected pages of a known size"), false;
    rows = g.simplify(cache.shape[0] * page);
    if (node.has(10)) {
      Tensor given = g.cast(node.tensor(10), i64);
      if (!given || given.rank() != 1 || !node.unify(given.shape[0], packed->tokens))
        return given && !node.failed() && (node.fail("input 'slot_mapping', expected [tokens]"), false);
      Tensor nowhere = emitLiteral(g, Literal{i64, {}, {{rows}}});
      slots = g.select(g.compare(Compare::Less, given, g.scalar(0, i64)), nowhere, given);
      return bool(slots);
    }
    // table[owner, position / page] * page + position % page
    Tensor place = positions(), size = g.scalar(page.getValue(), i64), number = g.div(place, size);
    Tensor pages = g.gather(g.cast(table, i64), packed->owner, 0);
    Tensor chosen = g.squeeze(g.gatherElements(pages, g.unsqueeze(number, 1), 1), 1);
    slots = g.add(g.mul(chosen, size), g.sub(place, g.mul(number, size)));
    return bool(slots);
  }

  Tensor write(Tensor cache, Tensor tokens) {
    Shape flat = {rows, cache.shape[2], cache.shape[3]};
    SmallVector<Dim> none(3, g.dim(0)), one = {g.dim(1), g.dim(0), g.dim(0)};
    Tensor written = writeRows(g, g.pad(g.reshape(cache, flat), none, one), tokens, slots);
    return written ? g.reshape(g.slice(written, 0, g.dim(0), rows), cache.shape) : written;
  }

  // [sequences, pages * rows, heads, D]
  Tensor readPages(Tensor cache) {
    Tensor pages = cache ? g.gather(cache, table, 0) : cache;
    if (!pages)
      return {};
    return g.reshape(pages,
                     {pages.shape[0], g.simplify(pages.shape[1] * pages.shape[2]), pages.shape[3], pages.shape[4]});
  }

  bool readLimits() {
    attention.softCap = node.real("softcap", 0);
    attention.limits.isCausal = node.flag("is_causal", true);
    readLocalWindow(node, attention);
    return !node.has(11) || readSink(node, attention, 11);
  }

  NodeReader &node;
  GraphBuilder &g;
  SoftmaxAttention attention;
  std::optional<PackedTokens> packed;
  Tensor past, table, slots;
  Dim rows; // of all pages
};

} // namespace

static Results convertPaged(NodeReader &node) { return PagedConverter(node).convert(); }

void registerPagedAttention(OpTable &table) { table.add({{"com.microsoft.PagedAttention", 1, convertPaged}}); }

} // namespace heddle::onnx

// Counts of n-grams of integers, weighted: TfIdfVectorizer without strings.
#include "frontends/onnx/operators/Window.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

struct NGram {
  SmallVector<int64_t> items;
  int64_t place; // in the output
  double weight;
};

class NGramCounter {
public:
  explicit NGramCounter(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    x = node.tensor(0);
    if (!x || !readGrams())
      return {};
    if (x.rank() != 1 && x.rank() != 2)
      return node.fail("input of rank " + Twine(x.rank()) + ", expected 1 or 2");
    bool isSingle = x.rank() == 1;
    x = isSingle ? g.unsqueeze(x, 0) : x;
    std::optional<SmallVector<int64_t>> length = knownSizes(node, x.shape[1], "sequence");
    if (!length)
      return {};
    Tensor zero = g.splat(0, {x.shape[0], g.dim(1)}, g.builder().getF32Type());
    SmallVector<Tensor> columns(size, zero);
    for (const NGram &gram : grams)
      columns[gram.place] = weighted(gram, (*length)[0]);
    Tensor y = g.concat(columns, 1);
    return {isSingle ? g.squeeze(y, 0) : y};
  }

private:
  bool readGrams() {
    mode = node.string("mode", "TF");
    shortest = node.integer("min_gram_length", 1), longest = node.integer("max_gram_length", 1);
    skips = node.integer("max_skip_count", 0);
    auto counts = node.integers("ngram_counts"), places = node.integers("ngram_indexes"),
         pool = node.integers("pool_int64s");
    SmallVector<float> weights = node.reals("weights").value_or(SmallVector<float>());
    if (!counts || !places || !pool || (mode != "TF" && mode != "IDF" && mode != "TFIDF"))
      return node.fail("attributes 'ngram_counts', 'ngram_indexes' and 'pool_int64s', expected lists, and 'mode' TF, "
                       "IDF or TFIDF"),
             false;
    // The pool holds all grams of length 1, then all of length 2, ..; counts are where each length begins.
    for (size_t n = 1; n <= counts->size(); ++n) {
      int64_t begin = (*counts)[n - 1], end = n < counts->size() ? (*counts)[n] : static_cast<int64_t>(pool->size());
      for (int64_t at = begin; at >= 0 && at + static_cast<int64_t>(n) <= end; at += n) {
        size_t number = grams.size();
        if (number >= places->size() || (*places)[number] < 0)
          return node.fail("attribute 'ngram_indexes', expected a place for each gram"), false;
        double weight = number < weights.size() ? weights[number] : 1;
        grams.push_back({SmallVector<int64_t>(pool->begin() + at, pool->begin() + at + n), (*places)[number], weight});
        size = std::max(size, (*places)[number] + 1);
      }
    }
    return size > 0 && size <= maxLiteralElements;
  }

  // How often the gram occurs with its items `skip` + 1 apart, [N, 1].
  Tensor countAt(const NGram &gram, int64_t length, int64_t skip) {
    int64_t n = gram.items.size(), starts = length - (n - 1) * (skip + 1);
    if (starts < 1)
      return {};
    Tensor all;
    for (auto [number, item] : llvm::enumerate(gram.items)) {
      int64_t begin = static_cast<int64_t>(number) * (skip + 1);
      Tensor here = g.compare(Compare::Equal, g.slice(x, 1, g.dim(begin), g.dim(begin + starts)),
                              g.scalar(static_cast<double>(item), x.elementType));
      all = all ? g.binary(Binary::And, all, here) : here;
    }
    return g.reduce(Reduce::Sum, g.cast(all, g.builder().getF32Type()), 1);
  }

  Tensor weighted(const NGram &gram, int64_t length) {
    Tensor count = g.splat(0, {x.shape[0], g.dim(1)}, g.builder().getF32Type());
    int64_t n = gram.items.size();
    // Single items are not skipped between.
    for (int64_t skip = 0; n >= shortest && n <= longest && skip <= (n == 1 ? 0 : skips); ++skip)
      if (Tensor more = countAt(gram, length, skip))
        count = g.add(count, more);
    if (mode == "IDF")
      count = g.cast(g.compare(Compare::Greater, count, g.scalar(0, count.elementType)), count.elementType);
    return mode == "TF" ? count : g.mul(count, gram.weight);
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor x;
  std::string mode;
  std::vector<NGram> grams;
  int64_t shortest = 1, longest = 1, skips = 0, size = 0;
};

} // namespace

static Results convertTfIdf(NodeReader &node) { return NGramCounter(node).convert(); }

void registerNGrams(OpTable &table) { table.add({{"TfIdfVectorizer", 9, convertTfIdf}}); }

} // namespace heddle::onnx

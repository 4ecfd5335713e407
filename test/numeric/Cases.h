// The numeric case table: one row per mixer, four uses (check, forms, coverage, bench).
//
//   CASE(mamba2, linear().transport("#mixer.scalar").heads(4, 1, 4), B(1, 3), T(1, 63, 64, 65), D(8, 60), types(f32,
//   bf16), 4)
//
// reads: state-space scan with four value heads that share one query and key head; every combination of the batches,
// lengths, widths and types; slack 4 on the error of a plain same-precision loop. Batch and length are dynamic, so a
// row is compiled once per width and type. Bench takes the largest batch, length and width.
#ifndef HEDDLE_TEST_NUMERIC_CASES_H
#define HEDDLE_TEST_NUMERIC_CASES_H

#include "test/property/MixSpec.h"
#include <functional>
#include <vector>

namespace heddle::test {

using Sizes = std::vector<int64_t>;
enum class Real { F32, BF16, F16, F64 };

/// A spec in words. Each function sets one slot and returns the builder.
class CaseBuilder {
public:
  using Step = std::function<void(MixSpec &)>;

  CaseBuilder with(Step step) const;
  CaseBuilder support(std::string text) const;
  CaseBuilder transport(std::string text) const;
  CaseBuilder score(std::string text) const;
  CaseBuilder norm(std::string text) const;
  CaseBuilder layout(std::string text) const;
  /// Heads of query, of key, of value.
  CaseBuilder heads(int64_t query, int64_t key, int64_t value) const;
  CaseBuilder transportHeads(int64_t heads) const;
  CaseBuilder state() const; // initial and final
  CaseBuilder segments() const;
  CaseBuilder positions() const;
  CaseBuilder past(int64_t places) const;
  CaseBuilder current(int64_t heads) const;
  CaseBuilder bias(int64_t heads, int64_t distances = 5) const;
  CaseBuilder body(ScoreBody body) const;
  CaseBuilder keys(int64_t count) const; // another number of keys than queries
  CaseBuilder noQueryKey() const;
  CaseBuilder taps(int64_t taps, bool perChannel) const;
  CaseBuilder region(StateBody body) const;
  /// Channels as heads: the width counts state heads with `dk` key features and one value feature each, every one read
  /// by `readers` queries.
  CaseBuilder channels(int64_t dk, int64_t readers = 1) const;
  /// Keys, queries and transport are the same at every token.
  CaseBuilder timeInvariant() const;

  void apply(MixSpec &spec) const;

private:
  std::vector<Step> steps;
};

struct Case {
  const char *name;
  CaseBuilder builder;
  Sizes batches, lengths, widths;
  std::vector<Real> types;
  double slack;

  /// The row at one width and type, with dynamic batch and length set to the given sizes.
  MixSpec at(mlir::MLIRContext *context, int64_t batch, int64_t length, int64_t width, Real type) const;
};

/// All rows of cases.inc, in order.
const std::vector<Case> &cases();
const char *nameOf(Real type);

} // namespace heddle::test
#endif

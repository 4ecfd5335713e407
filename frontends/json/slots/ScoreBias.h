// What is added to the scores of softmax mixers: a table of pairs, a table of distances, T5's buckets of distances.
//
//   "score_bias": {"kind": "t5", "buckets": 32, "max_distance": 128}
//
// A table is the weight "score_bias", or an input of the model.
#ifndef HEDDLE_FRONTENDS_JSON_SLOTS_SCOREBIAS_H
#define HEDDLE_FRONTENDS_JSON_SLOTS_SCOREBIAS_H

#include "dialects/mixer/Mixer.h"
#include "frontends/json/Blocks.h"

namespace heddle::json {

struct ScoreBias {
  std::string kind; // empty without the key
  std::string pointer;
  int64_t distances = 0;                // relative: entries of the table
  int64_t buckets = 0, maxDistance = 0; // t5
  bool seesFuture = false;              // t5: half of the buckets is for later keys
  InputName input;

  static ScoreBias read(ObjectReader &block);
  mixer::BiasKind operandKind() const;
  // The operand of mixer.mix for the given output heads, query and key tokens.
  Tensor build(Model &m, int64_t heads, Dim queries, Dim keys) const;

private:
  Tensor buildDense(Model &m, int64_t heads, Dim queries, Dim keys) const;
  Tensor buildBuckets(Model &m, int64_t heads) const;
};

} // namespace heddle::json
#endif

// Where the sequences of the rows end, of a step whose outputs come late.
#include "runtime/core/Options.h"
#include "runtime/core/State.h"
#include "runtime/core/View.h"
#include <algorithm>
#include <cstring>

using namespace heddle::runtime;

int64_t heddle_state::end(int64_t row) const { return ends ? ends->number(current, row) : kMostTokens; }

Status heddle_state::checkEnd(int64_t row, int64_t tokens) const {
  if (tokens % entry.info.block != 0)
    return invalid("tokens of row " + std::to_string(row), "a multiple of " + std::to_string(entry.info.block),
                   std::to_string(tokens));
  int64_t least = std::min(position(row), end(row)), most = end(row) < position(row) ? least : kMostTokens;
  if (tokens >= least && tokens <= most)
    return {};
  std::string expected = least == most ? std::to_string(least) + ", behind which it was fed more"
                                       : "at least the " + std::to_string(least) + " that it has seen";
  return mismatch(HEDDLE_OUT_OF_RANGE, "tokens of row " + std::to_string(row), expected, std::to_string(tokens));
}

void heddle_state::setEnd(int64_t row, int64_t tokens) {
  std::memcpy(ends->piece(current, 0, row), &tokens, sizeof tokens);
}

heddle_status_t heddle_state_end(heddle_state_t *state, int64_t row, int64_t tokens) {
  return guard([&]() -> Status {
    if (state->entry.info.latency == 0)
      return invalid("entry '" + state->entry.info.name + "'", "outputs that come late", "none");
    RowRange rows;
    if (Status status = state->rangeOf(row, rows); !status)
      return status;
    auto endOf = [&](int64_t each) {
      return tokens == -1 ? std::min(state->position(each), state->end(each)) : tokens;
    };
    for (int64_t each = rows.begin; each < rows.end; ++each)
      if (Status status = state->checkEnd(each, endOf(each)); !status)
        return status;
    for (int64_t each = rows.begin; each < rows.end; ++each)
      state->setEnd(each, endOf(each));
    return {};
  });
}

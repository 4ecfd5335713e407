// Which sequence takes which row of a BatchRun, and what it brings along.
#include "runtime/tools/stream/BatchRun.h"

#include <algorithm>
#include <cstring>

namespace heddle {

/// The tokens of the next sequence, of each input equally many; false behind the last.
io::Result<bool> BatchRun::readTokens(Row &row) {
  row.tokens.assign(inputs.size(), {});
  row.length = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].source)
      continue;
    io::Result<std::optional<Sequence>> sequence = inputs[i].source->next();
    if (!sequence)
      return sequence.error();
    int64_t tokens = *sequence ? (*sequence)->tokens : 0, rate = inputs[i].type.rate;
    std::string what =
        "tokens of sequence " + std::to_string(counts.sequences) + " of input '" + inputs[i].type.name() + "'";
    if (tokens % rate)
      return io::Error{"", what, "a multiple of " + std::to_string(rate), std::to_string(tokens)};
    bool isFirst = std::none_of(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(i),
                                [](const Input &input) { return input.source != nullptr; });
    if (!isFirst && tokens != row.length * rate)
      return io::Error{"", what, std::to_string(row.length * rate) + " as of the inputs in front of it",
                       std::to_string(tokens)};
    row.length = tokens / rate;
    if (*sequence)
      row.tokens[i] = std::move(**sequence);
  }
  return row.length > 0;
}

/// A row's part of the inputs without tokens.
io::Status BatchRun::takeFixed(size_t at) {
  for (Input &input : inputs) {
    if (input.type.hasTokens() || input.type.rowsAt < 0)
      continue;
    int64_t given = input.given.shape[0], from = given == 1 ? 0 : rows[at].number;
    if (from >= given)
      return io::Error{"", "rows of input '" + input.type.name() + "'", "1, or one for each sequence",
                       std::to_string(given)};
    size_t size = input.type.rowBytes();
    std::memcpy(input.at(at, 0, 1), input.given.data() + static_cast<size_t>(from) * size, size);
  }
  return {};
}

/// The next sequence takes a row; false: there is none.
io::Result<bool> BatchRun::join(size_t at) {
  Row &row = rows[at];
  row.number = -1;
  io::Result<bool> isThere = readTokens(row);
  if (!isThere || !*isThere)
    return isThere;
  row.number = counts.sequences++;
  row.taken = row.made = 0;
  if (generation) {
    SamplingOptions sampling = generation->sampling;
    sampling.seed += static_cast<uint64_t>(row.number); // whatever row it takes
    row.sampler.emplace(sampling);
  }
  if (begin)
    state.copyRow(static_cast<int64_t>(at), *begin, 0);
  else if (state.position(static_cast<int64_t>(at)) > 0)
    state.reset(rows.size() == 1 ? -1 : static_cast<int64_t>(at));
  if (io::Status status = takeFixed(at); !status)
    return status.error();
  setEnd(at);
  return true;
}

/// Behind its tokens a sequence is given others, which bring the outputs that come late.
void BatchRun::setEnd(size_t at) {
  Row &row = rows[at];
  row.start = state.position(static_cast<int64_t>(at)) / step->block;
  row.end = generation ? INT64_MAX : row.start + row.length;
  int64_t late = heddle_entry_latency(step->entry) / step->block;
  if (late == 0)
    return;
  state.end(static_cast<int64_t>(at), row.end * step->block);
  row.length += late;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (std::vector<std::byte> &tokens = row.tokens[i].bytes; inputs[i].source) {
      std::vector<std::byte> behind = tokensBehindEnd(inputs[i].type, late * inputs[i].type.rate);
      tokens.insert(tokens.end(), behind.begin(), behind.end());
    }
}

} // namespace heddle

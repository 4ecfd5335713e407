#include "passes/raise/RerollCut.h"

using namespace mlir;

namespace heddle {
namespace {

/// Vertices of which each may be cut once; a path from the source to the sink must be.
class Network {
public:
  static constexpr unsigned source = 0, sink = 1;

  Network() : edges(2) {}
  /// Returns the entry of a new vertex; its exit is the next number.
  unsigned addVertex() {
    unsigned entry = edges.size();
    edges.resize(entry + 2);
    connect(entry, entry + 1, 1);
    return entry;
  }
  void connect(unsigned from, unsigned to, int capacity = std::numeric_limits<int>::max() / 2) {
    edges[from].push_back({to, capacity, unsigned(edges[to].size())});
    edges[to].push_back({from, 0, unsigned(edges[from].size() - 1)});
  }

  /// Saturates the network; afterwards the minimum cut closest to the source lies where `isReached` ends.
  void saturate() {
    while (true) {
      SmallVector<std::pair<unsigned, unsigned>> cameBy = search(); // (vertex, edge)
      if (!reached[sink])
        return;
      for (unsigned at = sink; at != source; at = cameBy[at].first) {
        Edge &edge = edges[cameBy[at].first][cameBy[at].second];
        --edge.capacity;
        ++edges[at][edge.reverse].capacity;
      }
    }
  }
  bool isReached(unsigned vertex) const { return reached[vertex]; }

private:
  struct Edge {
    unsigned to;
    int capacity;
    unsigned reverse;
  };

  SmallVector<std::pair<unsigned, unsigned>> search() {
    SmallVector<std::pair<unsigned, unsigned>> cameBy(edges.size());
    reached.assign(edges.size(), false);
    reached[source] = true;
    SmallVector<unsigned> open{source};
    while (!open.empty()) {
      unsigned at = open.pop_back_val();
      for (auto [index, edge] : llvm::enumerate(edges[at])) {
        if (edge.capacity <= 0 || reached[edge.to])
          continue;
        reached[edge.to] = true;
        cameBy[edge.to] = {at, unsigned(index)};
        open.push_back(edge.to);
      }
    }
    return cameBy;
  }

  SmallVector<SmallVector<Edge>> edges;
  SmallVector<bool> reached;
};

/// Rows that need not be computed in their iteration: they read no token, and nothing that cannot wait reads them.
llvm::DenseSet<unsigned> rowsThatCanWait(const UnrolledTable &table, const RerollSchedule &schedule) {
  llvm::DenseSet<unsigned> waiting(schedule.rows.begin(), schedule.rows.end());
  for (const RowStack &stack : schedule.stacks)
    if (schedule.carriedOver(stack) == 0)
      waiting.erase(stack.read.index);
  for (size_t before = 0; before != waiting.size();) {
    before = waiting.size();
    for (unsigned row : schedule.rows)
      for (const UnrolledRead &read : table.rows[row].reads) {
        if (read.kind == UnrolledRead::Slice)
          waiting.erase(row);
        if (read.kind == UnrolledRead::Row && !waiting.contains(row) && schedule.carriedOver(row, read) == 0)
          waiting.erase(read.index);
      }
  }
  return waiting;
}

} // namespace

SmallVector<unsigned> rowsToDelay(const UnrolledTable &table, const RerollSchedule &schedule) {
  llvm::DenseSet<unsigned> waiting = rowsThatCanWait(table, schedule);
  if (waiting.empty())
    return {};
  Network network;
  llvm::DenseMap<unsigned, unsigned> vertices;
  llvm::DenseMap<std::pair<unsigned, int64_t>, unsigned> older; // values that would be carried once more
  for (unsigned row : schedule.rows) {
    vertices[row] = network.addVertex();
    if (!waiting.contains(row))
      network.connect(Network::source, vertices[row]);
  }
  for (const RowStack &stack : schedule.stacks)
    if (schedule.carriedOver(stack) > 0)
      network.connect(vertices[stack.read.index] + 1, Network::sink);
  for (unsigned row : schedule.rows)
    for (const UnrolledRead &read : table.rows[row].reads) {
      if (read.kind != UnrolledRead::Row)
        continue;
      int64_t back = schedule.carriedOver(row, read);
      if (back > 0)
        network.connect(vertices[read.index] + 1, Network::sink);
      if (!waiting.contains(row))
        continue;
      unsigned from = vertices[read.index];
      if (back > 0) {
        auto [place, isNew] = older.insert({{read.index, back}, 0});
        if (isNew) {
          place->second = network.addVertex();
          network.connect(Network::source, place->second);
        }
        from = place->second;
      }
      network.connect(from + 1, vertices[row]);
    }
  network.saturate();
  SmallVector<unsigned> late;
  for (unsigned row : schedule.rows)
    if (waiting.contains(row) && !network.isReached(vertices[row]))
      late.push_back(row);
  return late;
}

} // namespace heddle

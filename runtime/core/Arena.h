// The scratch memory of a session: one block, grown only between runs.
#ifndef HEDDLE_RUNTIME_CORE_ARENA_H
#define HEDDLE_RUNTIME_CORE_ARENA_H

#include <cstddef>
#include <cstdint>

namespace heddle::runtime {

class Arena {
public:
  Arena() = default;
  ~Arena() { release(); }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  /// At least `bytes`, page aligned; the content is not kept. False, and the arena is empty, when there is no memory.
  bool reserve(int64_t bytes);
  void release();

  void *data() const { return memory; }

private:
  void *memory = nullptr;
  size_t mapped = 0;
};

} // namespace heddle::runtime
#endif

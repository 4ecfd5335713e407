/* The one header shared by the compiler and the runtime: what compiled code and its loader owe each other.
 *
 * A package holds one host object (a shared library without dependencies beyond libc and libm). For every entry NAME it
 * exports two functions with the types below, under the symbols that the manifest names:
 *
 *   heddle_plan_NAME(dims, arena_bytes, output_dims)   sizes, from the values of the symbolic dimensions
 *   heddle_entry_NAME(context, dims, inputs, outputs, arena, constants)   the computation
 *
 * Compiled code never allocates, never blocks other than in parallel_for, and touches only the memory that it is given.
 */
#ifndef HEDDLE_KERNEL_ABI_H
#define HEDDLE_KERNEL_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEDDLE_ABI_VERSION 1
/* The arena and the constants start at multiples of this; so does every buffer placed in them. */
#define HEDDLE_ABI_ALIGNMENT 64

/* A kernel on the half-open range [begin, end) of its iterations. `arguments` is opaque to the runtime. */
typedef void (*heddle_abi_task_t)(void *arguments, int64_t begin, int64_t end);

/* What the runtime hands to an entry. The compiler relies on the order of the members. */
typedef struct heddle_abi_context {
  /* Runs task over [0, count), split into ranges of at least `grain` iterations, and returns when all are done.
   * `kernel` numbers the kernel in the manifest's list (for traces). Ranges may run on any thread. */
  void (*parallel_for)(struct heddle_abi_context *context, heddle_abi_task_t task, void *arguments, int64_t count,
                       int64_t grain, int64_t kernel);
  /* Not 0 once another thread asks for an early return: compiled code reads it, relaxed, before each parallel_for. */
  const int32_t *cancelled;
} heddle_abi_context_t;

/* dims: one value per symbolic dimension, in the manifest's order. output_dims: the dimensions of all outputs, in
 * order, concatenated (static ones too). */
typedef void (*heddle_abi_plan_t)(const int64_t *dims, int64_t *arena_bytes, int64_t *output_dims);

/* inputs and outputs: dense row-major buffers in the manifest's order. Returns 0, or 1 when *cancelled is set: the
 * outputs and the arena then hold unspecified values. */
typedef int32_t (*heddle_abi_entry_t)(heddle_abi_context_t *context, const int64_t *dims, void *const *inputs,
                                      void *const *outputs, void *arena, const void *constants);

#ifdef __cplusplus
}
#endif
#endif

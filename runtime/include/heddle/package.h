/* Loading packages and asking them what they contain. Part of heddle/runtime.h. */
#ifndef HEDDLE_PACKAGE_H
#define HEDDLE_PACKAGE_H

#include <heddle/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A loaded model: manifest, code, constants.
 * Owns: the mapping and the loaded code. Threads: immutable, usable from any thread; retain and release are atomic.
 * Lifetime: reference counted; sessions hold a reference. */
typedef struct heddle_package heddle_package_t;

/* A function of the model. Belongs to its package and lives as long. Threads: immutable. */
typedef struct heddle_entry heddle_entry_t;

typedef struct heddle_package_options {
  size_t size;
  /* Check the hash of the constants as well (true). Without, loading costs the same for any size of model, and damage
   * in the weights goes unnoticed. Header, manifest and code are always checked. */
  bool verify_constants;
} heddle_package_options_t;

HEDDLE_API void heddle_package_options_init(heddle_package_options_t *options);

/* Maps and checks a file. The file must not be changed in place while the package lives (replacing it is fine).
 * Owns: *out_package, release with heddle_package_release. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_package_load_file(const char *path,
                                                                    const heddle_package_options_t *options,
                                                                    heddle_package_t **out_package);
/* The same from memory. The bytes must stay, unchanged, until the package is released; they are used in place when they
 * start at a multiple of 64 and copied otherwise. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_package_load_memory(const void *bytes, size_t size,
                                                                      const heddle_package_options_t *options,
                                                                      heddle_package_t **out_package);
HEDDLE_API void heddle_package_retain(heddle_package_t *package);
HEDDLE_API void heddle_package_release(heddle_package_t *package);

/* The manifest as JSON (docs/package.md), with a zero after its *out_size bytes. Lives as long as the package. */
HEDDLE_API const char *heddle_package_manifest(const heddle_package_t *package, size_t *out_size);
HEDDLE_API size_t heddle_package_constants_bytes(const heddle_package_t *package);
HEDDLE_API size_t heddle_package_entry_count(const heddle_package_t *package);
/* NULL when there is none. */
HEDDLE_API const heddle_entry_t *heddle_package_entry(const heddle_package_t *package, size_t index);
HEDDLE_API const heddle_entry_t *heddle_package_find_entry(const heddle_package_t *package, const char *name);

/* ---- entries: all texts and arrays live as long as the package ------------------------------------------------ */

/* A symbolic dimension of an entry: bound anew by each run. */
typedef struct heddle_symbol {
  const char *name;
  int64_t minimum; /* inclusive */
  int64_t maximum; /* inclusive */
} heddle_symbol_t;

typedef struct heddle_tensor_info {
  const char *name;
  heddle_dtype_t dtype;
  int32_t rank;
  const char *const *dimensions; /* "64", "T", "T * 2 + 1" */
  const int64_t *sizes;          /* the same; -1 where symbolic */
  bool has_range;                /* integer inputs: every element lies in [low, high) */
  int64_t low, high;
  int64_t latency; /* outputs of steps: how many elements later than in its own place one comes (heddle/state.h) */
} heddle_tensor_info_t;

HEDDLE_API const char *heddle_entry_name(const heddle_entry_t *entry);
HEDDLE_API size_t heddle_entry_symbol_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_symbol_t *heddle_entry_symbol(const heddle_entry_t *entry, size_t index); /* NULL: no such */
HEDDLE_API size_t heddle_entry_input_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_tensor_info_t *heddle_entry_input(const heddle_entry_t *entry, size_t index);
HEDDLE_API size_t heddle_entry_output_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_tensor_info_t *heddle_entry_output(const heddle_entry_t *entry, size_t index);
/* Tokens that come together in a call of a step: a call takes a multiple of them. 1 where it takes any number. */
HEDDLE_API int64_t heddle_entry_block(const heddle_entry_t *entry);
/* How many tokens later the latest output of a step has come, a multiple of the block; 0 where none is late. */
HEDDLE_API int64_t heddle_entry_latency(const heddle_entry_t *entry);
/* Bytes of the arena as a function of the symbols, "B * T * 1536 + 4096"; "" when the package does not say. */
HEDDLE_API const char *heddle_entry_memory_formula(const heddle_entry_t *entry);

/* What a run with these symbol values needs, in their order. out_arena_bytes and out_output_dims may be NULL. The
 * latter receives the dimensions of all outputs, concatenated: heddle_entry_output_dims_count numbers. */
HEDDLE_API size_t heddle_entry_output_dims_count(const heddle_entry_t *entry);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_entry_plan(const heddle_entry_t *entry, const int64_t *symbols,
                                                             size_t symbol_count, int64_t *out_arena_bytes,
                                                             int64_t *out_output_dims);
/* The symbol values that these inputs stand for: checks types, shapes and symbol ranges, looks at no element.
 * out_symbols receives heddle_entry_symbol_count numbers. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_entry_bind(const heddle_entry_t *entry,
                                                             const heddle_tensor_view_t *inputs, size_t input_count,
                                                             int64_t *out_symbols);

#ifdef __cplusplus
}
#endif
#endif

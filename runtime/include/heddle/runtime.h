/* Heddle's runtime: loads a compiled model (model.heddle) and runs it. Plain C11; C++ may use heddle/runtime.hpp.
 *
 *   heddle_package_t *package;  heddle_package_load_file("model.heddle", NULL, &package);
 *   heddle_session_t *session;  heddle_session_create(package, NULL, &session);
 *   const heddle_entry_t *forward = heddle_package_find_entry(package, "forward");
 *   heddle_session_run(session, forward, &x, 1, &y, 1);
 *
 * Failure: functions that can fail return a status, NULL for success. A status that is not NULL belongs to the caller:
 * release it with heddle_status_release. On failure, out parameters hold NULL or 0 and nothing needs to be released.
 * Options: fill with *_options_init, then change fields. NULL stands for the defaults. The first field is the size of
 * the struct that the caller was compiled with; later versions add fields at the end. Trust: a package holds machine
 * code. Damage is detected, malice is not: load only what you trust.
 */
#ifndef HEDDLE_RUNTIME_H
#define HEDDLE_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEDDLE_VERSION_MAJOR 0
#define HEDDLE_VERSION_MINOR 1
#define HEDDLE_VERSION_PATCH 0

#if defined(__GNUC__)
#define HEDDLE_API __attribute__((visibility("default")))
#define HEDDLE_MUST_USE __attribute__((warn_unused_result))
#else
#define HEDDLE_API
#define HEDDLE_MUST_USE
#endif

/* The version of the library that is loaded, "0.1.0". */
HEDDLE_API const char *heddle_version(void);

/* ---- status ------------------------------------------------------------------------------------------------------ */

typedef enum heddle_code {
  HEDDLE_OK = 0,
  HEDDLE_INVALID_ARGUMENT = 1, /* the call does not fit the package: shapes, types, names, NULL */
  HEDDLE_NOT_FOUND = 2,        /* no such file */
  HEDDLE_IO_ERROR = 3,         /* the system refused to open, read or map */
  HEDDLE_CORRUPT = 4,          /* not a package, truncated or changed after it was written */
  HEDDLE_INCOMPATIBLE = 5,     /* a sound package for another machine or another version of the runtime */
  HEDDLE_OUT_OF_RANGE = 6,     /* a value inside a tensor, or a symbolic dimension, outside its declared range */
  HEDDLE_OUT_OF_MEMORY = 7,    /* memory could not be had, or a limit of the session forbids it */
  HEDDLE_CANCELLED = 8,        /* heddle_session_cancel ended the run */
  HEDDLE_INTERNAL = 9          /* a mistake of Heddle; please report it */
} heddle_code_t;

/* Why a call failed: code, sentence, and the failure behind it if any.
 * Owns: its message and cause. Threads: immutable, usable from any thread. Lifetime: until released. */
typedef struct heddle_status *heddle_status_t;

HEDDLE_API heddle_code_t heddle_status_code(heddle_status_t status);
/* "input 'x' dim 2, expected 64 but got 63"; "" for success. Lives as long as the status. */
HEDDLE_API const char *heddle_status_message(heddle_status_t status);
/* The failure that led to this one, or NULL. Belongs to `status`: do not release. */
HEDDLE_API heddle_status_t heddle_status_cause(heddle_status_t status);
/* "corrupt", "invalid argument", ... A static text. */
HEDDLE_API const char *heddle_code_name(heddle_code_t code);
HEDDLE_API void heddle_status_release(heddle_status_t status);

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

/* DLPack's element type: code 0 int, 1 uint, 2 float, 4 bfloat, 6 bool. */
typedef struct heddle_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes; /* 1 */
} heddle_dtype_t;

#ifdef __cplusplus
#define HEDDLE_DTYPE(code, bits) (heddle_dtype_t{(code), (bits), 1})
#else
#define HEDDLE_DTYPE(code, bits) ((heddle_dtype_t){(code), (bits), 1})
#endif
#define HEDDLE_F32 HEDDLE_DTYPE(2, 32)
#define HEDDLE_F64 HEDDLE_DTYPE(2, 64)
#define HEDDLE_F16 HEDDLE_DTYPE(2, 16)
#define HEDDLE_BF16 HEDDLE_DTYPE(4, 16)
#define HEDDLE_I64 HEDDLE_DTYPE(0, 64)
#define HEDDLE_I32 HEDDLE_DTYPE(0, 32)
#define HEDDLE_I8 HEDDLE_DTYPE(0, 8)
#define HEDDLE_U8 HEDDLE_DTYPE(1, 8)
#define HEDDLE_BOOL HEDDLE_DTYPE(6, 8)

/* A tensor that the caller holds. The layout is DLPack's DLTensor: a `DLTensor *` may be cast to it.
 * Owns: nothing. Lifetime: `data`, `shape` and `strides` must live during the call that it is given to. */
typedef struct heddle_tensor_view {
  void *data;          /* aligned to the element's size; may be NULL when the tensor is empty */
  int32_t device_type; /* 1: CPU */
  int32_t device_id;
  int32_t rank;
  heddle_dtype_t dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL for dense row-major, which is the only accepted order */
  uint64_t byte_offset;
} heddle_tensor_view_t;

/* A dense view on the CPU. `shape` is kept, not copied. */
HEDDLE_API heddle_tensor_view_t heddle_tensor_view(void *data, heddle_dtype_t dtype, int32_t rank, int64_t *shape);

/* The view inside a DLPack managed tensor: before DLPack 1.0 (`DLManagedTensor *`, capsule "dltensor") and since
 * (`DLManagedTensorVersioned *`, capsule "dltensor_versioned"; a read-only tensor is refused as an output, so say what
 * it is for). The managed tensor keeps its owner and must outlive the view. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_tensor_view_from_dlpack(const void *managed,
                                                                          heddle_tensor_view_t *out_view);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_tensor_view_from_dlpack_versioned(const void *managed,
                                                                                    bool for_output,
                                                                                    heddle_tensor_view_t *out_view);

/* Allocates a dense tensor (64-byte aligned, not cleared) as a `DLManagedTensorVersioned *`: view it with
 * heddle_tensor_view_from_dlpack_versioned, hand it to any DLPack consumer, or call its deleter. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_dlpack_create(heddle_dtype_t dtype, int32_t rank,
                                                                const int64_t *shape, void **out_managed);
/* Calls the deleter of a `DLManagedTensorVersioned *`; NULL is ignored. */
HEDDLE_API void heddle_dlpack_release(void *managed);

/* ---- package ----------------------------------------------------------------------------------------------------- */

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

/* ---- entries: all texts and arrays live as long as the package ----------------------------------------------------
 */

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
} heddle_tensor_info_t;

HEDDLE_API const char *heddle_entry_name(const heddle_entry_t *entry);
HEDDLE_API size_t heddle_entry_symbol_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_symbol_t *heddle_entry_symbol(const heddle_entry_t *entry, size_t index); /* NULL: no such */
HEDDLE_API size_t heddle_entry_input_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_tensor_info_t *heddle_entry_input(const heddle_entry_t *entry, size_t index);
HEDDLE_API size_t heddle_entry_output_count(const heddle_entry_t *entry);
HEDDLE_API const heddle_tensor_info_t *heddle_entry_output(const heddle_entry_t *entry, size_t index);
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

/* ---- session ----------------------------------------------------------------------------------------------------- */

/* What runs need beside the package: threads and the arena.
 * Owns: its threads and arena; holds a reference to the package. Threads: one call at a time, except
 * heddle_session_cancel; sessions are independent of each other. Lifetime: until released, not during a run. */
typedef struct heddle_session heddle_session_t;

/* Runs task(arguments, begin, end) over all of [0, count) in ranges of at least `grain` (the last may be shorter), on
 * any threads, and returns when all are done. */
typedef void (*heddle_task_t)(void *arguments, int64_t begin, int64_t end);
typedef void (*heddle_executor_t)(void *user, heddle_task_t task, void *arguments, int64_t count, int64_t grain);

typedef enum heddle_arena_policy {
  HEDDLE_ARENA_KEEP = 0,   /* keep the largest arena so far: no allocation once the sizes have been seen */
  HEDDLE_ARENA_RELEASE = 1 /* give the memory back after each run */
} heddle_arena_policy_t;

typedef struct heddle_session_options {
  size_t size;
  int32_t threads;            /* threads of a run, the caller's included; 0: one per CPU that the process may use */
  heddle_executor_t executor; /* not NULL: the caller's threads are used and none are started */
  void *executor_user;
  heddle_arena_policy_t arena_policy;
  int64_t max_arena_bytes; /* a run that needs more fails with HEDDLE_OUT_OF_MEMORY; 0: no limit */
} heddle_session_options_t;

HEDDLE_API void heddle_session_options_init(heddle_session_options_t *options);

/* Owns: *out_session, release with heddle_session_release. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_session_create(heddle_package_t *package,
                                                                 const heddle_session_options_t *options,
                                                                 heddle_session_t **out_session);
HEDDLE_API void heddle_session_release(heddle_session_t *session);

/* Computes the outputs from the inputs, all in the entry's order. Everything is checked before anything is written:
 * counts, types, shapes against each other and the entry, value ranges. Inputs are read and outputs written in place;
 * an output may not overlap an input or another output. After a first run with the same symbol values, a run allocates
 * nothing. On HEDDLE_CANCELLED the outputs hold unspecified values. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_session_run(heddle_session_t *session, const heddle_entry_t *entry,
                                                              const heddle_tensor_view_t *inputs, size_t input_count,
                                                              const heddle_tensor_view_t *outputs, size_t output_count);

/* ---- states ------------------------------------------------------------------------------------------------------ */

/* What a step keeps between calls, for the rows of a batch: an entry whose last inputs and outputs are states
 * (docs/streaming.md). Rows are independent of each other and may stand at different positions.
 * Owns: its tensors, twice; holds a reference to the package. Threads: one call at a time; states are independent.
 * Lifetime: until released, not during a call that uses it. */
typedef struct heddle_state heddle_state_t;

typedef struct heddle_state_options {
  size_t size;
  int64_t rows;     /* batch; 1 */
  int64_t capacity; /* tokens that growing states keep (attention to the whole past); ignored where there are none */
} heddle_state_options_t;

HEDDLE_API void heddle_state_options_init(heddle_state_options_t *options);

/* Makes a state in front of the first token. Owns: *out_state, release with heddle_state_release. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_create(const heddle_entry_t *step,
                                                               const heddle_state_options_t *options,
                                                               heddle_state_t **out_state);
HEDDLE_API void heddle_state_release(heddle_state_t *state);

/* Computes the outputs of the tokens that come next: the inputs and outputs of the entry without its states, which are
 * read from and, once all has gone well, written to `state`. On failure and on HEDDLE_CANCELLED the state is as before.
 * HEDDLE_OUT_OF_RANGE: a row has seen as many tokens as the state keeps or the model takes. Otherwise as
 * heddle_session_run. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_session_step(heddle_session_t *session, const heddle_entry_t *step,
                                                               heddle_state_t *state,
                                                               const heddle_tensor_view_t *inputs, size_t input_count,
                                                               const heddle_tensor_view_t *outputs,
                                                               size_t output_count);

/* Tokens that a row has seen; -1 for no such row. */
HEDDLE_API int64_t heddle_state_position(const heddle_state_t *state, int64_t row);
/* Bytes of its tensors, each counted once; the state holds twice as many. */
HEDDLE_API int64_t heddle_state_bytes(const heddle_state_t *state);

/* Puts a row, or all of them (-1), in front of the first token. The other rows keep every bit. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_reset(heddle_state_t *state, int64_t row);
/* Copies a row of `from` into a row of `to`; both are of one entry and have one capacity, and may be one state. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_copy_row(heddle_state_t *to, int64_t to_row,
                                                                 const heddle_state_t *from, int64_t from_row);
/* A second state with the same values, from then on independent. Owns: *out_state. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_fork(const heddle_state_t *state, heddle_state_t **out_state);

/* The state as bytes: versioned, with the fingerprint of its package and a hash. `size` must be
 * heddle_state_saved_size. */
HEDDLE_API size_t heddle_state_saved_size(const heddle_state_t *state);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_save(const heddle_state_t *state, void *bytes, size_t size);
/* Reads saved bytes into a state of the same package, entry, rows and capacity; continuing is then bit-exact. Where
 * they do not fit, HEDDLE_INCOMPATIBLE names both sides and the state is as before; HEDDLE_CORRUPT: the bytes were
 * changed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_restore(heddle_state_t *state, const void *bytes, size_t size);

/* ---- while a session runs ---------------------------------------------------------------------------------------- */

/* Asks the run in progress, if any, to return early with HEDDLE_CANCELLED. It ends before its next kernel; of a kernel
 * that is running, the ranges not yet begun are dropped, except on an executor of the caller. A run that is just
 * finishing may still return HEDDLE_CANCELLED. Nothing of a cancelled run stays in the session: the next run starts
 * afresh, and a request made before it begins does not concern it.
 * Threads: any, also a signal handler, while the session exists. */
HEDDLE_API void heddle_session_cancel(heddle_session_t *session);

/* The largest arena of any run so far, in bytes. */
HEDDLE_API int64_t heddle_session_peak_arena_bytes(const heddle_session_t *session);
/* The number of threads that take part in a run; 0 with an executor of the caller. */
HEDDLE_API int32_t heddle_session_threads(const heddle_session_t *session);

/* One range of a kernel that one thread ran. Times are of CLOCK_MONOTONIC. */
typedef struct heddle_trace_event {
  size_t size;
  const char *kernel; /* name from the manifest; lives as long as the package */
  int64_t begin, end; /* iterations */
  int64_t start_ns;
  int64_t duration_ns;
  int64_t thread; /* the system's thread id */
} heddle_trace_event_t;

/* Called after each range, on the thread that ran it: several threads at once. */
typedef void (*heddle_trace_t)(void *user, const heddle_trace_event_t *event);

/* NULL stops tracing. Not during a run. */
HEDDLE_API void heddle_session_set_trace(heddle_session_t *session, heddle_trace_t trace, void *user);

#ifdef __cplusplus
}
#endif
#endif

/* Running the entries of a package. Part of heddle/runtime.h. */
#ifndef HEDDLE_SESSION_H
#define HEDDLE_SESSION_H

#include <heddle/package.h>

#ifdef __cplusplus
extern "C" {
#endif

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
 * an output may not overlap an input or another output, except that a state which is appended to may be both (the
 * manifest says `append`). After a first run with the same symbol values, a run allocates nothing. On HEDDLE_CANCELLED
 * the outputs hold unspecified values. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_session_run(heddle_session_t *session, const heddle_entry_t *entry,
                                                              const heddle_tensor_view_t *inputs, size_t input_count,
                                                              const heddle_tensor_view_t *outputs, size_t output_count);

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

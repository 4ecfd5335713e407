/* Running token by token: the state that steps keep between calls (docs/streaming.md). Part of heddle/runtime.h. */
#ifndef HEDDLE_STATE_H
#define HEDDLE_STATE_H

#include <heddle/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a step keeps between calls, for the rows of a batch: an entry whose last inputs and outputs are states
 * (docs/streaming.md). Rows are independent of each other and may stand at different positions.
 * Owns: its tensors; holds a reference to the package. Threads: one call at a time; states are independent.
 * Lifetime: until released, not during a call that uses it. */
typedef struct heddle_state heddle_state_t;

typedef struct heddle_state_options {
  size_t size;
  int64_t rows;     /* batch; 1 */
  int64_t capacity; /* tokens that a row may see, where states grow (attention to the whole past); ignored elsewhere */
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
/* Bytes of memory that its tensors take: those that calls append to once, the others twice. */
HEDDLE_API int64_t heddle_state_bytes(const heddle_state_t *state);

/* Puts a row, or all of them (-1), in front of the first token. The other rows keep every bit. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_reset(heddle_state_t *state, int64_t row);
/* Copies a row of `from` into a row of `to`; both are of one entry and have one capacity, and may be one state. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_copy_row(heddle_state_t *to, int64_t to_row,
                                                                 const heddle_state_t *from, int64_t from_row);
/* A second state with the same values, from then on independent. Owns: *out_state. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_fork(const heddle_state_t *state, heddle_state_t **out_state);

/* The state as bytes: versioned, with the fingerprint of its package and a hash. `size` must be
 * heddle_state_saved_size, which grows with the tokens seen where states grow. */
HEDDLE_API size_t heddle_state_saved_size(const heddle_state_t *state);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_save(const heddle_state_t *state, void *bytes, size_t size);
/* Reads saved bytes into a state of the same package, entry, rows and capacity; continuing is then bit-exact. Where
 * they do not fit, HEDDLE_INCOMPATIBLE names both sides and the state is as before; HEDDLE_CORRUPT: the bytes were
 * changed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_restore(heddle_state_t *state, const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif

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
  int64_t capacity; /* tokens that a row may see, where states grow (attention to the whole past), at least
                       heddle_entry_block; ignored elsewhere */
  int64_t rewind;   /* calls that heddle_state_rewind can undo; 0. Each costs the bytes of the states of fixed size */
} heddle_state_options_t;

HEDDLE_API void heddle_state_options_init(heddle_state_options_t *options);

/* What heddle_state_bytes will be for a state with these options. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_plan(const heddle_entry_t *step,
                                                             const heddle_state_options_t *options, int64_t *out_bytes);
/* Makes a state in front of the first token. Owns: *out_state, release with heddle_state_release. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_create(const heddle_entry_t *step,
                                                               const heddle_state_options_t *options,
                                                               heddle_state_t **out_state);
HEDDLE_API void heddle_state_release(heddle_state_t *state);

/* Computes the outputs of the tokens that come next, a multiple of heddle_entry_block of them: the inputs and outputs
 * of the entry without its states, which are read from and, once all has gone well, written to `state`. On failure and
 * on HEDDLE_CANCELLED the state is as before. active: for each row, whether it takes part; NULL: all do. A row that
 * sits out keeps every bit of its state, whatever stands in its part of the inputs (integers must lie in their ranges
 * there too); its part of the outputs is unspecified. At least one row takes part. HEDDLE_OUT_OF_RANGE: a row that
 * takes part has seen as many tokens as the state keeps or the model takes. Otherwise as heddle_session_run; after a
 * first call with as many tokens, a call allocates nothing. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_session_step(heddle_session_t *session, const heddle_entry_t *step,
                                                               heddle_state_t *state, const bool *active,
                                                               const heddle_tensor_view_t *inputs, size_t input_count,
                                                               const heddle_tensor_view_t *outputs,
                                                               size_t output_count);

/* Where tokens depend on some that follow, outputs come late: heddle_entry_output(step, i)->latency tokens, at most
 * heddle_entry_latency(step). Element c of such an output, in a call on a row at position p, belongs to token
 * p - latency + c; elements in front of token 0 and behind the last one belong to no token and are unspecified. An
 * output that has n elements for each heddle_entry_block counts its own: element p / block * n - latency + c.
 *
 * Says that the sequence of a row, or of all (-1), has `tokens` tokens, or as many as the row has seen (-1). What is
 * fed behind them belongs to no token: its elements may be any that lie in the ranges of the inputs, NaN too, and bring
 * the last outputs, which are all there after heddle_entry_latency(step) more tokens. May be called as soon as the
 * number is known, as for rows of different lengths in one batch. A rewind to an earlier call undoes it.
 * HEDDLE_INVALID_ARGUMENT: no output of the step is late, or no multiple of heddle_entry_block. HEDDLE_OUT_OF_RANGE:
 * the row has seen more tokens, or it has ended already and was fed more. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_end(heddle_state_t *state, int64_t row, int64_t tokens);

/* Tokens that a row has been fed, those behind its end among them; -1 for no such row. */
HEDDLE_API int64_t heddle_state_position(const heddle_state_t *state, int64_t row);
/* Bytes of memory that its tensors take: those that grow with the capacity once, the others rewind + 2 times. */
HEDDLE_API int64_t heddle_state_bytes(const heddle_state_t *state);

/* Puts a row, or all of them (-1), in front of the first token. The other rows keep every bit. Where the manifest says
 * `grows`, rows have one position: only all of them can be reset, rewound or set, a row is copied to its own position
 * alone, and no row can sit out a call. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_reset(heddle_state_t *state, int64_t row);
/* Takes a row, or all of them (-1), back to a position at which one of the last `rewind` calls began, bit for bit as if
 * the calls since had never been. The other rows keep every bit. Calls that a row sat out count. A reset, a copied row
 * and restored bytes begin a new window for their rows.
 * HEDDLE_OUT_OF_RANGE: no such position within the window, which is named; the state is then as before. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_rewind(heddle_state_t *state, int64_t row, int64_t position);
/* Copies a row of `from` into a row of `to`; both are of one entry and may be one state. Where all growing states are
 * appended to (the manifest says `append`) the capacities may differ, and a row moves to a larger state when its own is
 * full. HEDDLE_OUT_OF_RANGE: the row has seen more tokens than `to` keeps. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_copy_row(heddle_state_t *to, int64_t to_row,
                                                                 const heddle_state_t *from, int64_t from_row);
/* A second state with the same options and values, from then on independent; its window begins here. Owns: *out_state.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_fork(const heddle_state_t *state, heddle_state_t **out_state);

/* ---- the tensors of a state: positions first, then in the order of the entry's last inputs ---------------------- */

HEDDLE_API size_t heddle_state_tensor_count(const heddle_state_t *state);
/* NULL: no such. Lives as long as the package. */
HEDDLE_API const heddle_tensor_info_t *heddle_state_tensor(const heddle_state_t *state, size_t index);
/* The shape of what counts of a tensor, of one row or of all (-1): one row or all where the tensor has the dimension of
 * rows, and as many places as tokens seen where it is appended to or grows, of a ring those that it keeps, the oldest
 * first. out_dims receives rank numbers.
 * HEDDLE_INVALID_ARGUMENT: all rows of a tensor with places, and they stand at different positions. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_dims(const heddle_state_t *state, size_t index, int64_t row,
                                                             int64_t *out_dims);
/* Copies that into `into`, a dense tensor of this shape. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_get(const heddle_state_t *state, size_t index, int64_t row,
                                                            const heddle_tensor_view_t *into);
/* Puts a row, or all (-1), at `position` with these values: all tensors but the positions, in the shapes that
 * heddle_state_dims gives at that position. So a past that another program has computed is taken over; `place`, of a
 * step with rings, may be any number then. The row begins a new window. HEDDLE_OUT_OF_RANGE: no room for so many
 * tokens, or a value outside of its tensor's range. On failure the state is as before. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_set(heddle_state_t *state, int64_t row, int64_t position,
                                                            const heddle_tensor_view_t *values, size_t count);

/* ---- devices --------------------------------------------------------------------------------------------------- */

/* Where the tensors lie, in DLPack's numbers: 1, 0 is the CPU. */
HEDDLE_API void heddle_state_device(const heddle_state_t *state, int32_t *out_type, int32_t *out_id);
/* Brings the tensors to another device; sessions on that one then take the state. Values, positions and the window
 * stay. HEDDLE_INCOMPATIBLE: this runtime has no such device; the state is then as before. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_move(heddle_state_t *state, int32_t device_type,
                                                             int32_t device_id);

/* ---- saving ---------------------------------------------------------------------------------------------------- */

/* The state as bytes: versioned, with the fingerprint of its package and a hash. `size` must be
 * heddle_state_saved_size, which grows with the tokens seen where states grow. */
HEDDLE_API size_t heddle_state_saved_size(const heddle_state_t *state);
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_save(const heddle_state_t *state, void *bytes, size_t size);
/* The rows and capacity of the state that was saved, for heddle_state_create; out_options->size is set by the caller.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_saved_options(const void *bytes, size_t size,
                                                                      heddle_state_options_t *out_options);
/* Reads saved bytes into a state of the same package, entry, rows and capacity (or another capacity with room, as for
 * heddle_state_copy_row); continuing is then bit-exact. Where
 * they do not fit, HEDDLE_INCOMPATIBLE names both sides and the state is as before; HEDDLE_CORRUPT: the bytes were
 * changed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status_t heddle_state_restore(heddle_state_t *state, const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif

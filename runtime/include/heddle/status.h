/* Why a call failed. Part of heddle/runtime.h, which says what holds for all functions. */
#ifndef HEDDLE_STATUS_H
#define HEDDLE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HEDDLE_API __attribute__((visibility("default")))
#define HEDDLE_MUST_USE __attribute__((warn_unused_result))
#else
#define HEDDLE_API
#define HEDDLE_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif

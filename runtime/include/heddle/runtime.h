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

#include <heddle/state.h>

#define HEDDLE_VERSION_MAJOR 0
#define HEDDLE_VERSION_MINOR 1
#define HEDDLE_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is loaded, "0.1.0". */
HEDDLE_API const char *heddle_version(void);

#ifdef __cplusplus
}
#endif
#endif

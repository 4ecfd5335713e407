#include "runtime/core/Status.h"

using namespace heddle::runtime;

namespace {

// These two are shared by all who meet them, hence never freed.
heddle_status outOfMemory{HEDDLE_OUT_OF_MEMORY, "out of memory", nullptr};
heddle_status unexpected{HEDDLE_INTERNAL, "unexpected exception inside the runtime", nullptr};

bool isStatic(heddle_status_t status) { return status == &outOfMemory || status == &unexpected; }

} // namespace

namespace heddle::runtime {

Status::Status(heddle_code_t code, std::string message, Status cause)
    : handle(new heddle_status{code, std::move(message), cause.take()}) {}

Status mismatch(heddle_code_t code, const std::string &what, const std::string &expected, const std::string &got) {
  return Status(code, what + ", expected " + expected + " but got " + got);
}

heddle_status_t outOfMemoryStatus() { return &outOfMemory; }
heddle_status_t unexpectedStatus() { return &unexpected; }

} // namespace heddle::runtime

heddle_code_t heddle_status_code(heddle_status_t status) { return status ? status->code : HEDDLE_OK; }

const char *heddle_status_message(heddle_status_t status) { return status ? status->message.c_str() : ""; }

heddle_status_t heddle_status_cause(heddle_status_t status) { return status ? status->cause : nullptr; }

void heddle_status_release(heddle_status_t status) {
  while (status && !isStatic(status)) {
    heddle_status_t cause = status->cause;
    delete status;
    status = cause;
  }
}

const char *heddle_code_name(heddle_code_t code) {
  switch (code) {
  case HEDDLE_OK:
    return "ok";
  case HEDDLE_INVALID_ARGUMENT:
    return "invalid argument";
  case HEDDLE_NOT_FOUND:
    return "not found";
  case HEDDLE_IO_ERROR:
    return "input/output error";
  case HEDDLE_CORRUPT:
    return "corrupt";
  case HEDDLE_INCOMPATIBLE:
    return "incompatible";
  case HEDDLE_OUT_OF_RANGE:
    return "out of range";
  case HEDDLE_OUT_OF_MEMORY:
    return "out of memory";
  case HEDDLE_CANCELLED:
    return "cancelled";
  case HEDDLE_INTERNAL:
    return "internal error";
  }
  return "unknown code";
}

// How the readers and writers fail: a value or an error, never an exception.
//
//   io::Result<io::HostTensor> x = io::readNpy("x.npy");
//   if (!x)
//     return fail(x.error().message());   // "x.npy: descr, expected one of <f4, <f8, ... but got |O"
//   use(x->f32());
//
// An error names the wrong thing, what was expected, what was found and where.
#ifndef HEDDLE_RUNTIME_IO_RESULT_H
#define HEDDLE_RUNTIME_IO_RESULT_H

#include <string>
#include <utility>
#include <variant>

namespace heddle::io {

struct Error {
  std::string where;    // "weights.npz:blocks.0.q"; may be empty
  std::string what;     // "header size"
  std::string expected; // "at most 100000000"; may be empty
  std::string got;      // "123456789012"; may be empty

  /// `where: what, expected X but got Y`, leaving out what is empty.
  std::string message() const {
    std::string text = where.empty() ? what : where + ": " + what;
    if (!expected.empty())
      text += ", expected " + expected;
    if (!got.empty())
      text += (expected.empty() ? ": " : " but got ") + got;
    return text;
  }
};

/// Success, or an Error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : state(std::move(error)) {}
  bool ok() const { return state.index() == 0; }
  explicit operator bool() const { return ok(); }
  const Error &error() const { return std::get<Error>(state); }
  std::string message() const { return ok() ? std::string() : error().message(); }

private:
  std::variant<std::monostate, Error> state;
};

/// A value, or an Error.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state(std::in_place_index<1>, std::move(error)) {}
  bool ok() const { return state.index() == 0; }
  explicit operator bool() const { return ok(); }
  T &operator*() { return std::get<0>(state); }
  const T &operator*() const { return std::get<0>(state); }
  T *operator->() { return &std::get<0>(state); }
  const T *operator->() const { return &std::get<0>(state); }
  const Error &error() const { return std::get<1>(state); }
  std::string message() const { return ok() ? std::string() : error().message(); }

private:
  std::variant<T, Error> state;
};

} // namespace heddle::io
#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "aegis/base/check.h"
#include "aegis/base/error.h"

namespace aegis {

// Wraps an error so that `return fail(...)` converts to any Result.
template <class E>
struct Failure {
  E error;
};
template <class E>
[[nodiscard]] constexpr Failure<std::decay_t<E>> fail(E&& error) {
  return {std::forward<E>(error)};
}

// A value or the reason there is none. Its members are a subset of std::expected's, which C++20
// lacks.
//
//   Result<Profile> profile = load_profile(path);
//   if (!profile) return fail(profile.error());
//   use(profile->wcet);
//
// value() and the operators abort when there is no value: check first.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  // Implicit by intent: `return profile;` and `return fail(error);` both read as what they mean.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
    requires std::is_convertible_v<F, E>
  Result(Failure<F> failure)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // The value. Aborts when there is none.
  [[nodiscard]] T& value() & { return *pointer(); }
  [[nodiscard]] const T& value() const& { return *pointer(); }
  [[nodiscard]] T&& value() && { return std::move(*pointer()); }
  [[nodiscard]] T& operator*() & { return *pointer(); }
  [[nodiscard]] const T& operator*() const& { return *pointer(); }
  [[nodiscard]] T&& operator*() && { return std::move(*pointer()); }
  [[nodiscard]] T* operator->() { return pointer(); }
  [[nodiscard]] const T* operator->() const { return pointer(); }
  // The value, or the fallback in its place: never aborts.
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? *pointer() : static_cast<T>(std::forward<U>(fallback));
  }

  [[nodiscard]] const E& error() const {
    check(!has_value(), "Result::error() is called on a failure only");
    return std::get<1>(state_);
  }

 private:
  [[nodiscard]] T* pointer() {
    check(has_value(), "Result::value() is called on a success only");
    return std::get_if<0>(&state_);
  }
  [[nodiscard]] const T* pointer() const {
    check(has_value(), "Result::value() is called on a success only");
    return std::get_if<0>(&state_);
  }

  std::variant<T, E> state_;
};

// Success without a value: `return ok();`.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <class F>
    requires std::is_convertible_v<F, E>
  Result(Failure<F> failure)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const E& error() const {
    check(!has_value(), "Result::error() is called on a failure only");
    return std::get<1>(state_);
  }

 private:
  std::variant<std::monostate, E> state_;
};

// The result of a call that yields nothing but success.
using Status = Result<void>;
[[nodiscard]] inline Status ok() noexcept {
  return {};
}

}  // namespace aegis

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace aegis {

// A natural number without an upper limit, little-endian in 32-bit digits. Only what exact
// utilisations need.
class Natural {
 public:
  Natural() = default;
  // Exactly this value.
  explicit Natural(std::uint64_t value);

  friend Natural operator+(const Natural& a, const Natural& b);
  friend Natural operator*(const Natural& a, const Natural& b);
  std::strong_ordering operator<=>(const Natural& other) const;
  bool operator==(const Natural&) const = default;
  [[nodiscard]] double to_double() const;
  [[nodiscard]] int bit_length() const;
  // The value divided by 2^bits, rounded down.
  [[nodiscard]] Natural shifted_right(int bits) const;

 private:
  void trim();
  std::vector<std::uint32_t> digits_;
};

// A non-negative rational number, exact. Utilisation is compared with it: C1/T1 + C2/T2 <= 1 must
// not depend on rounding, since a set at exactly full utilisation is schedulable by EDF and one
// beyond it is not. Not reduced: a sum of n fractions takes O(n) digits, comparing two such sums
// O(n^2). Allocates.
class Rational {
 public:
  // 0, or numerator / denominator as given.
  Rational() : Rational(0) {}
  explicit Rational(std::uint64_t numerator, std::uint64_t denominator = 1);  // denominator > 0

  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  std::strong_ordering operator<=>(const Rational& other) const;
  bool operator==(const Rational& other) const { return (*this <=> other) == 0; }

  [[nodiscard]] double to_double() const;  // for people only, correct to about 1e-15 relative

 private:
  Natural numerator_;
  Natural denominator_;
};

}  // namespace aegis

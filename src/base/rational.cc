// SPDX-License-Identifier: Apache-2.0
#include "aegis/base/rational.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <ranges>

#include "aegis/base/check.h"

namespace aegis {

Natural::Natural(std::uint64_t value)
    : digits_{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)} {
  trim();
}

void Natural::trim() {
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
}

Natural operator+(const Natural& a, const Natural& b) {
  Natural sum;
  const std::size_t size = std::max(a.digits_.size(), b.digits_.size());
  sum.digits_.resize(size + 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i <= size; ++i) {
    if (i < a.digits_.size()) carry += a.digits_[i];
    if (i < b.digits_.size()) carry += b.digits_[i];
    sum.digits_[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  sum.trim();
  return sum;
}

Natural operator*(const Natural& a, const Natural& b) {
  Natural product;
  product.digits_.resize(a.digits_.size() + b.digits_.size());
  for (std::size_t i = 0; i < a.digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.digits_.size(); ++j) {
      carry += product.digits_[i + j] + static_cast<std::uint64_t>(a.digits_[i]) * b.digits_[j];
      product.digits_[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product.digits_[i + b.digits_.size()] = static_cast<std::uint32_t>(carry);
  }
  product.trim();
  return product;
}

std::strong_ordering Natural::operator<=>(const Natural& other) const {
  if (digits_.size() != other.digits_.size()) return digits_.size() <=> other.digits_.size();
  return std::lexicographical_compare_three_way(digits_.rbegin(), digits_.rend(),
                                                other.digits_.rbegin(), other.digits_.rend());
}

double Natural::to_double() const {
  double value = 0;
  for (const std::uint32_t digit : digits_ | std::views::reverse) value = value * 0x1p32 + digit;
  return value;
}

int Natural::bit_length() const {
  if (digits_.empty()) return 0;
  return static_cast<int>(digits_.size() - 1) * 32 +
         static_cast<int>(std::bit_width(digits_.back()));
}

Natural Natural::shifted_right(int bits) const {
  Natural shifted;
  const auto whole = static_cast<std::size_t>(bits / 32);
  const int rest = bits % 32;
  for (std::size_t i = whole; i < digits_.size(); ++i) {
    const std::uint64_t above = i + 1 < digits_.size() ? digits_[i + 1] : 0;
    shifted.digits_.push_back(static_cast<std::uint32_t>(((above << 32) | digits_[i]) >> rest));
  }
  shifted.trim();
  return shifted;
}

Rational::Rational(std::uint64_t numerator, std::uint64_t denominator)
    : numerator_(numerator), denominator_(denominator) {
  check(denominator > 0, "a rational number's denominator is not zero");
}

Rational operator+(const Rational& a, const Rational& b) {
  Rational sum;
  sum.numerator_ = a.numerator_ * b.denominator_ + b.numerator_ * a.denominator_;
  sum.denominator_ = a.denominator_ * b.denominator_;
  return sum;
}

Rational operator*(const Rational& a, const Rational& b) {
  Rational product;
  product.numerator_ = a.numerator_ * b.numerator_;
  product.denominator_ = a.denominator_ * b.denominator_;
  return product;
}

std::strong_ordering Rational::operator<=>(const Rational& other) const {
  return numerator_ * other.denominator_ <=> other.numerator_ * denominator_;
}

double Rational::to_double() const {
  // Beyond 1024 bits a double would be infinite: keep the leading 512 bits of both.
  const int excess =
      std::max(0, std::max(numerator_.bit_length(), denominator_.bit_length()) - 512);
  const double denominator = denominator_.shifted_right(excess).to_double();
  if (denominator == 0) return std::numeric_limits<double>::infinity();
  return numerator_.shifted_right(excess).to_double() / denominator;
}

}  // namespace aegis

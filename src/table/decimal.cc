// SPDX-License-Identifier: Apache-2.0
// Decimal text to scaled integers and back. A number is split into its significant digits and the
// place of its point; scaling only moves the point, so nothing is ever rounded unseen.
#include "table/decimal.h"

#include <algorithm>

namespace cryptonet::table {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number (negative ? -1 : 1) * digits * 10^exponent, where the digits are `whole` followed by
/// `fraction`, without zeros at either end; no digits mean zero. Views into the text.
struct Scan {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;  ///< of the last digit

  std::size_t size() const { return whole.size() + fraction.size(); }
  char digit(std::size_t i) const {
    return i < whole.size() ? whole[i] : fraction[i - whole.size()];
  }
};

/// Reads the exponent after 'e'; false for anything but [+-]digits. Large ones saturate.
bool read_exponent(std::string_view text, std::int64_t& out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = std::min<std::int64_t>(value * 10 + (c - '0'), 1'000'000);
  }
  out = negative ? -value : value;
  return true;
}

std::optional<Scan> scan(std::string_view text) {
  Scan out;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  out.whole = text.substr(0, i);
  if (i < text.size() && text[i] == '.') {
    const std::size_t start = ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
    out.fraction = text.substr(start, i - start);
  }
  if (out.size() == 0) return std::nullopt;
  std::int64_t exponent = 0;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    if (!read_exponent(text.substr(i + 1), exponent)) return std::nullopt;
  }
  while (!out.fraction.empty() && out.fraction.back() == '0') out.fraction.remove_suffix(1);
  out.exponent = exponent - static_cast<std::int64_t>(out.fraction.size());
  while (out.fraction.empty() && !out.whole.empty() && out.whole.back() == '0') {
    out.whole.remove_suffix(1);
    ++out.exponent;
  }
  while (!out.whole.empty() && out.whole.front() == '0') out.whole.remove_prefix(1);
  if (out.whole.empty()) {
    while (!out.fraction.empty() && out.fraction.front() == '0') out.fraction.remove_prefix(1);
  }
  return out;
}

/// value * 10 + digit, or false on overflow.
bool push_digit(std::int64_t& value, int digit) {
  return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
         !__builtin_sub_overflow(value, std::int64_t{digit}, &value);
}

}  // namespace

ParsedDecimal scan_decimal(std::string_view text, unsigned decimals, bool round_down) {
  const auto number = scan(text);
  if (!number) return {0, DecimalError::kNotANumber};
  if (number->size() == 0) return {};
  // The place of the last digit, counted from the last decimal that is kept.
  const std::int64_t shift = number->exponent + static_cast<std::int64_t>(decimals);
  std::size_t kept = number->size();
  if (shift < 0) {
    if (!round_down) return {0, DecimalError::kTooManyDecimals};
    const auto cut = static_cast<std::uint64_t>(-shift);
    kept = cut >= kept ? 0 : kept - static_cast<std::size_t>(cut);
  }
  // Collected as a negative number, because the negative half is the larger one.
  std::int64_t value = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    if (!push_digit(value, number->digit(i) - '0')) return {0, DecimalError::kOverflow};
  }
  for (std::int64_t i = 0; i < shift; ++i) {
    if (!push_digit(value, 0)) return {0, DecimalError::kOverflow};
  }
  if (number->negative) {
    if (shift < 0 && __builtin_sub_overflow(value, std::int64_t{1}, &value)) {
      return {0, DecimalError::kOverflow};
    }
    return {value, DecimalError::kNone};
  }
  if (__builtin_sub_overflow(std::int64_t{0}, value, &value)) return {0, DecimalError::kOverflow};
  return {value, DecimalError::kNone};
}

std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned decimals) {
  const ParsedDecimal parsed = scan_decimal(text, decimals);
  if (parsed.error != DecimalError::kNone) return std::nullopt;
  return parsed.scaled;
}

std::optional<unsigned> decimals_needed(std::string_view text) {
  const auto number = scan(text);
  if (!number) return std::nullopt;
  if (number->size() == 0 || number->exponent >= 0) return 0U;
  return static_cast<unsigned>(-number->exponent);
}

std::string decimal_text(std::int64_t scaled, unsigned decimals) {
  const bool negative = scaled < 0;
  std::uint64_t rest = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(scaled)
                                : static_cast<std::uint64_t>(scaled);
  std::string reversed;
  do {
    reversed.push_back(static_cast<char>('0' + rest % 10));
    rest /= 10;
    if (reversed.size() == decimals && decimals > 0) {
      reversed.push_back('.');
      if (rest == 0) reversed.push_back('0');
    }
  } while (rest != 0 || reversed.size() < decimals);
  if (negative) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

}  // namespace cryptonet::table

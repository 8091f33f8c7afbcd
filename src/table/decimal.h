// SPDX-License-Identifier: Apache-2.0
// Exact decimals: a number is an integer times 10^-decimals, and text becomes such an integer
// without ever passing through floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cryptonet::table {

/// The most decimals that a column may declare.
inline constexpr unsigned kMaxDecimals = 15;

/// "-12.50" for (-1250, 2).
std::string decimal_text(std::int64_t scaled, unsigned decimals);

enum class DecimalError : std::uint8_t { kNone, kNotANumber, kTooManyDecimals, kOverflow };
struct ParsedDecimal {
  std::int64_t scaled = 0;
  DecimalError error = DecimalError::kNone;
};
/// Reads [+-]digits[.digits][e[+-]digits]. kTooManyDecimals when significant decimals are left over
/// at this scale; with `round_down` they are cut towards minus infinity instead.
ParsedDecimal scan_decimal(std::string_view text, unsigned decimals, bool round_down = false);
/// The value of scan_decimal, or nothing.
std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned decimals);
/// How many decimals the number needs (0 for "1.50e1"); nothing when the text is not a number.
std::optional<unsigned> decimals_needed(std::string_view text);

}  // namespace cryptonet::table

// SPDX-License-Identifier: Apache-2.0
// Integer expressions of a command line: + - x, parentheses, whole numbers.
//   sum     := product (("+" | "-") product)*
//   product := factor (("x" | "*") factor)*
//   factor  := "-" factor | "(" sum ")" | digits
// Multiplication may also be written X or U+00D7, the minus U+2212. Knows no ciphertext and no key.
// Exact: values are integers of any size.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "he/bgv/accountant.h"

namespace cryptonet::he::expression {

inline constexpr std::size_t kTextBytesMax = 4096;
inline constexpr std::size_t kNumbersMax = 64;
inline constexpr std::size_t kDepthMax = 64;

enum class Kind { kNumber, kNegate, kAdd, kSubtract, kMultiply };

/// A node of the tree; `left` and `right` are places in Expression::nodes, before this one.
struct Node {
  Kind kind = Kind::kNumber;
  bgv::Integer value;  ///< exact, of the whole subtree
  std::size_t left = 0;
  std::size_t right = 0;
  unsigned factors = 1;    ///< the most numbers that are multiplied with each other in it
  std::size_t column = 1;  ///< of its operator or first digit, in characters from 1
};

/// Children before parents, so that the last node is the whole.
struct Expression {
  std::vector<Node> nodes;
  const Node& root() const { return nodes.back(); }
};

/// kUsage with the column of what is wrong (rule "eval.syntax"), or where a limit above is passed
/// ("eval.length", "eval.depth").
base::Result<Expression> parse(std::string_view text);

}  // namespace cryptonet::he::expression

// SPDX-License-Identifier: Apache-2.0
// Recursive descent, one function per line of the grammar.
#include "he/expression/expression.h"

#include <algorithm>
#include <string>

namespace cryptonet::he::expression {
namespace {

constexpr std::string_view kTimesSign = "\xC3\x97";      // U+00D7
constexpr std::string_view kMinusSign = "\xE2\x88\x92";  // U+2212

/// Characters in UTF-8 text: bytes that do not continue one.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<Expression> parse() {
    CN_ASSIGN(const std::size_t root, sum(0));
    static_cast<void>(root);
    skip_spaces();
    if (place_ != text_.size()) {
      if (text_[place_] == ')') return wrong("there is a ')' that nothing opened");
      return wrong(starts_operand() ? "an operator is missing here"
                                    : "this character has no meaning here");
    }
    return Expression{std::move(nodes_)};
  }

 private:
  using Place = base::Result<std::size_t>;

  Place sum(std::size_t depth) {
    CN_ASSIGN(std::size_t left, product(depth));
    while (true) {
      skip_spaces();
      const std::size_t at = place_;
      const bool plus = take("+");
      if (!plus && !take("-") && !take(kMinusSign)) return left;
      CN_ASSIGN(const std::size_t right, product(depth));
      left = add(plus ? Kind::kAdd : Kind::kSubtract, at, left, right);
    }
  }

  Place product(std::size_t depth) {
    CN_ASSIGN(std::size_t left, factor(depth));
    while (true) {
      skip_spaces();
      const std::size_t at = place_;
      if (!take("x") && !take("*") && !take("X") && !take(kTimesSign)) return left;
      CN_ASSIGN(const std::size_t right, factor(depth));
      left = add(Kind::kMultiply, at, left, right);
    }
  }

  Place factor(std::size_t depth) {
    skip_spaces();
    if (depth >= kDepthMax) {
      return error("eval.depth", "more than " + std::to_string(kDepthMax) +
                                     " signs and parentheses in each other");
    }
    const std::size_t at = place_;
    if (take("-") || take(kMinusSign)) {
      skip_spaces();
      if (is_digit()) return number(at, true);
      CN_ASSIGN(const std::size_t inner, factor(depth + 1));
      if (nodes_[inner].kind == Kind::kNegate) {  // - - x is x, and costs nothing
        const std::size_t twice = nodes_[inner].left;
        nodes_.pop_back();
        return twice;
      }
      return add(Kind::kNegate, at, inner, inner);
    }
    if (take("(")) {
      CN_ASSIGN(const std::size_t inner, sum(depth + 1));
      skip_spaces();
      if (!take(")")) {
        if (place_ < text_.size()) return wrong("an operator or ')' is missing here");
        place_ = at;
        return wrong("this '(' is never closed");
      }
      return inner;
    }
    if (is_digit()) return number(at, false);
    return wrong(place_ == text_.size() ? "a number is missing at the end"
                                        : "a number is missing here");
  }

  Place number(std::size_t at, bool negative) {
    if (numbers_ == kNumbersMax) {
      return error("eval.length", "more than " + std::to_string(kNumbersMax) + " numbers");
    }
    ++numbers_;
    Node node;
    node.column = column_of(at);
    while (is_digit()) node.value = node.value * 10 + (text_[place_++] - '0');
    if (place_ < text_.size() && (text_[place_] == '.' || text_[place_] == ',')) {
      return wrong("only whole numbers are encrypted");
    }
    if (negative) node.value = -node.value;
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }

  std::size_t add(Kind kind, std::size_t at, std::size_t left, std::size_t right) {
    const Node& a = nodes_[left];
    const Node& b = nodes_[right];
    Node node{kind, 0, left, right, std::max(a.factors, b.factors), column_of(at)};
    switch (kind) {
      case Kind::kAdd:
        node.value = a.value + b.value;
        break;
      case Kind::kSubtract:
        node.value = a.value - b.value;
        break;
      case Kind::kMultiply:
        node.value = a.value * b.value;
        node.factors = a.factors + b.factors;
        break;
      default:
        node.value = -a.value;
    }
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }

  void skip_spaces() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\t')) ++place_;
  }
  bool is_digit() const {
    return place_ < text_.size() && text_[place_] >= '0' && text_[place_] <= '9';
  }
  bool starts_operand() const { return is_digit() || text_[place_] == '('; }
  bool take(std::string_view token) {
    if (!text_.substr(place_).starts_with(token)) return false;
    place_ += token.size();
    return true;
  }
  std::size_t column_of(std::size_t place) const { return characters(text_.substr(0, place)) + 1; }

  base::Error error(const char* rule, std::string why) const {
    return base::Error(base::ErrorCode::kUsage, rule, "expression: " + std::move(why),
                       "for example \"(5 + 6) x 7\"")
        .at("", 1, static_cast<std::int64_t>(column_of(place_)));
  }
  base::Error wrong(std::string why) const { return error("eval.syntax", std::move(why)); }

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t numbers_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace

base::Result<Expression> parse(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return base::Error(base::ErrorCode::kUsage, "eval.length",
                       "the expression is longer than " + std::to_string(kTextBytesMax) + " bytes",
                       "give a shorter one");
  }
  return Parser(text).parse();
}

}  // namespace cryptonet::he::expression

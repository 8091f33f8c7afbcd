// SPDX-License-Identifier: Apache-2.0
// Every k of n shares give the key back; k - 1 of them say nothing about it.
#include "gatekeeper/keys/shares.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/randomness.h"

namespace cryptonet::gatekeeper::keys {
namespace {
using base::ErrorCode;

Share copy_of(const Share& share) {
  return {share.id, share.threshold, share.set, base::Secret<32>::copy_of(share.value.span())};
}

class SharesTest : public testing::Test {
 protected:
  void SetUp() override {
    randomness_.fill(key_.span());
    randomness_.fill(set_);
  }
  bool gives_key(std::span<const Share> shares) {
    return std::ranges::equal(combine(shares).span(), key_.span());
  }
  base::OsRandomness randomness_;
  base::Secret<32> key_;
  ShareSet set_{};
};

/// Calls `use` with every choice of `count` of the shares.
template <typename Use>
void for_every_choice(const std::vector<Share>& shares, std::size_t count, Use use) {
  std::vector<bool> taken(shares.size());
  std::fill_n(taken.begin(), count, true);
  do {
    std::vector<Share> chosen;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (taken[i]) chosen.push_back(copy_of(shares[i]));
    }
    use(chosen);
  } while (std::prev_permutation(taken.begin(), taken.end()));
}

TEST_F(SharesTest, EveryChoiceOfEnoughGivesTheKeyAndOfFewerDoesNot) {
  for (std::uint32_t n = 2; n <= 6; ++n) {
    for (std::uint32_t k = 2; k <= n; ++k) {
      const auto shares = *split(key_, set_, {n, k});
      ASSERT_EQ(shares.size(), n);
      for (std::uint32_t count = 1; count <= n; ++count) {
        for_every_choice(shares, count, [&](const std::vector<Share>& chosen) {
          EXPECT_EQ(gives_key(chosen), count >= k) << n << " " << k << " " << count;
        });
      }
    }
  }
}

TEST_F(SharesTest, AsManyAsThereMayBe) {
  const auto shares = *split(key_, set_, {255, 255});
  EXPECT_TRUE(gives_key(shares));
  EXPECT_FALSE(gives_key(std::span(shares).first(254)));
}

/// The multiplication of the field that libgfshare works in, written down again (x^8 + x^4 + x^3 +
/// x^2 + 1).
std::uint8_t times(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if ((b >> bit & 1U) != 0) product ^= static_cast<unsigned>(a) << bit;
  }
  for (unsigned bit = 15; bit >= 8; --bit) {
    if ((product >> bit & 1U) != 0) product ^= 0x11dU << (bit - 8);
  }
  return static_cast<std::uint8_t>(product);
}

/// With two of three: for the shares' values y1 at 1 and y2 at 2 a line through both has at 0 the
/// value (2 y1 + 1 y2) / 3, so 3 times the key is 2 y1 + y2.
TEST_F(SharesTest, AreTheValuesOfALineOverTheField) {
  const auto shares = *split(key_, set_, {3, 2});
  for (std::size_t i = 0; i < 32; ++i) {
    const std::uint8_t y1 = shares[0].value.data()[i];
    const std::uint8_t y2 = shares[1].value.data()[i];
    const std::uint8_t y3 = shares[2].value.data()[i];
    EXPECT_EQ(times(3, key_.data()[i]), times(2, y1) ^ y2);
    EXPECT_EQ(y3, key_.data()[i] ^ y1 ^ y2);  // 1 + 2 = 3 in the field
  }
}

/// One share of two, for a fixed key: each of its bytes takes every value as often as any other.
TEST_F(SharesTest, OneShareOfTwoIsUniform) {
  constexpr int kRounds = 8000;  // times 32 bytes: 1000 of each value
  for (const std::size_t which : {0U, 1U}) {
    std::array<int, 256> seen{};
    for (int round = 0; round < kRounds; ++round) {
      const auto shares = *split(key_, set_, {2, 2});
      for (const std::uint8_t byte : shares[which].value.span()) ++seen[byte];
    }
    double chi_squared = 0;
    for (const int count : seen) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
    // 255 degrees of freedom: mean 255, deviation 22.6; seven deviations on both sides
    EXPECT_GT(chi_squared, 255 - 7 * 22.6);
    EXPECT_LT(chi_squared, 255 + 7 * 22.6);
  }
}

/// Two shares of three: with the third coefficient free, every key is as likely. Seen exactly: for
/// each key there is one value of a third share that would give it.
TEST_F(SharesTest, FewerLeaveEveryKeyPossible) {
  const auto shares = *split(key_, set_, {3, 3});
  std::array<int, 256> keys{};
  for (unsigned value = 0; value < 256; ++value) {
    std::vector<Share> guess;
    for (const Share& share : shares) guess.push_back(copy_of(share));
    guess[2].value.data()[5] = static_cast<std::uint8_t>(value);
    ++keys[combine(guess).data()[5]];
  }
  EXPECT_TRUE(std::ranges::all_of(keys, [](int count) { return count == 1; }));
}

TEST_F(SharesTest, ALineIsReadBackAndEveryChangeOfItIsFound) {
  const auto shares = *split(key_, set_, {5, 3});
  const auto line = write_share(shares[3]);
  const std::string text(base::text_of(line.span()));
  EXPECT_TRUE(text.starts_with("cnshare1-4-3-"));
  const auto back = parse_share(base::view_of("  " + text + "\r\n"));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->id, 4);
  EXPECT_EQ(back->threshold, 3);
  EXPECT_EQ(back->set, set_);
  EXPECT_TRUE(std::ranges::equal(back->value.span(), shares[3].value.span()));
  std::string loud = text;
  std::ranges::transform(loud, loud.begin(), [](char c) { return c >= 'a' ? c - 32 : c; });
  EXPECT_TRUE(parse_share(base::view_of(loud)).ok());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char other : {'0', '7', 'f', '-', 'x'}) {
      std::string altered = text;
      altered[i] = other;
      if (altered == text) continue;
      const auto refused = parse_share(base::view_of(altered));
      ASSERT_FALSE(refused.ok()) << i;
      EXPECT_EQ(refused.error().rule, "share.malformed");
      EXPECT_EQ(refused.error().column, 0);  // never says where
    }
    EXPECT_FALSE(parse_share(base::view_of(text.substr(0, i))).ok()) << i;
  }
  EXPECT_FALSE(parse_share(base::view_of(text + "0")).ok());
  EXPECT_FALSE(parse_share(base::view_of(std::string(5000, 'c'))).ok());
  EXPECT_FALSE(parse_share({}).ok());
}

TEST_F(SharesTest, MixedDoubledAndMissingSharesAreNamed) {
  const auto shares = *split(key_, set_, {4, 3});
  const std::string set = base::to_hex(set_);
  const auto chosen = [&](std::initializer_list<std::size_t> ids) {
    std::vector<Share> some;
    for (const std::size_t id : ids) some.push_back(copy_of(shares[id - 1]));
    return some;
  };
  EXPECT_TRUE(check_together(chosen({1, 2, 4}), set, 3).ok());
  EXPECT_EQ(check_together(chosen({1, 2}), set, 3).error().rule, "share.too_few");
  EXPECT_EQ(check_together(chosen({1, 2, 1}), set, 3).error().rule, "share.twice");
  EXPECT_EQ(check_together(chosen({1, 2, 3}), "0011223344556677", 3).error().rule,
            "share.other_set");
  for (const ShareCounts wrong : {ShareCounts{0, 0}, {1, 1}, {3, 1}, {3, 4}, {256, 2}}) {
    EXPECT_EQ(split(key_, set_, wrong).error().rule, "seal.shares") << wrong.shares;
  }
}

}  // namespace
}  // namespace cryptonet::gatekeeper::keys

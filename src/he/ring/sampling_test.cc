// SPDX-License-Identifier: Apache-2.0
// The streams against a published block, the samplers against replayed bytes and exact
// probabilities.
#include "he/ring/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "he/arith/prime.h"
#include "he/ring/ring.h"

namespace cryptonet::he::ring {
namespace {

KeyStream stream_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> key{};
  key[0] = number;
  return KeyStream(key);
}

TEST(KeyStream, BeginsWithTheEncryptionOfCounterZero) {
  // AES-256 of the zero block under the zero key (NIST AESAVS, the value shared by all its tables).
  std::array<std::uint8_t, 16> first{};
  stream_of(0).fill(first);
  EXPECT_EQ(base::to_hex(first), "dc95c078a2408989ad48a21492842087");
}

TEST(KeyStream, DoesNotDependOnHowItIsRead) {
  base::Bytes whole(1000);
  base::Bytes pieces(1000);
  stream_of(1).fill(whole);
  KeyStream stream = stream_of(1);
  for (std::size_t i = 0; i < 1000; i += 25) stream.fill(std::span(pieces).subspan(i, 25));
  EXPECT_EQ(whole, pieces);
}

TEST(Sampling, UniformWordsAreTheCandidatesBelowThePrime) {
  std::uint64_t just_above = std::uint64_t{1} << 47;
  while (!arith::is_prime(just_above)) ++just_above;
  for (const std::uint64_t q :
       {just_above, std::uint64_t{281474976694273}, std::uint64_t{97}, std::uint64_t{257}}) {
    SCOPED_TRACE(q);
    const arith::Modulus modulus(q);
    std::vector<std::uint64_t> words(5000);
    KeyStream stream = stream_of(2);
    sample_uniform(stream, modulus, words);
    const std::size_t width = (modulus.bits() + 7) / 8;
    base::Bytes bytes(width * 20000);
    stream_of(2).fill(bytes);
    std::size_t candidates = 0;
    for (const std::uint64_t word : words) {
      std::uint64_t candidate = q;
      while (candidate >= q) {
        candidate = 0;
        std::memcpy(&candidate, bytes.data() + width * candidates++, width);
        candidate &= (std::uint64_t{1} << modulus.bits()) - 1;
      }
      ASSERT_EQ(word, candidate);
    }
    if (q == just_above) {  // a prime just above a power of two: half are drawn again
      EXPECT_NEAR(static_cast<double>(candidates), 10000.0, 500.0);
    }
  }
}

TEST(Sampling, NonzeroWordsAreNeverZero) {
  std::vector<std::uint64_t> words(20000);
  KeyStream stream = stream_of(3);
  sample_uniform_nonzero(stream, arith::Modulus(5), words);
  std::array<int, 5> counts{};
  for (const std::uint64_t word : words) ++counts.at(word);
  EXPECT_EQ(counts[0], 0);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_NEAR(counts[i], 5000, 300);
}

/// Sum of (observed - expected)^2 / expected.
double chi_squared(std::span<const double> probabilities, std::span<const std::uint64_t> counts,
                   double draws) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = probabilities[i] * draws;
    const double difference = static_cast<double>(counts[i]) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

TEST(Sampling, NoiseFollowsTheCentredBinomial) {
  constexpr std::size_t kDraws = 4'000'000;
  std::vector<std::int8_t> noise(kDraws);
  KeyStream stream = stream_of(4);
  sample_noise(stream, noise);
  std::vector<double> binomial(43);  // C(42, k) / 2^42
  double probability = std::ldexp(1.0, -42);
  for (int k = 0; k <= 42; ++k) {
    binomial[static_cast<std::size_t>(k)] = probability;
    probability = probability * (42 - k) / (k + 1);
  }
  std::vector<double> probabilities(27);  // tails beyond +-12 together
  std::vector<std::uint64_t> counts(27);
  for (int e = -21; e <= 21; ++e) {
    probabilities[static_cast<std::size_t>(std::clamp(e, -13, 13) + 13)] +=
        binomial[static_cast<std::size_t>(e + 21)];
  }
  for (const std::int8_t e : noise) {
    ASSERT_LE(std::abs(e), kNoiseMax);
    ++counts[static_cast<std::size_t>(std::clamp<int>(e, -13, 13) + 13)];
  }
  EXPECT_LT(chi_squared(probabilities, counts, kDraws), 67.0);  // 26 degrees, p about 2e-5
}

TEST(Sampling, TernaryDigitsAreThoseOfTheBytesBelow243) {
  for (const std::size_t length : {1U, 4U, 5U, 6U, 1000U, 8192U, 8193U, 20000U}) {
    SCOPED_TRACE(length);
    std::vector<std::int8_t> drawn(length);
    KeyStream stream = stream_of(6);
    sample_ternary(stream, drawn);
    base::Bytes bytes(length + 1000);
    stream_of(6).fill(bytes);
    std::size_t next = 0;
    for (std::size_t start = 0; start < length; start += 8192) {
      const std::size_t n = std::min<std::size_t>(8192, length - start);
      const std::size_t m = (n + 4) / 5;
      for (std::size_t i = 0; i < m; ++i) {
        while (bytes.at(next) >= 243) ++next;
        int rest = bytes[next++];
        for (std::size_t k = 0; k < 5; ++k, rest /= 3) {
          if (i + k * m < n) {
            ASSERT_EQ(drawn[start + i + k * m], rest % 3 - 1) << i << " " << k;
          }
        }
      }
    }
  }
}

TEST(Sampling, TernaryIsUniform) {
  constexpr std::size_t kDraws = 3'000'000;
  std::vector<std::int8_t> secret(kDraws);
  KeyStream stream = stream_of(5);
  sample_ternary(stream, secret);
  std::array<std::uint64_t, 3> counts{};
  for (const std::int8_t s : secret) ++counts.at(static_cast<std::size_t>(s + 1));
  const std::array<double, 3> third = {1.0 / 3, 1.0 / 3, 1.0 / 3};
  EXPECT_LT(chi_squared(third, counts, kDraws), 24.0);  // 2 degrees, p about 6e-6
}

TEST(Ring, RefusesRepeatedOrMissingPrimes) {
  EXPECT_FALSE(Ring::create(4, {}).ok());
  const std::vector<std::uint64_t> repeated = {17, 17};
  EXPECT_FALSE(Ring::create(4, repeated).ok());
  const std::vector<std::uint64_t> fine = {17, 97};
  EXPECT_TRUE(Ring::create(4, fine).ok());
}

}  // namespace
}  // namespace cryptonet::he::ring

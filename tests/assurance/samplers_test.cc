// SPDX-License-Identifier: Apache-2.0
// Samplers against their exact distributions: chi-square tests over 2^24 draws of fixed streams
// for every row of the kernel table, single draws and neighbouring pairs, and biased samplers that
// the same tests must catch. CRYPTONET_ASSURANCE_TIMES multiplies the draws.
#include <gtest/gtest.h>

#include <bit>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "he/arith/dispatch.h"
#include "he/arith/prime.h"
#include "he/ring/sampling.h"

namespace cryptonet::he::ring {
namespace {

constexpr std::size_t kBatch = std::size_t{1} << 16;
/// Below it a fixed stream fails; above one minus it the fit is too good to be random.
constexpr double kSmallestP = 1e-9;

std::size_t batches() {
  const char* times = std::getenv("CRYPTONET_ASSURANCE_TIMES");
  return 256 * (times == nullptr ? 1 : std::strtoull(times, nullptr, 10));
}

KeyStream stream_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> key{};
  key.fill(number);
  return KeyStream(key);
}

/// Counts against exact probabilities; bins that expect fewer than 10 go to their neighbour.
class Histogram {
 public:
  explicit Histogram(std::vector<double> probabilities)
      : probabilities_(std::move(probabilities)), counts_(probabilities_.size()) {}
  void add(std::size_t bin) { ++counts_.at(bin); }
  /// The probability of a fit this bad or worse under the exact distribution.
  double p_value() const {
    double draws = 0;
    for (const std::uint64_t count : counts_) draws += static_cast<double>(count);
    double chi_squared = 0;
    double bins = 0;
    double expected = 0;
    double observed = 0;
    double rest = draws;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      expected += probabilities_[i] * draws;
      observed += static_cast<double>(counts_[i]);
      rest -= probabilities_[i] * draws;
      const bool last = i + 1 == counts_.size();
      if (!last && (expected < 10 || rest < 10)) continue;
      chi_squared += (observed - expected) * (observed - expected) / expected;
      bins += 1;
      expected = observed = 0;
    }
    return boost::math::gamma_q((bins - 1) / 2, chi_squared / 2);
  }

 private:
  std::vector<double> probabilities_;
  std::vector<std::uint64_t> counts_;
};

std::vector<double> pairs_of(const std::vector<double>& single) {
  std::vector<double> pairs;
  for (const double first : single) {
    for (const double second : single) pairs.push_back(first * second);
  }
  return pairs;
}

/// Smallest p-value over single draws and over neighbouring pairs.
template <typename Sample>
double p_of_small_numbers(const Sample& sample, int lowest, const std::vector<double>& exact) {
  Histogram singles(exact);
  Histogram pairs(pairs_of(exact));
  std::vector<std::int8_t> drawn(kBatch);
  for (std::size_t batch = 0; batch < batches(); ++batch) {
    sample(std::span(drawn));
    for (std::size_t i = 0; i < drawn.size(); i += 2) {
      const auto first = static_cast<std::size_t>(drawn[i] - lowest);
      const auto second = static_cast<std::size_t>(drawn[i + 1] - lowest);
      singles.add(first);
      singles.add(second);
      pairs.add(first * exact.size() + second);
    }
  }
  return std::min(singles.p_value(), pairs.p_value());
}

/// How many x in [0, q) have (x >> shift) mod 4096 == v, over q.
std::vector<double> exact_bits(std::uint64_t q, unsigned shift) {
  std::vector<double> probabilities(4096);
  const std::uint64_t period = std::uint64_t{4096} << shift;
  const std::uint64_t width = std::uint64_t{1} << shift;
  const std::uint64_t rest = q % period;
  for (std::uint64_t v = 0; v < 4096; ++v) {
    const std::uint64_t extra = rest > v * width ? std::min(rest - v * width, width) : 0;
    const std::uint64_t count = q / period * width + extra;
    probabilities[v] = static_cast<double>(count) / static_cast<double>(q);
  }
  return probabilities;
}

/// Smallest p-value over the lowest, middle and highest 12 bits, and neighbouring high nibbles.
template <typename Sample>
double p_of_words(const Sample& sample, const arith::Modulus& q) {
  const std::array<unsigned, 3> shifts = {0, (q.bits() - 12) / 2, q.bits() - 12};
  std::vector<Histogram> histograms;
  for (const unsigned shift : shifts) histograms.emplace_back(exact_bits(q.value(), shift));
  std::vector<double> nibbles(16);
  const auto top = exact_bits(q.value(), q.bits() - 12);
  for (std::size_t v = 0; v < 4096; ++v) nibbles[v / 256] += top[v];
  Histogram neighbours(pairs_of(nibbles));
  std::vector<std::uint64_t> drawn(kBatch);
  for (std::size_t batch = 0; batch < batches(); ++batch) {
    sample(std::span(drawn));
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      for (std::size_t h = 0; h < shifts.size(); ++h) {
        histograms[h].add(drawn[i] >> shifts[h] & 4095);
      }
      if (i % 2 == 0) {
        neighbours.add((drawn[i] >> (q.bits() - 4)) * 16 + (drawn[i + 1] >> (q.bits() - 4)));
      }
    }
  }
  double worst = neighbours.p_value();
  for (const Histogram& histogram : histograms) worst = std::min(worst, histogram.p_value());
  return worst;
}

const std::vector<double> kThirds(3, 1.0 / 3);

/// C(2 * coins, k) / 2^(2 * coins), exact: numerators stay below 2^53.
std::vector<double> centred_binomial(int coins) {
  std::vector<double> probabilities;
  std::uint64_t numerator = 1;
  for (int k = 0; k <= 2 * coins; ++k) {
    probabilities.push_back(std::ldexp(static_cast<double>(numerator), -2 * coins));
    numerator = static_cast<std::uint64_t>(arith::Uint128{numerator} *
                                           static_cast<unsigned>(2 * coins - k) /
                                           static_cast<unsigned>(k + 1));
  }
  return probabilities;
}

/// Half of all candidates are drawn again, then a quarter; then the primes of the wide set and its
/// t.
std::vector<std::uint64_t> primes_in_use() {
  std::uint64_t half = std::uint64_t{1} << 47;
  while (!arith::is_prime(half)) ++half;
  std::uint64_t quarter = std::uint64_t{3} << 46;
  while (!arith::is_prime(quarter)) ++quarter;
  return {half, quarter, 281474976694273, 281474976546817, 281474976317441, 562949952847873};
}

/// Runs `test(row name)` with every row of the kernel table in use.
void with_every_row(const std::function<void(const char*)>& test) {
  const arith::Kernels& before = arith::kernels();
  for (const arith::Kernels* row : arith::supported_kernels()) {
    SCOPED_TRACE(row->name);
    arith::use_kernels(*row);
    test(row->name);
  }
  arith::use_kernels(before);
}

void report(const char* row, const std::string& what, double p) {
  std::printf("%-11s %-24s %zu draws, smallest p = %.3g\n", row, what.c_str(), batches() * kBatch,
              p);
  EXPECT_GT(p, kSmallestP) << what;
  EXPECT_LT(p, 1 - kSmallestP) << what;
}

TEST(Samplers, TernaryIsUniform) {
  with_every_row([](const char* row) {
    KeyStream stream = stream_of(1);
    report(row, "ternary",
           p_of_small_numbers([&](auto out) { sample_ternary(stream, out); }, -1, kThirds));
  });
}

TEST(Samplers, NoiseIsCentredBinomial) {
  with_every_row([](const char* row) {
    KeyStream stream = stream_of(2);
    report(row, "noise",
           p_of_small_numbers([&](auto out) { sample_noise(stream, out); }, -21,
                              centred_binomial(21)));
  });
}

TEST(Samplers, WordsAreUniformBelowThePrime) {
  for (const std::uint64_t prime : primes_in_use()) {
    const arith::Modulus q(prime);
    with_every_row([&](const char* row) {
      KeyStream stream = stream_of(static_cast<std::uint8_t>(3 + prime % 101));
      report(row, "uniform " + std::to_string(prime),
             p_of_words([&](auto out) { sample_uniform(stream, q, out); }, q));
      KeyStream other = stream_of(static_cast<std::uint8_t>(110 + prime % 101));
      report(row, "nonzero " + std::to_string(prime),
             p_of_words([&](auto out) { sample_uniform_nonzero(other, q, out); }, q));
    });
  }
}

TEST(Samplers, BiasedOnesAreCaught) {
  KeyStream stream = stream_of(5);
  std::vector<std::uint8_t> bytes(kBatch);
  const auto modulo_three = [&](std::span<std::int8_t> out) {
    stream.fill(bytes);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<std::int8_t>(bytes[i] % 3 - 1);
    }
  };
  EXPECT_LT(p_of_small_numbers(modulo_three, -1, kThirds), kSmallestP);
  const auto every_draw_twice = [&](std::span<std::int8_t> out) {
    sample_ternary(stream, out);
    for (std::size_t i = 0; i < out.size(); i += 2) out[i + 1] = out[i];
  };
  EXPECT_LT(p_of_small_numbers(every_draw_twice, -1, kThirds), kSmallestP);
  const auto one_coin_leans = [&](std::span<std::int8_t> out) {
    std::vector<std::uint64_t> coins(out.size());
    stream.fill({reinterpret_cast<std::uint8_t*>(coins.data()), 8 * coins.size()});
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::uint64_t lean = coins[i] >> 56 < 5 ? 1 : 0;  // heads with 0.51 instead of 0.5
      const std::uint64_t fair = coins[i] & ((std::uint64_t{1} << 42) - 1);
      out[i] = static_cast<std::int8_t>(std::popcount(fair | lean) - 21);
    }
  };
  EXPECT_LT(p_of_small_numbers(one_coin_leans, -21, centred_binomial(21)), kSmallestP);
  const auto twenty_coins = [&](std::span<std::int8_t> out) {
    std::vector<std::uint8_t> coins(5 * out.size());
    stream.fill(coins);
    for (std::size_t i = 0; i < out.size(); ++i) {
      int ones = 0;
      for (std::size_t k = 0; k < 5; ++k) ones += std::popcount(coins[5 * i + k]);
      out[i] = static_cast<std::int8_t>(ones - 20);
    }
  };
  EXPECT_LT(p_of_small_numbers(twenty_coins, -21, centred_binomial(21)), kSmallestP);
  const arith::Modulus q(primes_in_use()[1]);  // three quarters of 2^48
  const auto without_rejection = [&](std::span<std::uint64_t> out) {
    std::vector<std::uint64_t> candidates(out.size());
    stream.fill({reinterpret_cast<std::uint8_t*>(candidates.data()), 8 * out.size()});
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (candidates[i] >> 16) % q.value();
  };
  EXPECT_LT(p_of_words(without_rejection, q), kSmallestP);
  const arith::Modulus wide(562949952847873);
  const auto cut_to_48_bits = [&](std::span<std::uint64_t> out) {
    sample_uniform(stream, wide, out);
    for (std::uint64_t& word : out) word &= (std::uint64_t{1} << 48) - 1;
  };
  EXPECT_LT(p_of_words(cut_to_48_bits, wide), kSmallestP);
  const auto low_bit_leans = [&](std::span<std::uint64_t> out) {
    sample_uniform(stream, wide, out);
    for (std::size_t i = 0; i < out.size(); i += 64) out[i] |= 1;
  };
  EXPECT_LT(p_of_words(low_bit_leans, wide), kSmallestP);
}

}  // namespace
}  // namespace cryptonet::he::ring

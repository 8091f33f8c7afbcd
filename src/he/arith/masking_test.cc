// SPDX-License-Identifier: Apache-2.0
// Masking of every row of the table against arithmetic on whole integers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "he/arith/dispatch.h"
#include "he/arith/kernels.h"
#include "he/arith/modulus.h"
#include "he/arith/prime.h"

namespace cryptonet::he::arith {
namespace {

std::vector<std::uint64_t> random_words(std::mt19937_64& engine, std::size_t count,
                                        std::uint64_t below) {
  std::vector<std::uint64_t> words(count);
  for (auto& word : words) word = engine() % below;
  return words;
}

/// Roots of x^N + 1 modulo q, as NttTable has them.
struct Roots {
  Roots(std::size_t degree, std::uint64_t q) : modulus(q) {
    const std::uint64_t root = *smallest_primitive_root(modulus, degree);
    const std::uint64_t inverse = modulus.invert(root);
    const auto bits = static_cast<unsigned>(std::countr_zero(degree));
    for (auto* words : {&forward, &forward64, &forward52, &back, &back64, &back52}) {
      words->resize(degree);
    }
    for (auto* words : {&centred, &ratios, &back_centred, &back_ratios}) words->resize(degree);
    for (std::size_t i = 0; i < degree; ++i) {
      std::size_t reversed = 0;
      for (unsigned k = 0; k < bits; ++k) reversed |= (i >> k & 1) << (bits - 1 - k);
      forward[reversed] = modulus.power(root, i);
      back[reversed] = modulus.power(inverse, i);
      forward64[reversed] = modulus.shoup(forward[reversed]).quotient;
      back64[reversed] = modulus.shoup(back[reversed]).quotient;
      forward52[reversed] = forward64[reversed] >> 12;
      back52[reversed] = back64[reversed] >> 12;
      centred[reversed] = static_cast<double>(modulus.centre(forward[reversed]));
      back_centred[reversed] = static_cast<double>(modulus.centre(back[reversed]));
      ratios[reversed] = centred[reversed] / static_cast<double>(q);
      back_ratios[reversed] = back_centred[reversed] / static_cast<double>(q);
    }
    const ShoupFactor scale = modulus.shoup(modulus.invert(degree));
    plan = {.degree = degree,
            .modulus = q,
            .roots = forward.data(),
            .root_quotients = forward64.data(),
            .root_quotients52 = forward52.data(),
            .inverse_roots = back.data(),
            .inverse_root_quotients = back64.data(),
            .inverse_root_quotients52 = back52.data(),
            .centred_roots = centred.data(),
            .root_ratios = ratios.data(),
            .inverse_centred_roots = back_centred.data(),
            .inverse_root_ratios = back_ratios.data(),
            .degree_inverse = scale.value,
            .degree_inverse_quotient = scale.quotient};
  }
  Modulus modulus;
  std::vector<std::uint64_t> forward, forward64, forward52, back, back64, back52;
  std::vector<double> centred, ratios, back_centred, back_ratios;
  NttPlan plan;
};

TEST(Kernels, EveryRowMasksColumnsExactly) {
  std::mt19937_64 engine(14);
  for (const std::size_t degree : {16U, 512U, 1024U, 8192U}) {
    for (const std::uint64_t q : {281474976694273ULL, 281474976317441ULL, 786433ULL}) {
      const Roots roots(degree, q);
      const Modulus& modulus = roots.modulus;
      for (const std::uint64_t t : {562949952847873ULL, 4293918721ULL}) {
        auto message = random_words(engine, degree, t);
        message[0] = 0, message[1] = t - 1, message[2] = t / 2, message[3] = t / 2 + 1;
        std::vector<std::int8_t> noise(degree);
        for (auto& e : noise) e = static_cast<std::int8_t>(static_cast<int>(engine() % 43) - 21);
        noise[1] = -21, noise[2] = 21, noise[3] = -21;
        auto mask = random_words(engine, degree, q);
        auto secret = random_words(engine, degree, q);
        const auto before = random_words(engine, degree, q);
        mask[0] = q - 1, secret[0] = q - 1, mask[1] = 0, secret[2] = 0;
        std::vector<std::uint64_t> quotients(degree);
        std::vector<std::uint64_t> psi(degree);
        for (std::size_t i = 0; i < degree; ++i) {
          quotients[i] = modulus.shoup(mask[i]).quotient >> 12;
          psi[i] = modulus.reduce_signed(Modulus(t).centre(message[i]) +
                                         static_cast<std::int64_t>(t) * noise[i]);
        }
        portable::ntt_forward(psi.data(), roots.plan);  // held to its definition in he/ntt
        for (const Kernels* row : supported_kernels()) {
          SCOPED_TRACE(std::string(row->name) + " " + std::to_string(degree) + " " +
                       std::to_string(q) + " " + std::to_string(t));
          auto hint = before;
          std::vector<std::uint64_t> work(degree);
          base::Bytes packed(6 * degree);
          row->mask_column({&roots.plan, t, message.data(), noise.data(), mask.data(),
                            quotients.data(), secret.data(), work.data(), hint.data(),
                            packed.data()});
          std::vector<std::uint64_t> b(degree);
          base::unpack_u48(packed, b);
          for (std::size_t i = 0; i < degree; ++i) {
            const std::uint64_t expected =
                modulus.subtract(psi[i], modulus.multiply(mask[i], secret[i]));
            ASSERT_EQ(b[i], expected) << i;
            ASSERT_EQ(hint[i], modulus.add(before[i], modulus.multiply(mask[i], expected))) << i;
          }
        }
      }
    }
  }
}

TEST(Kernels, EveryRowSumsMasksExactly) {
  std::mt19937_64 engine(16);
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t q :
         {281474976694273ULL, 281474976317441ULL, 140737488355333ULL, 97ULL}) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(q));
      const Modulus modulus(q);
      for (const std::size_t count : {1U, 7U, 8U, 8192U}) {
        auto mask = random_words(engine, count, q);
        const auto before = random_words(engine, count, q);
        mask[0] = q - 1;
        if (count > 8) {
          for (std::size_t i = 0; i < 64; ++i) mask[i] = i, mask[64 + i] = q - 1 - i;
        }
        auto sum = before;
        auto square_sum = before;
        std::vector<std::uint64_t> quotients(count);
        row->divide_mask(mask.data(), count, q, quotients.data());
        row->sum_mask({count, q, mask.data(), quotients.data(), sum.data(), square_sum.data()});
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(quotients[i], static_cast<std::uint64_t>((Uint128{mask[i]} << 52) / q)) << i;
          ASSERT_EQ(sum[i], modulus.add(before[i], mask[i])) << i;
          ASSERT_EQ(square_sum[i], modulus.add(before[i], modulus.multiply(mask[i], mask[i])));
        }
      }
    }
  }
}

TEST(Kernels, EveryRowUnpacksAndCountsCandidates) {
  std::mt19937_64 engine(17);
  constexpr std::uint64_t kFull = (std::uint64_t{1} << 48) - 1;
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (const std::uint64_t high : {kFull, kFull / 2 + 6, std::uint64_t{281474976694273}}) {
      for (const std::uint64_t low : {0U, 1U}) {
        for (std::size_t count = 0; count < 100; ++count) {
          auto candidates = random_words(engine, count, kFull + 1);
          if (count > 5) candidates[1] = high, candidates[2] = high - 1, candidates[3] = low;
          if (count > 5) candidates[4] = 0, candidates[5] = kFull;
          base::Bytes packed(6 * count);
          base::pack_u48(candidates, packed);
          std::size_t inside = 0;
          for (const std::uint64_t word : candidates) inside += word >= low && word < high;
          std::vector<std::uint64_t> words(count);
          ASSERT_EQ(row->unpack_candidates({packed.data(), count, kFull, low, high, words.data()}),
                    inside);
          ASSERT_EQ(words, candidates);
          for (auto& word : candidates) word &= kFull / 2;
          row->unpack_candidates({packed.data(), count, kFull / 2, low, high, words.data()});
          ASSERT_EQ(words, candidates);
        }
      }
    }
  }
}

TEST(Kernels, EveryRowCountsCoins) {
  std::mt19937_64 engine(18);
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (std::size_t count = 0; count < 100; ++count) {
      auto words = random_words(engine, count, std::uint64_t{1} << 42);
      if (count > 1) words[0] = (std::uint64_t{1} << 21) - 1, words[1] = words[0] << 21;
      base::Bytes coins((42 * count + 7) / 8);
      for (std::size_t bit = 0; bit < 8 * coins.size(); ++bit) {
        const bool heads = bit / 42 >= count || (words[bit / 42] >> bit % 42 & 1) != 0;
        coins[bit / 8] = static_cast<std::uint8_t>(coins[bit / 8] | heads << bit % 8);
      }
      std::vector<std::int8_t> noise(count);
      row->toss_coins(coins.data(), count, noise.data());
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(noise[i], std::popcount(words[i] & 0x1FFFFF) - std::popcount(words[i] >> 21));
      }
    }
  }
}

TEST(Kernels, EveryRowPlacesSlotsExactly) {
  std::mt19937_64 engine(19);
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t t : {562949952847873ULL, 97ULL}) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(t));
      const Modulus modulus(t);
      for (const std::size_t count : {0U, 1U, 7U, 8U, 100U}) {
        std::vector<std::int64_t> values(count);
        for (auto& value : values) value = modulus.centre(engine() % t);
        if (count > 3) values[0] = modulus.centre(t / 2), values[1] = -values[0], values[2] = 0;
        std::vector<std::uint32_t> places(count);
        for (std::size_t i = 0; i < count; ++i) places[i] = static_cast<std::uint32_t>(i);
        std::shuffle(places.begin(), places.end(), engine);
        for (const bool indicator : {false, true}) {
          const std::int64_t equals = count == 0 ? 0 : values[count / 2];
          std::vector<std::uint64_t> message(count);
          row->place_slots(
              {values.data(), count, indicator, equals, t, places.data(), message.data()});
          for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t slot = indicator ? static_cast<std::uint64_t>(values[i] == equals)
                                                 : modulus.reduce_signed(values[i]);
            ASSERT_EQ(message[places[i]], slot) << i;
          }
        }
      }
    }
  }
}

TEST(Kernels, EveryRowScalesWordsExactly) {
  std::mt19937_64 engine(21);
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t t : {1125899906826241ULL, 562949952847873ULL, 97ULL}) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(t));
      const Modulus modulus(t);
      for (const std::size_t count : {0U, 1U, 7U, 8U, 1000U}) {
        auto words = random_words(engine, count, t);
        if (count > 1) words[0] = t - 1, words[1] = 0;
        for (const std::uint64_t factor : {std::uint64_t{0}, t - 1, engine() % t}) {
          std::vector<std::uint64_t> out(count);
          row->scale_words(
              {count, t, factor, modulus.shoup(factor).quotient >> 12, words.data(), out.data()});
          for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(out[i], modulus.multiply(factor, words[i])) << i;
          }
        }
      }
    }
  }
}

TEST(Kernels, EveryRowSeesAValueOutside) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  for (const Kernels* row : supported_kernels()) {
    SCOPED_TRACE(row->name);
    for (std::size_t count = 1; count < 40; ++count) {
      std::vector<std::int64_t> values(count, -100);
      values[0] = 100;
      ASSERT_TRUE(row->within(values.data(), count, 100));
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::int64_t bad : {std::int64_t{101}, std::int64_t{-101}, kMin, ~kMin}) {
          auto worse = values;
          worse[i] = bad;
          ASSERT_FALSE(row->within(worse.data(), count, 100)) << i << " " << bad;
        }
      }
    }
    EXPECT_TRUE(row->within(nullptr, 0, 100));
  }
}

}  // namespace
}  // namespace cryptonet::he::arith

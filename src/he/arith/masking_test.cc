// SPDX-License-Identifier: Apache-2.0
// Lifting and masking of every row of the table against arithmetic on whole integers.
#include <gtest/gtest.h>

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

TEST(Kernels, EveryRowLiftsPhasesExactly) {
  std::mt19937_64 engine(13);
  const std::uint64_t t = 562949952847873;
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t q : {281474976694273ULL, 281474976317441ULL, 65537ULL}) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(q));
      const Modulus modulus(q);
      for (const std::size_t count : {8U, 13U, 1024U}) {
        auto message = random_words(engine, count, t);
        message[0] = 0, message[1] = t - 1, message[2] = t / 2, message[3] = t / 2 + 1;
        std::vector<std::int8_t> noise(count);
        for (auto& e : noise) e = static_cast<std::int8_t>(static_cast<int>(engine() % 43) - 21);
        noise[1] = -21, noise[2] = 21, noise[3] = -21;
        std::vector<std::uint64_t> out(count);
        row->lift_phase({count, message.data(), noise.data(), t, q,
                         static_cast<std::uint64_t>((Uint128{1} << 64) / q), (22 * t / q + 1) * q,
                         out.data()});
        for (std::size_t i = 0; i < count; ++i) {
          const std::int64_t centred = Modulus(t).centre(message[i]);
          const std::int64_t phase = centred + static_cast<std::int64_t>(t) * noise[i];
          ASSERT_EQ(out[i], modulus.reduce_signed(phase)) << i;
        }
      }
    }
  }
}

TEST(Kernels, EveryRowMasksColumnsExactly) {
  std::mt19937_64 engine(14);
  for (const Kernels* row : supported_kernels()) {
    for (const std::uint64_t q : {281474976694273ULL, 281474976317441ULL, 65537ULL}) {
      SCOPED_TRACE(std::string(row->name) + " " + std::to_string(q));
      const Modulus modulus(q);
      for (const std::size_t count : {1U, 8U, 21U, 512U}) {
        auto phase = random_words(engine, count, q);
        auto mask = random_words(engine, count, q);
        auto secret = random_words(engine, count, q);
        auto hint = random_words(engine, count, q);
        phase[0] = 0, mask[0] = q - 1, secret[0] = q - 1, hint[0] = q - 1;
        std::vector<std::uint64_t> quotients(count);
        for (std::size_t i = 0; i < count; ++i) quotients[i] = modulus.shoup(mask[i]).quotient;
        const auto before = hint;
        base::Bytes packed(6 * count);
        row->mask_column({count, q, phase.data(), mask.data(), quotients.data(), secret.data(),
                          hint.data(), packed.data()});
        std::vector<std::uint64_t> b(count);
        base::unpack_u48(packed, b);
        for (std::size_t i = 0; i < count; ++i) {
          const std::uint64_t expected =
              modulus.subtract(phase[i], modulus.multiply(mask[i], secret[i]));
          ASSERT_EQ(b[i], expected) << i;
          ASSERT_EQ(hint[i], modulus.add(before[i], modulus.multiply(mask[i], expected))) << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace cryptonet::he::arith

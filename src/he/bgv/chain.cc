// SPDX-License-Identifier: Apache-2.0
#include "he/bgv/chain.h"

#include <algorithm>

#include "base/hash.h"
#include "he/bgv/accountant.h"

namespace cryptonet::he::bgv {
namespace {
constexpr std::uint64_t kSealSchemeBgv = 3;
}

LevelId level_id(std::uint64_t ring_degree, std::span<const std::uint64_t> ciphertext_moduli,
                 std::uint64_t plaintext_modulus) {
  base::ByteWriter words;
  words.u64(kSealSchemeBgv);
  words.u64(ring_degree);
  for (const std::uint64_t prime : ciphertext_moduli) words.u64(prime);
  words.u64(plaintext_modulus);
  LevelId id{};
  base::Blake2bStream hash({}, id.size());
  hash.update(words.bytes());
  hash.finish(id);
  return id;
}

base::Result<Chain> Chain::create(const BgvParameters& key_level) {
  CN_ASSIGN(auto ring, ring::Ring::create(key_level.ring_degree(), key_level.ciphertext_moduli()));
  Chain chain(key_level, std::move(ring));
  if (chain.last_primes() > chain.data_primes()) {
    return base::Error(base::ErrorCode::kBadInput, "bgv.plaintext_modulus",
                       "BGV parameters: the plaintext modulus is above the product of the data "
                       "primes",
                       "take more ciphertext primes or a smaller plaintext modulus");
  }
  return chain;
}

Chain::Chain(const BgvParameters& parameters, ring::Ring ring)
    : parameters_(parameters),
      ring_(std::move(ring)),
      plaintext_modulus_(parameters.plaintext_modulus()) {
  const auto primes = parameters.ciphertext_moduli();
  const arith::Modulus& t = plaintext_modulus_;
  while (last_primes_ <= primes.size() && product_of(primes.first(last_primes_)) <= t.value()) {
    ++last_primes_;
  }
  for (std::size_t divisor = 0; divisor < primes.size(); ++divisor) {
    ids_.push_back(level_id(parameters.ring_degree(), primes.first(divisor + 1), t.value()));
    inverses_mod_t_.push_back(t.invert(t.reduce(primes[divisor])));
    auto& inverses = inverses_.emplace_back();
    for (std::size_t prime = 0; prime < divisor; ++prime) {
      const arith::Modulus& q = ring_.modulus(prime);
      inverses.push_back(q.shoup(q.invert(q.reduce(primes[divisor]))));
    }
  }
}

std::optional<std::size_t> Chain::primes_of(const LevelId& id) const {
  const auto found = std::find(ids_.begin(), ids_.end(), id);
  const auto primes = static_cast<std::size_t>(found - ids_.begin()) + 1;
  if (found == ids_.end() || primes < last_primes_) return std::nullopt;
  return primes;
}

void Chain::divide(std::span<std::uint64_t> words, std::size_t primes,
                   std::span<std::uint64_t> last, std::size_t divisor) const {
  CHECK(primes <= divisor && words.size() == primes * ring_degree());
  const arith::Modulus& t = plaintext_modulus_;
  const arith::Modulus& p = ring_.modulus(divisor);
  const arith::ShoupFactor minus_inverse = t.shoup(t.negate(inverses_mod_t_[divisor]));
  ring_.table(divisor).inverse(last);
  base::SecretVector<std::uint64_t> delta(ring_degree());
  for (std::size_t j = 0; j < primes; ++j) {
    const arith::Modulus& q = ring_.modulus(j);
    const std::uint64_t p_mod_q = q.reduce(p.value());
    for (std::size_t i = 0; i < delta.size(); ++i) {
      // k = -c/p mod t makes c + k*p a multiple of t
      const std::uint64_t k = t.multiply(minus_inverse, last[i]);
      delta[i] = q.reduce(arith::Uint128{k} * p_mod_q + last[i]);
    }
    ring_.table(j).forward(delta.span());
    const auto out = words.subspan(j * ring_degree(), ring_degree());
    for (std::size_t i = 0; i < delta.size(); ++i) {
      out[i] = q.multiply(inverses_[divisor][j], q.subtract(out[i], delta[i]));
    }
  }
}

std::uint64_t Chain::lift(std::uint64_t m, std::size_t prime) const {
  const arith::Modulus& q = ring_.modulus(prime);
  // m - t for the upper half, without a branch: the message may be secret
  const std::uint64_t t = plaintext_modulus_.value();
  const std::uint64_t upper = 0 - ((t / 2 - m) >> 63);
  return q.reduce_signed(static_cast<std::int64_t>(m - (t & upper)));
}

std::vector<std::uint64_t> Chain::lift_message(std::span<const std::uint64_t> message,
                                               std::size_t primes) const {
  CHECK(message.size() <= ring_degree());
  std::vector<std::uint64_t> words(primes * ring_degree());
  for (std::size_t j = 0; j < primes; ++j) {
    const auto out = std::span(words).subspan(j * ring_degree(), ring_degree());
    for (std::size_t i = 0; i < message.size(); ++i) out[i] = lift(message[i], j);
    ring_.table(j).forward(out);
  }
  return words;
}

}  // namespace cryptonet::he::bgv

// SPDX-License-Identifier: Apache-2.0
#include "he/secret/encryptor.h"

#include <algorithm>
#include <string>

#include "base/declassify.h"
#include "he/ring/sampling.h"

namespace cryptonet::he::secret {
namespace {

base::Status check_message(const bgv::Chain& chain, const bgv::Message& message) {
  const std::uint64_t t = chain.plaintext_modulus().value();
  bool inside = message.coefficients.size() <= chain.ring_degree();
  for (const std::uint64_t coefficient : message.coefficients) inside &= coefficient < t;
  if (!base::declassified(inside)) {  // public: it is what the refusal says
    return base::Error(base::ErrorCode::kBadInput, "bgv.message",
                       "encrypt: a message has at most " + std::to_string(chain.ring_degree()) +
                           " coefficients, each below the plaintext modulus",
                       "encode it with the same parameters");
  }
  return base::ok();
}

ring::KeyStream fresh_stream(base::Randomness& randomness) {
  base::Secret<32> key;
  randomness.fill(key.span());
  return ring::KeyStream(key.span());
}

/// words += the transform of t * e, for fresh noise e.
void add_noise(const bgv::Chain& chain, ring::KeyStream& stream, bgv::Ciphertext& out,
               std::size_t polynomial) {
  base::SecretVector<std::int8_t> noise(chain.ring_degree());
  ring::sample_noise(stream, noise.span());
  base::SecretVector<std::uint64_t> words(chain.ring_degree());
  for (std::size_t j = 0; j < out.primes(); ++j) {
    const arith::Modulus& q = chain.ring().modulus(j);
    const std::uint64_t t = q.reduce(chain.plaintext_modulus().value());
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = q.multiply(t, q.reduce_signed(noise[i]));
    }
    chain.ring().table(j).forward(words.span());
    const auto sum = out.residue(polynomial, j);
    for (std::size_t i = 0; i < words.size(); ++i) sum[i] = q.add(sum[i], words[i]);
  }
}

/// c_0 = -(a*s + t*e) for the c_1 = a that stands there.
void close_zero(const bgv::Chain& chain, const TernarySecret& secret, ring::KeyStream& stream,
                bgv::Ciphertext& out) {
  add_noise(chain, stream, out, 0);
  for (std::size_t j = 0; j < out.primes(); ++j) {
    const arith::Modulus& q = chain.ring().modulus(j);
    const auto c0 = out.residue(0, j);
    const auto a = out.residue(1, j);
    const auto s = secret.poly().residue(j);
    for (std::size_t i = 0; i < c0.size(); ++i) {
      c0[i] = q.negate(q.add(c0[i], q.multiply(a[i], s[i])));
    }
  }
}

void add_message(const bgv::Chain& chain, const bgv::Message& message, bgv::Ciphertext& out) {
  auto lifted = chain.lift_message(message.coefficients, out.primes());
  for (std::size_t j = 0; j < out.primes(); ++j) {
    const arith::Modulus& q = chain.ring().modulus(j);
    const auto c0 = out.residue(0, j);
    for (std::size_t i = 0; i < c0.size(); ++i) {
      c0[i] = q.add(c0[i], lifted[j * c0.size() + i]);
    }
  }
  base::wipe(lifted.data(), lifted.size() * sizeof(std::uint64_t));
}

}  // namespace

bgv::Ciphertext encrypt_zero(const bgv::Chain& chain, const TernarySecret& secret,
                             std::size_t primes, base::Randomness& randomness) {
  bgv::Ciphertext out(chain, primes, 2);
  ring::KeyStream masks = fresh_stream(randomness);
  for (std::size_t j = 0; j < primes; ++j) {
    ring::sample_uniform(masks, chain.ring().modulus(j), out.residue(1, j));
  }
  ring::KeyStream noise = fresh_stream(randomness);
  close_zero(chain, secret, noise, out);
  return out;
}

SeededCiphertext encrypt_zero_seeded(const bgv::Chain& chain, const TernarySecret& secret,
                                     std::size_t primes, base::Randomness& randomness) {
  SeededCiphertext made{bgv::Ciphertext(chain, primes, 2), {}};
  randomness.fill(made.seed.bytes);
  base::declassify(made.seed.bytes.data(), made.seed.bytes.size());  // it travels
  seal::expand_seed(made.seed, chain, primes, made.ciphertext.polynomial(1));
  ring::KeyStream noise = fresh_stream(randomness);
  close_zero(chain, secret, noise, made.ciphertext);
  return made;
}

base::Result<bgv::Ciphertext> encrypt_symmetric(const bgv::Chain& chain,
                                                const TernarySecret& secret,
                                                const bgv::Message& message,
                                                base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_message(chain, message));
  auto out = encrypt_zero(chain, secret, chain.data_primes(), randomness);
  add_message(chain, message, out);
  return out;
}

base::Result<SeededCiphertext> encrypt_seeded(const bgv::Chain& chain, const TernarySecret& secret,
                                              const bgv::Message& message,
                                              base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_message(chain, message));
  auto made = encrypt_zero_seeded(chain, secret, chain.data_primes(), randomness);
  add_message(chain, message, made.ciphertext);
  return made;
}

base::Result<bgv::Ciphertext> encrypt_public(const bgv::Chain& chain, const bgv::PublicKey& key,
                                             const bgv::Message& message,
                                             base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_message(chain, message));
  if (key.zero.level() != chain.id(chain.key_primes()) || key.zero.polynomials() != 2) {
    return base::Error(base::ErrorCode::kBadInput, "bgv.keys",
                       "encrypt: the public key is of another chain",
                       "make it with the same parameters");
  }
  ring::KeyStream stream = fresh_stream(randomness);
  base::SecretVector<std::int8_t> coefficients(chain.ring_degree());
  ring::sample_ternary(stream, coefficients.span());
  base::SecretVector<std::uint64_t> u(chain.ring_degree());
  bgv::Ciphertext out(chain, chain.data_primes(), 2);
  for (std::size_t j = 0; j < out.primes(); ++j) {
    const arith::Modulus& q = chain.ring().modulus(j);
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = q.reduce_signed(coefficients[i]);
    chain.ring().table(j).forward(u.span());
    for (std::size_t k = 0; k < 2; ++k) {
      const auto words = out.residue(k, j);
      const auto p = key.zero.residue(k, j);
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = q.multiply(p[i], u[i]);
    }
  }
  add_noise(chain, stream, out, 0);
  add_noise(chain, stream, out, 1);
  add_message(chain, message, out);
  return out;
}

}  // namespace cryptonet::he::secret

// SPDX-License-Identifier: Apache-2.0
// SEAL reads one word for every coefficient first; then, prime by prime, a word at or above the
// largest multiple of q that it takes is replaced by the stream's next ones.
#include "he/seal/seed.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "he/seal/blake2xb.h"

namespace cryptonet::he::seal {
namespace {

constexpr std::size_t kBlockBytes = 4096;

void shake256(base::ByteView seed, base::ByteView counter, std::span<std::uint8_t> out) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  CHECK(context != nullptr);
  CHECK(EVP_DigestInit_ex(context.get(), EVP_shake256(), nullptr) == 1);
  CHECK(EVP_DigestUpdate(context.get(), seed.data(), seed.size()) == 1);
  CHECK(EVP_DigestUpdate(context.get(), counter.data(), counter.size()) == 1);
  CHECK(EVP_DigestFinalXOF(context.get(), out.data(), out.size()) == 1);
}

class SeedStream {
 public:
  explicit SeedStream(const Seed& seed) : seed_(seed) {}

  std::uint64_t next() {
    if (place_ == block_.size()) refill();
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{block_[place_ + i]} << (8 * i);
    place_ += 8;
    return word;
  }

 private:
  void refill() {
    base::ByteWriter counter;
    counter.u64(blocks_++);
    if (seed_.kind == SeedKind::kBlake2xb) {
      blake2xb(seed_.bytes, counter.bytes(), block_);
    } else {
      shake256(seed_.bytes, counter.bytes(), block_);
    }
    place_ = 0;
  }

  const Seed& seed_;
  std::array<std::uint8_t, kBlockBytes> block_{};
  std::size_t place_ = kBlockBytes;
  std::uint64_t blocks_ = 0;
};

}  // namespace

void expand_seed(const Seed& seed, const bgv::Chain& chain, std::size_t primes,
                 std::span<std::uint64_t> words) {
  CHECK(words.size() == primes * chain.ring_degree());
  SeedStream stream(seed);
  for (std::uint64_t& word : words) word = stream.next();
  constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};
  for (std::size_t j = 0; j < primes; ++j) {
    const arith::Modulus& q = chain.ring().modulus(j);
    const std::uint64_t limit = kAllOnes - kAllOnes % q.value() - 1;
    for (std::uint64_t& word : words.subspan(j * chain.ring_degree(), chain.ring_degree())) {
      while (word >= limit) word = stream.next();
      word = q.reduce(word);
    }
  }
}

}  // namespace cryptonet::he::seal

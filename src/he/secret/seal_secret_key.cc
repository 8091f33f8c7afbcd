// SPDX-License-Identifier: Apache-2.0
#include "he/secret/seal_secret_key.h"

#include "he/seal/object_writer.h"

namespace cryptonet::he::secret {
namespace {
constexpr std::uint64_t kScaleOne = 0x3FF0000000000000;  // the double 1.0
constexpr std::size_t kPrefixBytes = seal::kHeaderBytes + 32 + 8 + 8 + seal::kHeaderBytes + 8;
}  // namespace

base::Result<TernarySecret> read_secret_key(const bgv::Chain& chain, base::ByteView bytes) {
  seal::ObjectReader in("secret key", bytes);
  bgv::LevelId id{};
  in.bytes(id);
  if (in.ok() && id != chain.id(chain.key_primes())) {
    in.fail("parms_id", "is not the key level of these parameters");
  }
  in.expect(chain.ring().words(), "coeff_count");
  in.expect(kScaleOne, "scale");
  in.array(chain.ring().words(), "data");
  base::SecretVector<std::uint64_t> words(chain.ring().words());
  for (std::size_t j = 0; j < chain.key_primes(); ++j) {
    in.words(words.span().subspan(j * chain.ring_degree(), chain.ring_degree()),
             chain.ring().modulus(j).value(), "words");
  }
  CN_RETURN_IF_ERROR(in.finish());
  return TernarySecret::from_words(chain.ring(), words.span());
}

base::Bytes write_secret_key(const bgv::Chain& chain, const TernarySecret& secret) {
  base::ByteWriter out(kPrefixBytes + 8 * chain.ring().words());
  seal::write_header(out, kPrefixBytes - seal::kHeaderBytes + 8 * chain.ring().words());
  out.raw(chain.id(chain.key_primes()));
  out.u64(chain.ring().words());
  out.u64(kScaleOne);
  seal::write_array(out, secret.poly().words());
  return std::move(out).take();
}

}  // namespace cryptonet::he::secret

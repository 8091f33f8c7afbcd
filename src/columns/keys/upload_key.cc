// SPDX-License-Identifier: Apache-2.0
// Every derivation is HKDF-SHA-256 with an info that begins with its own length-prefixed label.
#include "columns/keys/upload_key.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "base/hash.h"
#include "columns/format/sealed_key.h"
#include "he/ring/sampling.h"

namespace cryptonet::columns::keys {
namespace {

constexpr std::string_view kSalt = "cryptonet masked columns 1";

base::ByteWriter labelled(std::string_view label) {
  base::ByteWriter info;
  info.block(base::view_of(label));
  return info;
}

base::Secret<32> derive(base::ByteView input_key, const base::ByteWriter& info) {
  base::Secret<32> derived;
  base::hkdf_sha256(input_key, base::view_of(kSalt), info.bytes(), derived.span());
  return derived;
}

/// What the coefficients of s_c are drawn from.
he::ring::KeyStream column_stream(const UploadKey& key, const format::ParameterSet& set,
                                  const format::ColumnId& column) {
  base::ByteWriter info = labelled("column secret");
  info.u8(static_cast<std::uint8_t>(set.id));
  info.raw(column.bytes);
  const base::Secret<32> stream_key = derive(key.span(), info);
  return he::ring::KeyStream(stream_key.span());
}

}  // namespace

const he::ring::Ring& ring_of(const format::ParameterSet& set) {
  static std::mutex mutex;
  static auto& rings = *new std::map<std::vector<std::uint64_t>, he::ring::Ring>;
  const auto& primes = set.bgv.ciphertext_moduli();
  std::vector<std::uint64_t> name(primes.begin(), primes.end());
  name.push_back(set.ring_degree());
  const std::lock_guard lock(mutex);
  const auto found = rings.find(name);
  if (found != rings.end()) return found->second;
  return rings.emplace(name, *he::ring::Ring::create(set.ring_degree(), primes)).first->second;
}

base::SecretVector<std::int8_t> derive_column_coefficients(const UploadKey& key,
                                                           const format::ParameterSet& set,
                                                           const format::ColumnId& column) {
  he::ring::KeyStream stream = column_stream(key, set, column);
  base::SecretVector<std::int8_t> coefficients(set.ring_degree());
  he::ring::sample_ternary(stream, coefficients.span());
  return coefficients;
}

he::secret::TernarySecret derive_column_secret(const UploadKey& key,
                                               const format::ParameterSet& set,
                                               const he::ring::Ring& ring,
                                               const format::ColumnId& column) {
  he::ring::KeyStream stream = column_stream(key, set, column);
  return he::secret::TernarySecret::sample(ring, stream);
}

std::uint64_t derive_alpha(const UploadKey& key, const format::ParameterSet& set, unsigned check) {
  CHECK(check < set.check_columns && check < format::kMaxChecks);
  base::ByteWriter info = labelled(check == 0 ? "alpha" : "second alpha");
  info.u8(static_cast<std::uint8_t>(set.id));
  info.u64(set.bgv.plaintext_modulus());
  const base::Secret<32> stream_key = derive(key.span(), info);
  he::ring::KeyStream stream(stream_key.span());
  std::uint64_t alpha = 0;
  he::ring::sample_uniform_nonzero(stream, he::arith::Modulus(set.bgv.plaintext_modulus()),
                                   {&alpha, 1});
  return alpha;
}

Alphas::Alphas(const UploadKey& key, const format::ParameterSet& set) {
  for (unsigned check = 0; check < set.check_columns; ++check) {
    values_[check] = derive_alpha(key, set, check);
  }
}

base::Digest commitment_to(const UploadKey& key, const format::UploadId& upload) {
  base::ByteWriter info = labelled("key commitment");
  info.raw(upload.bytes);
  const base::Secret<32> derived = derive(key.span(), info);
  base::Digest commitment{};
  std::copy(derived.span().begin(), derived.span().end(), commitment.begin());
  return commitment;
}

base::Secret<32> derive_legend_key(const UploadKey& key, const format::UploadId& upload) {
  base::ByteWriter info = labelled("legend");
  info.raw(upload.bytes);
  return derive(key.span(), info);
}

base::Secret<32> derive_sealing_key(const base::Secret<32>& x25519_result,
                                    const base::Secret<32>& enrolment_secret,
                                    const format::UploadId& upload, const SealingKeys& keys) {
  base::Secret<64> input;
  std::copy(x25519_result.span().begin(), x25519_result.span().end(), input.span().begin());
  std::copy(enrolment_secret.span().begin(), enrolment_secret.span().end(),
            input.span().begin() + 32);
  base::ByteWriter info = labelled("seal upload key");
  info.u32(format::kSealingSuite);
  info.raw(upload.bytes);
  info.raw(keys.ephemeral);
  info.raw(keys.gatekeeper);
  return derive(input.span(), info);
}

}  // namespace cryptonet::columns::keys

// SPDX-License-Identifier: Apache-2.0
// The upload key K and what derives from it: the columns' secrets, alpha, the commitment in the
// manifest, the legend's key; and the key under which K itself is sealed. Shared by columns/encrypt
// and columns/open, and closed to everybody else.
#pragma once

#ifndef CRYPTONET_LINKS_COLUMNS_KEYS
#error "columns/keys is for holders of upload keys only: link cn_columns_encrypt or cn_columns_open"
#endif

#include "base/secret_memory.h"
#include "columns/format/ids.h"
#include "columns/format/parameter_set.h"
#include "he/secret/ternary_secret.h"

namespace cryptonet::columns::keys {

/// K: 32 fresh bytes for each run of `encrypt`.
using UploadKey = base::Secret<32>;

/// The ring of a parameter set's ciphertexts: made once and for good, because its tables take a
/// millisecond.
const he::ring::Ring& ring_of(const format::ParameterSet& set);
/// s_c by its coefficients -1, 0 and 1, the same over all units and chunks of the upload.
base::SecretVector<std::int8_t> derive_column_coefficients(const UploadKey& key,
                                                           const format::ParameterSet& set,
                                                           const format::ColumnId& column);
/// The same in transformed form.
he::secret::TernarySecret derive_column_secret(const UploadKey& key,
                                               const format::ParameterSet& set,
                                               const he::ring::Ring& ring,
                                               const format::ColumnId& column);
/// alpha in [1, t): what the check columns of this number (below set.check_columns) are multiplied
/// by; independent of the others.
std::uint64_t derive_alpha(const UploadKey& key, const format::ParameterSet& set, unsigned check);
/// All of a set, those that it has not being 0. Wiped with the object.
class Alphas {
 public:
  Alphas() = default;
  Alphas(const UploadKey& key, const format::ParameterSet& set);
  ~Alphas() { base::wipe(values_.data(), sizeof(values_)); }
  Alphas(const Alphas&) = delete;
  Alphas& operator=(const Alphas&) = delete;
  std::uint64_t operator[](unsigned check) const { return values_[check]; }

 private:
  std::array<std::uint64_t, format::kMaxChecks> values_{};
};
/// Binds the manifest to K and says nothing about it.
base::Digest commitment_to(const UploadKey& key, const format::UploadId& upload);
/// The key of the legend's AEAD.
base::Secret<32> derive_legend_key(const UploadKey& key, const format::UploadId& upload);

/// Both public keys of a sealing.
struct SealingKeys {
  std::span<const std::uint8_t, 32> ephemeral;
  std::span<const std::uint8_t, 32> gatekeeper;
};
/// HKDF(X25519 result || enrolment secret; label, suite, upload id, both public keys).
base::Secret<32> derive_sealing_key(const base::Secret<32>& x25519_result,
                                    const base::Secret<32>& enrolment_secret,
                                    const format::UploadId& upload, const SealingKeys& keys);

}  // namespace cryptonet::columns::keys

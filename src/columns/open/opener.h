// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's half of masked columns: numbers from the cloud and hints from the contributor
// in, checked integers out. No polynomial from the cloud can be passed in: the only things taken
// from it are Residues. Every opening that fails gives the same error, whatever the reason.
#pragma once

#ifndef CRYPTONET_LINKS_COLUMNS_OPEN
#error \
    "columns/open is for holders of upload keys only: name cn_columns_open among the target's DEPS"
#endif

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/secret_memory.h"
#include "base/threads.h"
#include "columns/format/hints.h"
#include "columns/format/sealed_key.h"
#include "columns/format/totals.h"
#include "columns/keys/upload_key.h"
#include "columns/open/checked_pair.h"
#include "columns/open/phase_bound.h"
#include "columns/open/unit_hints.h"

namespace cryptonet::columns::open {

using keys::UploadKey;

/// kIntegrity (uniform) when the key does not open or does not match the manifest's commitment.
base::Result<UploadKey> unseal_key(const format::Manifest& manifest,
                                   const format::SealedKey& sealed,
                                   const base::Secret<32>& gatekeeper_secret_key,
                                   const base::Secret<32>& enrolment_secret);
/// kIntegrity when the legend does not match the manifest's hash or the key.
base::Result<base::Bytes> unseal_legend(const format::Manifest& manifest, const UploadKey& key,
                                        base::ByteView sealed_legend);

/// Both ends belong to the range.
struct IntegerRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// A number of the cloud, and the key's part of it.
struct MaskedNumber {
  format::Residues total{};
  format::Residues key_part{};
};

class UploadOpener {
 public:
  static base::Result<UploadOpener> create(std::shared_ptr<const format::Manifest> manifest,
                                           const UploadKey& key);
  /// With a copy of the manifest.
  static base::Result<UploadOpener> create(const format::Manifest& manifest, const UploadKey& key) {
    return create(std::make_shared<const format::Manifest>(manifest), key);
  }
  ~UploadOpener();
  UploadOpener(UploadOpener&&) noexcept;

  /// The key-dependent parts of totals of one unit, one number per prime each, in the order of the
  /// pairs. `hints` are of this manifest; pieces of them stay for the next call.
  base::Result<std::vector<format::Residues>> key_parts(std::span<const format::ColumnPair> pairs,
                                                        UnitHints& hints,
                                                        base::ThreadPool& pool) const;
  /// The same for one pair, on one thread, from the unit's whole hint file.
  base::Result<format::Residues> key_part(std::uint32_t unit, const format::ColumnPair& pair,
                                          base::ByteView hint_file) const;

  /// Opens M and every C_i: |phase| <= bound + q/8 for all, then C_i = alpha_i*M mod t for all,
  /// then `range`. The uniform error otherwise (code kIntegrity, rule "open"). `pair` and `checks`
  /// hold one check for each alpha of the upload's parameter set. Constant in its wording, and in
  /// its time.
  base::Result<std::int64_t> open_checked(std::uint32_t unit, const CheckedPair& pair,
                                          const MaskedNumber& value,
                                          std::span<const MaskedNumber> checks,
                                          const IntegerRange& range) const;

 private:
  struct State;
  explicit UploadOpener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The one error of every failed opening.
base::Error opening_refused();

}  // namespace cryptonet::columns::open

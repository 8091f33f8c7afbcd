// SPDX-License-Identifier: Apache-2.0
// What the gatekeeper asks of the cloud and what comes back: column pairs and units in, one number
// per prime out. Octet streams (docs/formats/totals.md). Nothing else ever comes from the cloud
// into an opening.
#pragma once

#include "columns/format/manifest.h"

namespace cryptonet::columns::format {

inline constexpr std::uint32_t kNoColumn = 0xFFFFFFFF;
inline constexpr std::size_t kMaxTotalsPerRequest = 1U << 20;

/// Two columns of one manifest, left <= right; right == kNoColumn asks for the sum of `left` alone.
struct ColumnPair {
  std::uint32_t left = 0;
  std::uint32_t right = kNoColumn;
  auto operator<=>(const ColumnPair&) const = default;
};
/// The canonical order, so that one total has one name (and one blinding).
ColumnPair make_pair(std::uint32_t a, std::uint32_t b = kNoColumn);

/// Every pair for every unit. Units are indexes into the manifest, strictly increasing; so are the
/// pairs.
struct TotalsRequest {
  UploadId upload;
  base::Digest manifest_digest{};
  std::vector<std::uint32_t> units;
  std::vector<ColumnPair> pairs;
  /// The cloud first forgets what it keeps of this upload: totals, and which segments it proved.
  bool prove_anew = false;
};
base::Bytes write_totals_request(const TotalsRequest& request);
/// Form only (order, limits); whether ids and indexes exist is checked against the manifest by the
/// caller.
base::Result<TotalsRequest> parse_totals_request(base::ByteView bytes);

/// totals[unit position * pairs + pair position].
base::Bytes write_totals_reply(const ParameterSet& set, std::span<const Residues> totals);
/// kIntegrity when the count or a number (must be < its prime) is wrong.
base::Result<std::vector<Residues>> parse_totals_reply(const ParameterSet& set,
                                                       const TotalsRequest& request,
                                                       base::ByteView bytes);

}  // namespace cryptonet::columns::format

// SPDX-License-Identifier: Apache-2.0
// For tests and the benchmark: one whole upload in memory, with the real encryptor, manifest,
// segments and hint files of the contributor, the cloud's totals, and the gatekeeper's opener.
#pragma once

#include <sodium.h>

#include <mutex>
#include <random>

#include "base/hash.h"
#include "columns/encrypt/encryptor.h"
#include "columns/format/segment.h"
#include "columns/open/opener.h"
#include "columns/total/total.h"

namespace cryptonet::columns {

/// Reproducible bytes: two of the same seed are a cloned machine.
class ClonedRandomness final : public base::Randomness {
 public:
  explicit ClonedRandomness(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

using Source = std::vector<std::int64_t>;
/// Sources of one unit, all of one length.
using UnitRows = std::vector<Source>;

template <typename Tag>
format::Id<Tag> id_of(std::uint8_t number) {
  format::Id<Tag> id;
  id.bytes.fill(number);
  return id;
}

struct UploadForTest {
  const format::ParameterSet& set() const { return manifest->parameters(); }
  format::ManifestBody body;
  std::vector<std::vector<std::vector<base::Bytes>>> chunks;  ///< [unit][column][chunk]
  std::vector<base::Bytes> hint_files;
  base::Bytes legend;
  std::optional<format::Manifest> manifest;
  std::optional<format::SealedKey> sealed_key;
  std::optional<open::UploadOpener> opener;
  base::Secret<32> cloud_secret;
  base::Secret<32> gatekeeper_secret;
  base::Secret<32> enrolment_secret;
  base::Secret<64> signing_key;

  /// The segment file of consecutive chunks.
  base::Bytes segment_file(std::uint32_t unit, std::uint32_t column, std::uint32_t segment) const {
    const auto& all = chunks[unit][column];
    const std::uint32_t first = segment * format::kChunksPerSegment;
    const auto count = std::min<std::uint32_t>(format::kChunksPerSegment,
                                               static_cast<std::uint32_t>(all.size()) - first);
    base::Bytes file = format::write_segment_header(
        {body.parameter_set, body.upload, body.columns[column], body.units[unit].id, first, count});
    for (std::uint32_t i = 0; i < count; ++i) {
      file.insert(file.end(), all[first + i].begin(), all[first + i].end());
    }
    return file;
  }

  std::vector<base::ByteView> views(std::uint32_t unit, std::uint32_t column) const {
    return {chunks[unit][column].begin(), chunks[unit][column].end()};
  }

  /// What an honest cloud answers.
  format::Residues cloud(std::uint32_t unit, const format::ColumnPair& pair) const {
    const auto left = views(unit, pair.left);
    std::vector<base::ByteView> right;
    if (pair.right != format::kNoColumn) right = views(unit, pair.right);
    return total::blind(set(), cloud_secret, body.upload, body.units[unit].id, pair,
                        total::partial_total(set(), left, right));
  }

  static constexpr open::IntegerRange kAnyTotal = {-(std::int64_t{1} << 48), std::int64_t{1} << 48};
  /// checks[i] is what the cloud answers for pair.check(i).
  base::Result<std::int64_t> open_with_checks(std::uint32_t unit, const open::CheckedPair& pair,
                                              const format::Residues& total,
                                              std::span<const format::Residues> checks,
                                              open::IntegerRange range = kAnyTotal) const {
    CN_ASSIGN(const auto key_part, opener->key_part(unit, pair.value(), hint_files[unit]));
    std::vector<open::MaskedNumber> masked;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      CN_ASSIGN(const auto check_part, opener->key_part(unit, pair.check(i), hint_files[unit]));
      masked.push_back({checks[i], check_part});
    }
    return opener->open_checked(unit, pair, {total, key_part}, masked, range);
  }
  /// For sets of one check.
  base::Result<std::int64_t> open_with(std::uint32_t unit, const open::CheckedPair& pair,
                                       const format::Residues& total, const format::Residues& check,
                                       open::IntegerRange range = kAnyTotal) const {
    return open_with_checks(unit, pair, total, {&check, 1}, range);
  }

  std::vector<format::Residues> cloud_checks(std::uint32_t unit,
                                             const open::CheckedPair& pair) const {
    std::vector<format::Residues> checks;
    for (const format::ColumnPair& check : pair.checks()) checks.push_back(cloud(unit, check));
    return checks;
  }
  base::Result<std::int64_t> answer(std::uint32_t unit, const open::CheckedPair& pair) const {
    return open_with_checks(unit, pair, cloud(unit, pair.value()), cloud_checks(unit, pair));
  }
};

/// Encrypts, signs, seals, unseals and builds the opener. All steps must succeed.
inline UploadForTest make_upload(const std::vector<encrypt::ColumnPlan>& plans,
                                 const std::vector<UnitRows>& units, std::uint64_t seed,
                                 std::size_t threads = 2,
                                 const format::ParameterSet& set = format::wide_set()) {
  base::start_sodium();
  UploadForTest made;
  made.body.parameter_set = set.id;
  ClonedRandomness randomness(seed);
  base::ThreadPool pool(threads);
  for (auto* secret : {&made.cloud_secret, &made.gatekeeper_secret, &made.enrolment_secret}) {
    randomness.fill(secret->span());
  }
  base::Secret<32> device;
  randomness.fill(device.span());
  auto upload = *encrypt::UploadEncryptor::create(set, plans, device, randomness);
  made.body.upload = upload.upload();
  made.body.key_commitment = upload.key_commitment();
  crypto_sign_keypair(made.body.contributor_key.data(), made.signing_key.data());
  for (const auto& plan : plans) made.body.columns.push_back(plan.id);
  made.legend = upload.seal_legend(base::view_of("legend"));
  made.body.legend_hash = base::sha256(made.legend);

  for (std::size_t u = 0; u < units.size(); ++u) {
    format::UnitEntry entry;
    entry.id = id_of<format::UnitTag>(static_cast<std::uint8_t>(u + 1));
    auto& stored = made.chunks.emplace_back(plans.size());
    const encrypt::ChunkSink sink = [&](std::uint32_t column, std::uint32_t chunk,
                                        base::ByteView packed) {
      CHECK(stored[column].size() == chunk);
      stored[column].emplace_back(packed.begin(), packed.end());
      return base::ok();
    };
    auto unit = upload.open_unit(entry.id);
    const std::size_t rows = units[u].front().size();
    for (std::size_t start = 0; start < rows; start += set.ring_degree()) {
      std::vector<std::span<const std::int64_t>> sources;
      for (const Source& source : units[u]) {
        sources.push_back(
            std::span(source).subspan(start, std::min(set.ring_degree(), rows - start)));
      }
      CHECK(unit.encrypt_chunk(sources, pool, sink).ok());
    }
    const encrypt::UnitHints hints = *unit.close(pool, sink);
    entry.chunks = unit.chunks();
    entry.cap_of_totals = rows / 3;
    entry.shared_hint_hash = base::sha256(hints.shared);
    for (const auto& hint : hints.columns) entry.hint_hashes.push_back(base::sha256(hint));
    entry.segments.resize(plans.size());
    made.body.units.push_back(entry);
    const auto unit_index = static_cast<std::uint32_t>(u);
    for (std::uint32_t c = 0; c < plans.size(); ++c) {
      for (std::uint32_t s = 0; s * format::kChunksPerSegment < entry.chunks; ++s) {
        made.body.units[u].segments[c].push_back(base::sha256(made.segment_file(unit_index, c, s)));
      }
    }
    base::Bytes file = format::write_hint_header(made.body, unit_index);
    file.insert(file.end(), hints.shared.begin(), hints.shared.end());
    for (const auto& hint : hints.columns) file.insert(file.end(), hint.begin(), hint.end());
    made.hint_files.push_back(std::move(file));
  }
  std::array<std::uint8_t, 32> gatekeeper_public{};
  CHECK(crypto_scalarmult_base(gatekeeper_public.data(), made.gatekeeper_secret.data()) == 0);
  made.sealed_key =
      *upload.seal_key(gatekeeper_public, made.enrolment_secret, format::merkle_root_of(made.body));
  made.manifest = *format::Manifest::sign(made.body, made.signing_key);
  const open::UploadKey key = *open::unseal_key(*made.manifest, *made.sealed_key,
                                                made.gatekeeper_secret, made.enrolment_secret);
  made.opener.emplace(*open::UploadOpener::create(*made.manifest, key));
  return made;
}

/// Seeded rows: source 0 in +-largest, source 1 categories 0..3, source 2 all ones.
inline UnitRows random_rows(std::size_t rows, std::uint64_t seed, std::int64_t largest = 100000) {
  std::mt19937_64 engine(seed);
  UnitRows sources(3, Source(rows));
  for (std::size_t i = 0; i < rows; ++i) {
    sources[0][i] =
        static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(2 * largest + 1)) - largest;
    sources[1][i] = static_cast<std::int64_t>(engine() % 4);
    sources[2][i] = 1;
  }
  return sources;
}

/// x, check of x, indicator of category 2, weight, check of weight.
inline std::vector<encrypt::ColumnPlan> usual_plans() {
  return {{id_of<format::ColumnTag>(1), 0, std::nullopt, std::nullopt},
          {id_of<format::ColumnTag>(2), 0, std::nullopt, 0U},
          {id_of<format::ColumnTag>(3), 1, 2, std::nullopt},
          {id_of<format::ColumnTag>(4), 2, std::nullopt, std::nullopt},
          {id_of<format::ColumnTag>(5), 0, std::nullopt, 3U}};
}
inline constexpr std::uint32_t kX = 0;
inline constexpr std::uint32_t kXCheck = 1;
inline constexpr std::uint32_t kIndicator = 2;
inline constexpr std::uint32_t kWeight = 3;
inline const std::vector<std::optional<std::uint32_t>> kTwins = {1, std::nullopt, std::nullopt, 4,
                                                                 std::nullopt};

/// The same for a set of two checks: x, its checks, indicator, weight, its checks.
inline std::vector<encrypt::ColumnPlan> two_check_plans() {
  return {{id_of<format::ColumnTag>(1), 0, std::nullopt, std::nullopt, 0},
          {id_of<format::ColumnTag>(2), 0, std::nullopt, 0U, 0},
          {id_of<format::ColumnTag>(3), 0, std::nullopt, 0U, 1},
          {id_of<format::ColumnTag>(4), 1, 2, std::nullopt, 0},
          {id_of<format::ColumnTag>(5), 2, std::nullopt, std::nullopt, 0},
          {id_of<format::ColumnTag>(6), 0, std::nullopt, 4U, 0},
          {id_of<format::ColumnTag>(7), 0, std::nullopt, 4U, 1}};
}
inline constexpr std::uint32_t kTwoCheckIndicator = 3;
inline constexpr std::uint32_t kTwoCheckWeight = 4;
inline const std::vector<std::optional<std::uint32_t>> kTwoCheckTwins = {
    1, std::nullopt, std::nullopt, std::nullopt, 5, std::nullopt, std::nullopt};
inline open::CheckedPair two_check_pair(std::uint32_t tagged, std::optional<std::uint32_t> plain) {
  std::optional<open::PairSide> right;
  if (plain) right = open::PairSide{*plain, false};
  return *open::CheckedPair::create({kTwoCheckTwins, 2}, {tagged, true}, right);
}

inline open::CheckedPair sum_of(std::uint32_t column) {
  return *open::CheckedPair::create(kTwins, {column, true}, std::nullopt);
}
inline open::CheckedPair product_of(std::uint32_t tagged, std::uint32_t plain) {
  return *open::CheckedPair::create(kTwins, {tagged, true}, open::PairSide{plain, false});
}

}  // namespace cryptonet::columns

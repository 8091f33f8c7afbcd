// SPDX-License-Identifier: Apache-2.0
// The opening itself. Nothing of the reply is looked at before the upload's mutex is held and its
// frozen flag is read again, so that two questions cannot both take a strike.
#include "gatekeeper/verify/version_run.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/hash.h"
#include "columns/open/opener.h"
#include "gatekeeper/open/hint_tags.h"

namespace cryptonet::gatekeeper::verify {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using columns::format::ColumnPair;
using columns::format::Residues;

/// Below kMaxTotalsPerRequest, so that an answer comes within minutes and progress is kept.
constexpr std::size_t kTotalsPerRequest = std::size_t{1} << 16;

base::Bytes total_name(const state::UploadId& upload, const state::TotalName& name) {
  base::ByteWriter writer;
  writer.raw(upload.bytes);
  writer.u32(name.unit);
  writer.u32(name.pair.left);
  writer.u32(name.pair.right);
  return std::move(writer).take();
}

base::Bytes total_bytes(std::int64_t total) {
  base::ByteWriter writer;
  writer.u64(static_cast<std::uint64_t>(total));
  return std::move(writer).take();
}

/// row * rows, or the end of the 64-bit range that it passes.
std::int64_t times(std::int64_t row, std::uint64_t rows) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(row, rows, &product)) return product;
  return row < 0 ? Limits::min() : Limits::max();
}

Error dropped() {
  return Error(ErrorCode::kBadInput, "version.not_found",
               "a version of the dataset was dropped while the question ran", "ask again");
}

/// What a total over `rows` rows can be, each of which adds row_low to row_high.
columns::open::IntegerRange range_of(const plan::PlannedPair& pair, std::uint64_t rows) {
  return {times(pair.row_low, rows), times(pair.row_high, rows)};
}
}  // namespace

std::vector<Batch> make_batches(const std::vector<std::uint32_t>& units,
                                const std::vector<std::vector<std::size_t>>& missing) {
  std::map<std::vector<std::size_t>, std::vector<std::uint32_t>> same;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!missing[i].empty()) same[missing[i]].push_back(units[i]);
  }
  std::vector<Batch> batches;
  for (const auto& [pairs, all_units] : same) {
    // each with its checks
    constexpr std::size_t kPairs = kTotalsPerRequest / (1 + columns::format::kMaxChecks);
    for (std::size_t first = 0; first < pairs.size(); first += kPairs) {
      const auto begin = pairs.begin() + static_cast<std::ptrdiff_t>(first);
      const std::size_t count = std::min(kPairs, pairs.size() - first);
      const std::vector<std::size_t> part(begin, begin + static_cast<std::ptrdiff_t>(count));
      const std::size_t units_each = std::max<std::size_t>(1, kPairs / count);
      for (std::size_t u = 0; u < all_units.size(); u += units_each) {
        const auto from = all_units.begin() + static_cast<std::ptrdiff_t>(u);
        const auto to =
            from + static_cast<std::ptrdiff_t>(std::min(units_each, all_units.size() - u));
        batches.push_back({{from, to}, part});
      }
    }
  }
  return batches;
}

VersionRun::VersionRun(const Runner::Sources& sources, const Question& question,
                       const plan::PlannedVersion& planned, const open::LiveVersion& version)
    : sources_(sources),
      question_(question),
      plan_(question.plan),
      planned_(planned),
      version_(version),
      kept_(planned.units.size(), std::vector<std::optional<std::int64_t>>(plan_.pairs().size())),
      totals_(planned.units.size(), std::vector<std::int64_t>(plan_.pairs().size())) {
  for (std::size_t i = 0; i < planned.units.size(); ++i) unit_position_[planned.units[i]] = i;
}

Error VersionRun::failed(Error error) {
  if (error.code != ErrorCode::kIntegrity) return error;
  return sources_.freezer.freeze(version_.upload.id);
}

Status VersionRun::look_up() {
  std::vector<state::TotalName> names;
  for (const std::uint32_t unit : planned_.units) {
    for (const auto& pair : plan_.pairs()) names.push_back({unit, pair.pair.value()});
  }
  const auto& upload = version_.upload.id;
  CN_ASSIGN(const auto sealed, sources_.results.find_totals(upload, names));
  const std::size_t pairs = plan_.pairs().size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (sealed[i].empty()) continue;
    CN_ASSIGN(const auto clear, sources_.keys.unseal(keys::RecordKind::kOpenedTotal,
                                                     total_name(upload, names[i]), sealed[i]));
    base::ByteReader reader(clear.span());
    kept_[i / pairs][i % pairs] = static_cast<std::int64_t>(reader.u64());
    CHECK(reader.finished());
  }
  return base::ok();
}

Result<VersionRun::Reply> VersionRun::ask(Batch batch) const {
  Reply reply;
  CN_ASSIGN(const auto now, sources_.uploads.find(version_.upload.id));
  if (!now.has_value()) return dropped();
  reply.unfreezes = now->unfreezes;
  reply.request.prove_anew = now->awaits_proof();
  reply.request.upload = version_.upload.id;
  reply.request.manifest_digest = version_.upload.manifest_digest;
  reply.request.units = batch.units;
  std::set<ColumnPair> pairs;
  for (const std::size_t position : batch.pair_positions) {
    const columns::open::CheckedPair& pair = plan_.pairs()[position].pair;
    pairs.insert(pair.value());
    pairs.insert(pair.checks().begin(), pair.checks().end());
  }
  reply.request.pairs.assign(pairs.begin(), pairs.end());
  reply.batch = std::move(batch);
  CN_ASSIGN(reply.bytes, sources_.cloud.totals(reply.request));
  return reply;
}

Result<VersionRun::Totals> VersionRun::run(StageTimes& times) {
  using Clock = std::chrono::steady_clock;
  const auto ms_since = [](Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  CN_RETURN_IF_ERROR(look_up());
  std::vector<std::vector<std::size_t>> missing(planned_.units.size());
  for (std::size_t unit = 0; unit < missing.size(); ++unit) {
    for (std::size_t pair = 0; pair < plan_.pairs().size(); ++pair) {
      if (question_.anew || !kept_[unit][pair].has_value()) {
        missing[unit].push_back(pair);
      } else {
        totals_[unit][pair] = *kept_[unit][pair];
      }
    }
  }
  const std::vector<Batch> batches = make_batches(planned_.units, missing);
  for (const Batch& batch : batches) {
    const auto asked = Clock::now();
    CN_ASSIGN(const Reply reply, ask(batch));
    times.compute_ms += ms_since(asked);
    const auto begun = Clock::now();
    CN_RETURN_IF_ERROR(open(reply));
    times.open_ms += ms_since(begun);
  }
  return std::move(totals_);
}

Result<columns::open::UploadOpener> VersionRun::opener() {
  const auto& upload = version_.upload;
  CN_ASSIGN(const auto secret, sources_.catalogue.secret_of(upload));
  CN_ASSIGN(const state::Package package, sources_.files.read_package(upload.id));
  // The parsed manifest was proved when it was read; the file must still be that one.
  if (base::sha256(package.manifest) != upload.manifest_digest) {
    return failed(columns::open::opening_refused());
  }
  auto made =
      open::make_opener({sources_.keys, secret}, version_.parts.manifest, package.sealed_key);
  if (!made.ok()) return failed(made.take_error());
  return made;
}

Status VersionRun::open(const Reply& reply) {
  const auto mutex = sources_.locks.of(version_.upload.id);
  const std::lock_guard lock(*mutex);
  CN_ASSIGN(const auto now, sources_.uploads.find(version_.upload.id));
  if (!now.has_value() || now->state != state::UploadState::kPublished) {
    return dropped();
  }
  CN_RETURN_IF_ERROR(sources_.freezer.refuse_if_frozen(*now));
  if (now->unfreezes != reply.unfreezes) {  // it may hold what made the version freeze
    return Error(ErrorCode::kUnreachable, "version.unfrozen",
                 "a version of the dataset was unfrozen while the question ran", "ask again");
  }
  const std::uint64_t totals = reply.request.units.size() * reply.batch.pair_positions.size();
  CN_RETURN_IF_ERROR(sources_.uploads.count_openings(version_.upload.id, 1, totals));
  CN_ASSIGN(const auto upload_opener, opener());
  auto opened = open_reply(reply, upload_opener);
  if (!opened.ok()) return failed(opened.take_error());
  if (question_.on_opened) {
    CN_RETURN_IF_ERROR(question_.on_opened({*now, opened->size(), reply.batch.units.size()}));
  }
  if (reply.request.prove_anew) {
    CN_RETURN_IF_ERROR(sources_.uploads.note_proof(version_.upload.id, reply.unfreezes));
    spdlog::info("upload {} was unfrozen: the cloud has proved its segments anew",
                 version_.upload.id.hex());
  }
  return sources_.results.keep_totals(version_.upload.id, *opened);
}

Result<std::vector<Residues>> VersionRun::key_parts(std::uint32_t unit,
                                                    const std::vector<ColumnPair>& pairs,
                                                    const columns::open::UploadOpener& opener) {
  const auto& manifest = *version_.parts.manifest;
  CN_ASSIGN(const auto hint_file, sources_.files.map_hints(manifest, unit));
  const open::HintTags tags(sources_.keys, manifest, sources_.files.read_hint_tags(manifest, unit));
  columns::open::UnitHints hints(manifest, unit, hint_file.bytes(), &tags);
  CN_ASSIGN(auto parts, opener.key_parts(pairs, hints, sources_.pool));
  if (hints.proof_is_missing()) {
    const Status tagged = open::tag_hints(sources_.keys, sources_.files, manifest, unit);
    if (!tagged.ok()) {  // slower next time, and no worse
      spdlog::warn("the tags of hints could not be made: {}", base::describe(tagged.error()));
    }
  }
  return parts;
}

Result<std::vector<state::KeptTotal>> VersionRun::open_reply(
    const Reply& reply, const columns::open::UploadOpener& opener) {
  const auto& manifest = *version_.parts.manifest;
  auto parsed =
      columns::format::parse_totals_reply(manifest.parameters(), reply.request, reply.bytes);
  // Another version or parameter set too: how far the bytes of a liar parse is nobody's business.
  if (!parsed.ok()) return columns::open::opening_refused();
  const auto& numbers = *parsed;
  const auto& pairs = reply.request.pairs;
  std::vector<state::KeptTotal> fresh;
  std::vector<columns::open::MaskedNumber> checks;
  for (std::size_t u = 0; u < reply.batch.units.size(); ++u) {
    const std::uint32_t unit = reply.batch.units[u];
    const std::size_t unit_position = unit_position_.at(unit);
    CN_ASSIGN(const auto parts, key_parts(unit, pairs, opener));
    const auto masked = [&](const ColumnPair& pair) -> columns::open::MaskedNumber {
      const auto found = std::lower_bound(pairs.begin(), pairs.end(), pair);
      const auto position = static_cast<std::size_t>(found - pairs.begin());
      return {numbers[u * pairs.size() + position], parts[position]};
    };
    for (const std::size_t position : reply.batch.pair_positions) {
      const plan::PlannedPair& planned = plan_.pairs()[position];
      const ColumnPair value = planned.pair.value();
      checks.clear();
      for (const ColumnPair& check : planned.pair.checks()) checks.push_back(masked(check));
      const auto range = range_of(planned, version_.parts.legend->units[unit].rows);
      CN_ASSIGN(const std::int64_t total,
                opener.open_checked(unit, planned.pair, masked(value), checks, range));
      const auto& kept = kept_[unit_position][position];
      if (kept.has_value() && *kept != total) return columns::open::opening_refused();
      totals_[unit_position][position] = total;
      const state::TotalName name{unit, value};
      fresh.push_back(
          {name, sources_.keys.seal(keys::RecordKind::kOpenedTotal,
                                    total_name(version_.upload.id, name), total_bytes(total))});
    }
  }
  return fresh;
}

}  // namespace cryptonet::gatekeeper::verify

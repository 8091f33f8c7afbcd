// SPDX-License-Identifier: Apache-2.0
// The timed part of a total is the cloud's whole work: both numbers, the total and its check, from
// the stored words. Nothing is kept from one repeat to the next. Verifying is outside: blinding,
// key part, opening and comparison with the clear integers, as the platform does it.
#include "bench/jobs.h"

#include <algorithm>
#include <fstream>

#include "bench/clear_loops.h"
#include "bench/table.h"
#include "bench/timing.h"
#include "gatekeeper/open/hint_tags.h"
#include "he/arith/dispatch.h"

namespace cryptonet::bench {
namespace {

using columns::format::ColumnPair;
using columns::format::Residues;
using columns::open::CheckedPair;
using columns::total::ProductPlan;
using Views = std::vector<base::ByteView>;

constexpr std::uint32_t kMatrixColumns = 20;
constexpr std::uint64_t kEncryptRowsMax = std::uint64_t{1} << 20;

class Jobs {
 public:
  Jobs(Table& table, std::size_t threads) : table_(table), threads_(threads), pool_(threads) {
    for (std::uint32_t c = 0; c < table.plans.size(); ++c) {
      views_.push_back(table.upload->views(0, c));
    }
  }

  JobResult totals(const std::string& name, const std::vector<CheckedPair>& pairs,
                   const std::vector<std::int64_t>& clear) {
    std::vector<ColumnPair> wanted;
    for (const CheckedPair& pair : pairs) {
      wanted.push_back(pair.value());
      wanted.push_back(pair.check());
    }
    const ProductPlan plan(wanted);
    JobResult result = begin(name, plan.columns().size());
    std::vector<Residues> totals;
    take(result, time_rows(result.rows, [&] { totals = merged(plan); }));
    result.verified = opens_to(pairs, totals, clear);
    using ReadLoop = std::uint64_t (*)(std::span<const std::span<const std::uint8_t>>);
    for (const ReadLoop loop : {ReadLoop{read_in_turn}, read_side_by_side, read_in_stretches}) {
      const double time = time_rows(result.rows, [&] { read_all(plan, loop); }).ns_per_row.median;
      double& best = result.memory_read_ns_per_row;
      best = best == 0 ? time : std::min(best, time);
    }
    return result;
  }

  JobResult sum() {
    JobResult result =
        totals("sum", {table_.tagged(0, std::nullopt)}, {sum_clear(table_.sources[0])});
    add_peer(result, [&] { keep_alive(as_word(sum_clear(table_.sources[0]))); });
    return result;
  }

  JobResult dot() {
    const auto clear = [&] { return dot_clear(table_.sources[0], table_.sources[1]); };
    JobResult result = totals("dot", {table_.tagged(0, 2)}, {clear()});
    add_peer(result, [&] { keep_alive(as_word(clear())); });
    return result;
  }

  JobResult group10() {
    std::vector<std::int64_t> clear(kGroups);
    const auto& group = table_.sources.back();
    group_clear(table_.sources[0], group, clear);
    JobResult result = totals("group10", group_pairs(), clear);
    add_peer(result, [&] {
      group_clear(table_.sources[0], group, clear);
      keep_alive(as_word(clear[0]));
    });
    return result;
  }

  JobResult cov20() {
    const auto [pairs, clear] = matrix();
    JobResult result = totals("cov20", pairs, clear);
    std::int64_t sum = 0;
    add_peer(result, [&] {
      for (std::uint32_t i = 0; i < kMatrixColumns; ++i) {
        for (std::uint32_t j = i; j < kMatrixColumns; ++j) {
          sum += dot_clear(table_.sources[i], table_.sources[j]);
        }
      }
      keep_alive(as_word(sum));
    });
    return result;
  }

  /// Totals that were never opened before, as the gatekeeper does it: an opener of their own (so
  /// secrets are derived), hints in memory with their tags, the key parts of the totals and of
  /// their checks, and the opening. Not in it: unsealing the upload key, files, the state. One row
  /// is one total.
  JobResult first_openings(const std::string& name, const std::vector<CheckedPair>& pairs,
                           const std::vector<std::int64_t>& clear) {
    JobResult result = begin(name, 0);
    result.rows = pairs.size();
    const auto& upload = *table_.upload;
    std::vector<ColumnPair> wanted;
    std::vector<Residues> totals;
    for (const CheckedPair& pair : pairs) {
      for (const ColumnPair& asked : {pair.value(), pair.check()}) {
        wanted.push_back(asked);
        totals.push_back(upload.cloud(0, asked));
      }
    }
    const auto manifest = std::make_shared<const columns::format::Manifest>(*upload.manifest);
    const auto key = *columns::open::unseal_key(*manifest, *upload.sealed_key,
                                                upload.gatekeeper_secret, upload.enrolment_secret);
    columns::ClonedRandomness randomness(4);
    const auto ring = gatekeeper::keys::KeyRing::generate(randomness);
    const gatekeeper::open::HintTags tags(
        ring, *manifest,
        *gatekeeper::open::make_hint_tags(ring, *manifest, 0, upload.hint_files[0]));
    result.verified = true;
    take(result, time_rows(pairs.size(), [&] {
           const auto opener = *columns::open::UploadOpener::create(manifest, key);
           columns::open::UnitHints hints(*manifest, 0, upload.hint_files[0], &tags);
           const auto parts = *opener.key_parts(wanted, hints, pool_);
           for (std::size_t i = 0; i < pairs.size(); ++i) {
             const columns::open::MaskedNumber check = {totals[2 * i + 1], parts[2 * i + 1]};
             const auto opened = opener.open_checked(0, pairs[i], {totals[2 * i], parts[2 * i]},
                                                     {&check, 1}, {-kRange, kRange});
             result.verified &= opened.ok() && *opened == clear[i] && !hints.proof_is_missing();
           }
         }));
    return result;
  }

  JobResult open_first() {
    JobResult result = first_openings("open_first", {table_.tagged(0, 2)},
                                      {dot_clear(table_.sources[0], table_.sources[1])});
    result.bytes_read = 4 * set_.packed_bytes();
    result.bytes_per_row = static_cast<double>(result.bytes_read);
    return result;
  }

  /// Ten totals whose products have one side in common.
  JobResult open_group10() {
    std::vector<std::int64_t> clear(kGroups);
    group_clear(table_.sources[0], table_.sources.back(), clear);
    return first_openings("open_group10", group_pairs(), clear);
  }

  /// 210 totals, 420 key parts.
  JobResult open_cov20() {
    const auto [pairs, clear] = matrix();
    return first_openings("open_cov20", pairs, clear);
  }

  /// What comes before the first total of a question: the upload key unsealed and judged.
  JobResult unseal() {
    JobResult result = begin("unseal", 0);
    result.rows = 1;
    result.threads = 1;
    const auto& upload = *table_.upload;
    result.verified = true;
    take(result, time_rows(1, [&] {
           result.verified &=
               columns::open::unseal_key(*upload.manifest, *upload.sealed_key,
                                         upload.gatekeeper_secret, upload.enrolment_secret)
                   .ok();
         }));
    return result;
  }

  /// One row is one total: lifting it and its check, and the comparison.
  JobResult open() {
    JobResult result = begin("open", 0);
    result.rows = 1;
    result.threads = 1;
    const auto pair = table_.tagged(0, 2);
    const auto& upload = *table_.upload;
    const auto masked = [&](const ColumnPair& asked) {
      return columns::open::MaskedNumber{upload.cloud(0, asked),
                                         *upload.opener->key_part(0, asked, upload.hint_files[0])};
    };
    const auto value = masked(pair.value());
    const auto check = masked(pair.check());
    const std::int64_t clear = dot_clear(table_.sources[0], table_.sources[1]);
    result.verified = true;
    constexpr int kTimes = 100;  // too short for the clock alone
    take(result, time_rows(kTimes, [&] {
           for (int i = 0; i < kTimes; ++i) {
             const auto opened =
                 upload.opener->open_checked(0, pair, value, {&check, 1}, {-kRange, kRange});
             result.verified = result.verified && opened.ok() && *opened == clear;
           }
         }));
    result.bytes_read = 4 * 6 * set_.primes();
    result.bytes_per_row = static_cast<double>(result.bytes_read);
    return result;
  }

 private:
  static constexpr std::int64_t kRange = std::int64_t{1} << 48;

  std::vector<CheckedPair> group_pairs() const {
    std::vector<CheckedPair> pairs;
    for (std::uint32_t g = 0; g < kGroups; ++g) {
      pairs.push_back(table_.tagged(0, table_.indicator(g)));
    }
    return pairs;
  }

  /// All products of the matrix's columns, and their totals in the clear.
  std::pair<std::vector<CheckedPair>, std::vector<std::int64_t>> matrix() const {
    std::pair<std::vector<CheckedPair>, std::vector<std::int64_t>> made;
    for (std::uint32_t i = 0; i < kMatrixColumns; ++i) {
      for (std::uint32_t j = i; j < kMatrixColumns; ++j) {
        made.first.push_back(table_.tagged(i, 2 * j));
        made.second.push_back(dot_clear(table_.sources[i], table_.sources[j]));
      }
    }
    return made;
  }

  static std::uint64_t as_word(std::int64_t value) { return static_cast<std::uint64_t>(value); }

  JobResult begin(const std::string& name, std::size_t columns_read) const {
    JobResult result;
    result.name = name;
    result.rows = table_.rows();
    result.threads = threads_;
    result.kernel = he::arith::kernels().name;
    result.bytes_read = columns_read * views_[0].size() * set_.packed_bytes();
    result.bytes_per_row =
        static_cast<double>(result.bytes_read) / static_cast<double>(result.rows);
    return result;
  }

  static void take(JobResult& result, const Timing& timing) {
    result.ns_per_row = timing.ns_per_row;
    result.repeats = timing.repeats;
  }

  /// Spreads the chunks over the threads and merges their parts.
  std::vector<Residues> merged(const ProductPlan& plan) {
    const std::size_t chunks = views_[0].size();
    const std::size_t workers = std::min(threads_, chunks);
    std::vector<std::vector<Residues>> parts(workers, std::vector<Residues>(plan.size()));
    pool_.for_each(workers, [&](std::size_t w) {
      const std::size_t from = chunks * w / workers;
      const std::size_t count = chunks * (w + 1) / workers - from;
      std::vector<std::span<const base::ByteView>> columns;
      for (const std::uint32_t c : plan.columns()) {
        columns.push_back(std::span(views_[c]).subspan(from, count));
      }
      columns::total::partial_totals(set_, plan, columns, parts[w]);
    });
    for (std::size_t w = 1; w < workers; ++w) {
      for (std::size_t i = 0; i < plan.size(); ++i) {
        parts[0][i] = columns::total::merge(set_, parts[0][i], parts[w][i]);
      }
    }
    return parts[0];
  }

  /// Chunk by chunk, all columns of the plan, as the totals read them.
  void read_all(const ProductPlan& plan,
                const std::function<std::uint64_t(std::span<const base::ByteView>)>& loop) {
    pool_.for_each(threads_, [&](std::size_t w) {
      std::uint64_t sum = 0;
      const std::size_t chunks = views_[0].size();
      Views buffers(plan.columns().size());
      for (std::size_t k = chunks * w / threads_; k < chunks * (w + 1) / threads_; ++k) {
        for (std::size_t c = 0; c < buffers.size(); ++c) buffers[c] = views_[plan.columns()[c]][k];
        sum += loop(buffers);
      }
      if (w == 0) keep_alive(sum);
    });
  }

  void add_peer(JobResult& result, const std::function<void()>& body) const {
    result.peers.push_back({"clear int64 loop, one thread", __VERSION__,
                            time_rows(result.rows, body).ns_per_row.median});
  }

  /// totals holds each pair's total, then its check.
  bool opens_to(const std::vector<CheckedPair>& pairs, const std::vector<Residues>& totals,
                const std::vector<std::int64_t>& clear) const {
    const auto& upload = *table_.upload;
    const auto blinded = [&](const ColumnPair& pair, const Residues& total) {
      return columns::total::blind(set_, upload.cloud_secret, upload.body.upload,
                                   upload.body.units[0].id, pair, total);
    };
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto opened = upload.open_with(0, pairs[i], blinded(pairs[i].value(), totals[2 * i]),
                                           blinded(pairs[i].check(), totals[2 * i + 1]));
      if (!opened.ok() || *opened != clear[i]) return false;
    }
    return true;
  }

  Table& table_;
  const columns::format::ParameterSet& set_ = columns::format::wide_set();
  std::size_t threads_;
  mutable base::ThreadPool pool_;
  std::vector<Views> views_;
};

/// Eight stored columns (four measures and their checks), all chunks of up to kEncryptRowsMax rows;
/// a row is a row of one column.
JobResult encrypt_job(const BenchOptions& options, bool verified) {
  const std::uint64_t rows = std::min(options.rows, kEncryptRowsMax);
  Table table = Table::make(4, rows);
  table.plans.resize(8);
  const auto& set = columns::format::wide_set();
  columns::ClonedRandomness randomness(2);
  base::ThreadPool pool(options.threads);
  auto upload = *columns::encrypt::UploadEncryptor::create(set, table.plans, {}, randomness);
  JobResult result;
  result.name = "encrypt";
  result.rows = rows * table.plans.size();
  result.threads = options.threads;
  result.kernel = he::arith::kernels().name;
  result.bytes_read = rows * 8 * 4;
  result.bytes_per_row = 6.0 * static_cast<double>(set.primes());
  std::uint8_t unit_number = 0;
  const auto encrypt_all = [&] {
    auto unit = upload.open_unit(columns::id_of<columns::format::UnitTag>(++unit_number));
    const auto sink = [](std::uint32_t, std::uint32_t, base::ByteView packed) {
      keep_alive(packed[0]);
      return base::ok();
    };
    for (std::size_t start = 0; start < rows; start += set.ring_degree()) {
      std::vector<std::span<const std::int64_t>> sources;
      for (const auto& source : table.sources) {
        sources.push_back(std::span(source).subspan(
            start, std::min<std::size_t>(set.ring_degree(), rows - start)));
      }
      CHECK(unit.encrypt_chunk(sources, pool, sink).ok());
    }
    CHECK(unit.close(pool, sink).ok());
  };
  const Timing timing = time_rows(result.rows, encrypt_all);
  result.ns_per_row = timing.ns_per_row;
  result.repeats = timing.repeats;
  result.verified = verified;
  return result;
}

bool export_rows(const Table& table, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (const auto* source : {&table.sources[0], &table.sources[1], &table.sources.back()}) {
    for (const std::int64_t value : *source) {
      file.write(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  }
  file.close();
  return !file.fail();
}

}  // namespace

std::optional<std::vector<JobResult>> run_jobs(const BenchOptions& options) {
  Table table = Table::make(
      options.wanted("cov20") || options.wanted("open_cov20") ? kMatrixColumns : 2, options.rows);
  if (!options.export_file.empty() && !export_rows(table, options.export_file)) return std::nullopt;
  table.upload.emplace(columns::make_upload(table.plans, {table.sources}, 3, options.threads));
  Jobs jobs(table, options.threads);
  std::vector<JobResult> results;
  if (options.wanted("encrypt")) {
    // verified when what the same encryptor stored in the table opens to the clear sum
    const auto opened = table.upload->answer(0, table.tagged(0, std::nullopt));
    results.push_back(encrypt_job(options, opened.ok() && *opened == sum_clear(table.sources[0])));
  }
  if (options.wanted("sum")) results.push_back(jobs.sum());
  if (options.wanted("dot")) results.push_back(jobs.dot());
  if (options.wanted("group10")) results.push_back(jobs.group10());
  if (options.wanted("cov20")) results.push_back(jobs.cov20());
  if (options.wanted("unseal")) results.push_back(jobs.unseal());
  if (options.wanted("open_first")) results.push_back(jobs.open_first());
  if (options.wanted("open_group10")) results.push_back(jobs.open_group10());
  if (options.wanted("open_cov20")) results.push_back(jobs.open_cov20());
  if (options.wanted("open")) results.push_back(jobs.open());
  return results;
}

}  // namespace cryptonet::bench

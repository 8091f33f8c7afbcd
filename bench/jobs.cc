// SPDX-License-Identifier: Apache-2.0
// Stored columns: measure i at 2i with its check at 2i + 1, then the indicators of ten groups.
#include "bench/jobs.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

#include "bench/clear_loops.h"
#include "columns/open/upload_testing.h"
#include "he/arith/dispatch.h"

namespace cryptonet::bench {
namespace {

using columns::UploadForTest;
using columns::format::ColumnPair;
using columns::format::Residues;
using columns::open::CheckedPair;
using columns::open::PairSide;
using Views = std::vector<base::ByteView>;

constexpr std::uint32_t kGroups = 10;
constexpr std::uint32_t kMatrixColumns = 20;
constexpr double kJobNanoseconds = 4e8;
constexpr std::size_t kRepeatsMin = 5;
constexpr std::size_t kRepeatsMax = 101;

struct Table {
  std::uint32_t measures = 0;
  columns::UnitRows sources;  ///< the measures, then the group of each row
  std::vector<std::optional<std::uint32_t>> twins;
  std::vector<columns::encrypt::ColumnPlan> plans;
  std::optional<UploadForTest> upload;

  std::uint64_t rows() const { return sources.front().size(); }
  std::uint32_t indicator(std::uint32_t group) const { return 2 * measures + group; }
  CheckedPair tagged(std::uint32_t measure, std::optional<std::uint32_t> other) const {
    std::optional<PairSide> right;
    if (other) right = PairSide{*other, false};
    return *CheckedPair::create(twins, {2 * measure, true}, right);
  }
};

columns::format::ColumnId column_id(std::uint32_t number) {
  columns::format::ColumnId id;
  id.bytes[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

/// Clear values and plans; encrypted only by encrypt_table.
Table make_table(std::uint32_t measures, std::uint64_t rows) {
  Table table;
  table.measures = measures;
  std::mt19937_64 engine(1);
  for (std::uint32_t i = 0; i < measures; ++i) {
    auto& source = table.sources.emplace_back(rows);
    for (auto& value : source) value = static_cast<std::int64_t>(engine() % 2001) - 1000;
    table.plans.push_back({column_id(2 * i), i, std::nullopt, std::nullopt});
    table.plans.push_back({column_id(2 * i + 1), i, std::nullopt, 2 * i});
    table.twins.push_back(2 * i + 1);
    table.twins.push_back(std::nullopt);
  }
  auto& group = table.sources.emplace_back(rows);
  for (auto& value : group) value = static_cast<std::int64_t>(engine() % kGroups);
  for (std::uint32_t g = 0; g < kGroups; ++g) {
    table.plans.push_back({column_id(2 * measures + g), measures, g, std::nullopt});
    table.twins.push_back(std::nullopt);
  }
  return table;
}

/// Runs `body` until its time is used up; fills ns_per_row and repeats.
void time_job(JobResult& result, const std::function<void()>& body) {
  std::vector<double> times;
  double spent = 0;
  while (times.size() < kRepeatsMin || (spent < kJobNanoseconds && times.size() < kRepeatsMax)) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count() / static_cast<double>(result.rows));
    spent += elapsed.count();
  }
  std::sort(times.begin(), times.end());
  result.repeats = times.size();
  result.ns_per_row = {times.front(), times[times.size() / 2], times.back()};
}

/// The median time of `body` alone, per row.
double time_peer(std::uint64_t rows, const std::function<void()>& body) {
  JobResult scratch;
  scratch.rows = rows;
  time_job(scratch, body);
  return scratch.ns_per_row.median;
}

volatile std::uint64_t keep_alive = 0;  // so that a timed loop cannot be left out

class Jobs {
 public:
  Jobs(Table& table, std::size_t threads) : table_(table), threads_(threads), pool_(threads) {
    for (std::uint32_t c = 0; c < table.plans.size(); ++c) {
      views_.push_back(table.upload->views(0, c));
    }
  }

  JobResult totals(const std::string& name, const std::vector<CheckedPair>& pairs,
                   const std::vector<std::uint32_t>& read,
                   const std::function<void(std::size_t, std::size_t, std::span<Residues>)>& part,
                   const std::vector<std::int64_t>& clear) {
    JobResult result = begin(name, read.size());
    std::vector<Residues> totals(pairs.size());
    time_job(result, [&] { totals = merged(pairs.size(), part); });
    result.verified = opens_to(pairs, totals, clear);
    result.memory_read_ns_per_row = time_peer(result.rows, [&] { read_all(read); });
    return result;
  }

  JobResult sum() {
    const auto pair = table_.tagged(0, std::nullopt);
    JobResult result = totals("sum", {pair}, {0},
                              [&](std::size_t from, std::size_t count, std::span<Residues> out) {
                                out[0] =
                                    columns::total::partial_total(set_, slice(0, from, count), {});
                              },
                              {sum_clear(table_.sources[0])});
    add_peer(result, [&] { keep_alive = as_word(sum_clear(table_.sources[0])); });
    return result;
  }

  JobResult dot() {
    const auto pair = table_.tagged(0, 2);
    JobResult result = totals("dot", {pair}, {0, 2},
                              [&](std::size_t from, std::size_t count, std::span<Residues> out) {
                                out[0] = columns::total::partial_total(set_, slice(0, from, count),
                                                                       slice(2, from, count));
                              },
                              {dot_clear(table_.sources[0], table_.sources[1])});
    add_peer(result,
             [&] { keep_alive = as_word(dot_clear(table_.sources[0], table_.sources[1])); });
    return result;
  }

  JobResult group10() {
    std::vector<CheckedPair> pairs;
    std::vector<std::uint32_t> read = {0};
    for (std::uint32_t g = 0; g < kGroups; ++g) {
      pairs.push_back(table_.tagged(0, table_.indicator(g)));
      read.push_back(table_.indicator(g));
    }
    std::vector<std::int64_t> clear(kGroups);
    const auto& group = table_.sources.back();
    group_clear(table_.sources[0], group, clear);
    JobResult result = totals(
        "group10", pairs, read,
        [&](std::size_t from, std::size_t count, std::span<Residues> out) {
          std::vector<std::span<const base::ByteView>> others;
          for (std::uint32_t g = 0; g < kGroups; ++g) {
            others.push_back(slice(table_.indicator(g), from, count));
          }
          columns::total::partial_totals_row(set_, slice(0, from, count), others, out);
        },
        clear);
    std::vector<std::int64_t> again(kGroups);
    add_peer(result, [&] {
      group_clear(table_.sources[0], group, again);
      keep_alive = as_word(again[0]);
    });
    return result;
  }

  JobResult cov20() {
    std::vector<CheckedPair> pairs;
    std::vector<std::uint32_t> read;
    std::vector<std::int64_t> clear;
    for (std::uint32_t i = 0; i < kMatrixColumns; ++i) {
      read.push_back(2 * i);
      for (std::uint32_t j = i; j < kMatrixColumns; ++j) {
        pairs.push_back(table_.tagged(i, 2 * j));
        clear.push_back(dot_clear(table_.sources[i], table_.sources[j]));
      }
    }
    return totals(
        "cov20", pairs, read,
        [&](std::size_t from, std::size_t count, std::span<Residues> out) {
          std::vector<std::span<const base::ByteView>> all;
          for (const std::uint32_t column : read) all.push_back(slice(column, from, count));
          columns::total::partial_totals_matrix(set_, all, out);
        },
        clear);
  }

  /// One row is one total: the part that depends on the key.
  JobResult key_part() {
    JobResult result = begin("key_part", 0);
    result.rows = 1;
    result.threads = 1;
    const auto pair = table_.tagged(0, 2).value();
    const auto& upload = *table_.upload;
    Residues part{};
    time_job(result, [&] { part = *upload.opener->key_part(0, pair, upload.hint_files[0]); });
    result.bytes_read = 4 * set_.packed_bytes();
    result.bytes_per_row = static_cast<double>(result.bytes_read);
    result.verified = opens_to({table_.tagged(0, 2)}, {bare(pair)},
                               {dot_clear(table_.sources[0], table_.sources[1])});
    return result;
  }

  /// One row is one total: lifting it and its check, and the comparison.
  JobResult open() {
    JobResult result = begin("open", 0);
    result.rows = 1;
    result.threads = 1;
    const auto pair = table_.tagged(0, 2);
    const auto& upload = *table_.upload;
    const Residues total = upload.cloud(0, pair.value());
    const Residues check = upload.cloud(0, pair.check());
    const Residues part = *upload.opener->key_part(0, pair.value(), upload.hint_files[0]);
    const Residues check_part = *upload.opener->key_part(0, pair.check(), upload.hint_files[0]);
    const std::int64_t clear = dot_clear(table_.sources[0], table_.sources[1]);
    result.verified = true;
    time_job(result, [&] {
      for (int i = 0; i < 100; ++i) {
        const auto opened =
            upload.opener->open_checked(0, pair, total, check, part, check_part, {-kRange, kRange});
        result.verified = result.verified && opened.ok() && *opened == clear;
      }
    });
    for (double* time :
         {&result.ns_per_row.min, &result.ns_per_row.median, &result.ns_per_row.max}) {
      *time /= 100;
    }
    result.bytes_read = 4 * 6 * set_.primes();
    result.bytes_per_row = static_cast<double>(result.bytes_read);
    return result;
  }

 private:
  static constexpr std::int64_t kRange = std::int64_t{1} << 48;

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

  std::span<const base::ByteView> slice(std::uint32_t column, std::size_t from,
                                        std::size_t count) const {
    return std::span(views_[column]).subspan(from, count);
  }

  /// Spreads the chunks over the threads and merges their parts.
  std::vector<Residues> merged(
      std::size_t totals,
      const std::function<void(std::size_t, std::size_t, std::span<Residues>)>& part) {
    const std::size_t chunks = views_[0].size();
    const std::size_t workers = std::min(threads_, chunks);
    std::vector<std::vector<Residues>> parts(workers, std::vector<Residues>(totals));
    pool_.for_each(workers, [&](std::size_t w) {
      const std::size_t from = chunks * w / workers;
      part(from, chunks * (w + 1) / workers - from, parts[w]);
    });
    for (std::size_t w = 1; w < workers; ++w) {
      for (std::size_t i = 0; i < totals; ++i) {
        parts[0][i] = columns::total::merge(set_, parts[0][i], parts[w][i]);
      }
    }
    return parts[0];
  }

  void read_all(const std::vector<std::uint32_t>& read) {
    pool_.for_each(threads_, [&](std::size_t w) {
      std::uint64_t sum = 0;
      for (const std::uint32_t column : read) {
        const std::size_t chunks = views_[column].size();
        for (std::size_t k = chunks * w / threads_; k < chunks * (w + 1) / threads_; ++k) {
          sum += read_memory(views_[column][k]);
        }
      }
      if (w == 0) keep_alive = sum;
    });
  }

  void add_peer(JobResult& result, const std::function<void()>& body) const {
    result.peers.push_back(
        {"clear int64 loop, one thread", __VERSION__, time_peer(result.rows, body)});
  }

  Residues bare(const ColumnPair& pair) const {
    return columns::total::partial_total(
        set_, views_[pair.left],
        pair.right == columns::format::kNoColumn ? Views{} : views_[pair.right]);
  }

  bool opens_to(const std::vector<CheckedPair>& pairs, const std::vector<Residues>& totals,
                const std::vector<std::int64_t>& clear) const {
    const auto& upload = *table_.upload;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const Residues blinded =
          columns::total::blind(set_, upload.cloud_secret, upload.body.upload,
                                upload.body.units[0].id, pairs[i].value(), totals[i]);
      const auto opened = upload.open_with(0, pairs[i], blinded, upload.cloud(0, pairs[i].check()));
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

/// Eight stored columns (four measures and their checks), all chunks of up to 262,144 rows; a row
/// is a row of one column.
JobResult encrypt_job(const BenchOptions& options, bool verified) {
  const std::uint64_t rows = std::min<std::uint64_t>(options.rows, 262'144);
  Table table = make_table(4, rows);
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
  time_job(result, [&] {
    auto unit = upload.open_unit(columns::id_of<columns::format::UnitTag>(++unit_number));
    const auto sink = [](std::uint32_t, std::uint32_t, base::ByteView packed) {
      keep_alive = packed[0];
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
  });
  result.verified = verified;
  return result;
}

}  // namespace

std::vector<JobResult> run_jobs(const BenchOptions& options) {
  Table table = make_table(options.wanted("cov20") ? kMatrixColumns : 2, options.rows);
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
  if (options.wanted("key_part")) results.push_back(jobs.key_part());
  if (options.wanted("open")) results.push_back(jobs.open());
  return results;
}

}  // namespace cryptonet::bench

// SPDX-License-Identifier: Apache-2.0
// The order of things: count, check limits and disk, draw a key, encrypt pass by pass, seal legend
// and key, sign, name the folder. The upload key lives in UploadEncryptor and dies with it.
#include "contributor/encrypt/encrypt_table.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/stop.h"
#include "columns/format/hints.h"
#include "contributor/encrypt/batch_queue.h"
#include "contributor/encrypt/census.h"
#include "contributor/encrypt/chunk_sources.h"
#include "contributor/encrypt/limits.h"
#include "contributor/encrypt/passes.h"
#include "contributor/encrypt/upload_writer.h"
#include "table/parameter_choice.h"
#include "table/unit_rules.h"

namespace cryptonet::contributor::encrypt {
namespace {

namespace format = columns::format;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

template <typename Id>
Id random_id(base::Randomness& randomness) {
  Id id;
  randomness.fill(id.bytes);
  return id;
}

/// One unit while its rows arrive.
struct OpenUnit {
  RowBuffer buffer;
  columns::encrypt::UnitEncryptor encryptor;
  UnitWriter writer;
  std::uint64_t rows_left = 0;
};

/// What the first reading of the table gave.
struct Counted {
  std::chrono::steady_clock::time_point start;
  std::array<std::uint8_t, 16> person_key{};
  Census census;
};

Result<Census> take_census(const load::TableSource& source, const table::Schema& schema,
                           const std::array<std::uint8_t, 16>& person_key,
                           const EncryptOptions& options) {
  CN_ASSIGN(auto reader, load::ClearReader::open(source, schema, person_key));
  CensusTaker taker(schema);
  BatchQueue batches(std::move(reader));
  while (true) {
    CN_ASSIGN(const load::ClearBatch batch, batches.next());
    if (batch.rows == 0) break;
    CN_RETURN_IF_ERROR(taker.add(batch));
    if (options.progress) options.progress("check", batches.progress());
  }
  return std::move(taker).finish();
}

/// Nothing without rows.
std::optional<std::uint64_t> smallest_unit(const Census& census) {
  std::optional<std::uint64_t> smallest;
  for (const auto& [code, unit] : census.units) {
    smallest = std::min(smallest.value_or(unit.real_rows), unit.real_rows);
  }
  return smallest;
}

class TableEncryption {
 public:
  TableEncryption(const load::TableSource& source, const table::Schema& schema,
                  const ContributorKeys& keys, const EncryptOptions& options,
                  base::Randomness& randomness, Counted counted, table::ParameterChoice choice)
      : source_(source),
        schema_(schema),
        keys_(keys),
        options_(options),
        files_(options.files != nullptr ? *options.files : base::real_file_system()),
        randomness_(randomness),
        set_(*choice.set),
        layout_(std::move(choice.layout)),
        sources_(layout_),
        partition_(schema, schema.partition),
        pool_(std::max<std::size_t>(1, options.threads)),
        start_(counted.start),
        person_key_(counted.person_key),
        census_(std::move(counted.census)) {}

  Result<EncryptSummary> run() {
    std::vector<std::string> warnings;
    auto within = check_limits(census_, schema_, layout_, set_, warnings);
    if (!within.ok()) return within.take_error().at(source_.path().string());
    for (const std::string& warning : warnings) {
      if (options_.warn) options_.warn(warning);
    }
    plan_units();
    CN_ASSIGN(UploadWriter writer,
              UploadWriter::create(files_, options_.out, bytes_of_segments() + bytes_of_hints(),
                                   options_.warn));
    CN_ASSIGN(auto upload,
              columns::encrypt::UploadEncryptor::create(set_, sources_.column_plans(body_.columns),
                                                        keys_.device_secret, randomness_));
    body_.upload = upload.upload();
    body_.key_commitment = upload.key_commitment();
    const auto passes = plan_passes(unit_spans(), options_.memory_budget_bytes);
    for (std::size_t pass = 0; pass < passes.size(); ++pass) {
      CN_RETURN_IF_ERROR(run_pass({pass, passes.size()}, passes[pass], upload, writer));
    }
    CN_RETURN_IF_ERROR(seal_and_sign(upload, writer));
    summarise(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
    CN_RETURN_IF_ERROR(writer.write_file("upload.json", base::view_of(write_summary(summary_))));
    CN_RETURN_IF_ERROR(base::check_stop());
    CN_RETURN_IF_ERROR(writer.commit());
    return std::move(summary_);
  }

 private:
  struct PassNumber {
    std::size_t index = 0;
    std::size_t count = 1;
  };

  void report(std::string_view stage, double progress) const {
    if (options_.progress) options_.progress(stage, progress);
  }

  /// Random ids, and units in the order of their ids: their positions tell the cloud nothing.
  void plan_units() {
    body_.parameter_set = set_.id;
    crypto_sign_ed25519_sk_to_pk(body_.contributor_key.data(), keys_.signing_key.data());
    for (std::size_t i = 0; i < layout_.columns().size(); ++i) {
      body_.columns.push_back(random_id<format::ColumnId>(randomness_));
    }
    std::map<format::UnitId, std::uint64_t> order;
    for (const auto& [code, count] : census_.units) {
      order.emplace(random_id<format::UnitId>(randomness_), code);
    }
    for (const auto& [id, code] : order) {
      const UnitCount& count = census_.units.at(code);
      unit_of_code_.emplace(code, body_.units.size());
      counts_.push_back(count);
      format::UnitEntry& entry = body_.units.emplace_back();
      entry.id = id;
      entry.chunks =
          static_cast<std::uint32_t>((count.rows + set_.ring_degree() - 1) / set_.ring_degree()) +
          1;
      entry.cap_of_totals = table::cap_of_totals(count.real_rows);
      legend_.units.push_back({partition_.parts(code), count.rows});
    }
  }

  std::uint64_t bytes_of_segments() const {
    std::uint64_t bytes = 0;
    for (const format::UnitEntry& unit : body_.units) {
      const std::uint64_t segments =
          (unit.chunks + format::kChunksPerSegment - 1) / format::kChunksPerSegment;
      bytes +=
          std::uint64_t{unit.chunks} * set_.packed_bytes() + segments * format::kSegmentHeaderBytes;
    }
    return bytes * body_.columns.size();
  }
  std::uint64_t bytes_of_hints() const {
    return body_.units.size() *
           (format::kHintHeaderBytes + (2 + body_.columns.size()) * set_.packed_bytes());
  }

  std::vector<UnitSpan> unit_spans() const {
    const std::uint64_t accumulators =
        (body_.columns.size() + 2) * set_.primes() * set_.ring_degree() * sizeof(std::uint64_t);
    std::vector<UnitSpan> spans;
    for (const UnitCount& count : counts_) {
      spans.push_back({count.first_row, count.last_row,
                       accumulators + RowBuffer::bytes(schema_, buffer_rows(count))});
    }
    return spans;
  }
  std::size_t buffer_rows(const UnitCount& count) const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(count.rows, set_.ring_degree()));
  }

  Status run_pass(const PassNumber& number, const std::vector<std::size_t>& chosen,
                  columns::encrypt::UploadEncryptor& upload, const UploadWriter& writer) {
    std::vector<bool> in_pass(body_.units.size());
    for (const std::size_t unit : chosen) in_pass[unit] = true;
    std::vector<std::unique_ptr<OpenUnit>> open(body_.units.size());
    std::vector<bool> finished(body_.units.size());
    std::size_t left = chosen.size();
    CN_ASSIGN(auto reader, load::ClearReader::open(source_, schema_, person_key_));
    BatchQueue batches(std::move(reader));
    while (left > 0) {
      CN_ASSIGN(const load::ClearBatch batch, batches.next());
      if (batch.rows == 0) return changed();
      for (std::size_t row = 0; row < batch.rows; ++row) {
        const auto found = unit_of_code_.find(partition_.of(batch, row));
        if (found == unit_of_code_.end()) return changed();
        const std::size_t unit = found->second;
        if (!in_pass[unit]) continue;
        if (finished[unit]) return changed();
        if (!open[unit]) open[unit] = open_unit(unit, upload, writer);
        OpenUnit& target = *open[unit];
        target.buffer.append(batch, row);
        --target.rows_left;
        if (!target.buffer.full() && target.rows_left > 0) continue;
        CN_RETURN_IF_ERROR(flush(target));
        if (target.rows_left > 0) continue;
        CN_RETURN_IF_ERROR(close_unit(unit, target, writer));
        open[unit].reset();
        finished[unit] = true;
        --left;
      }
      report("encrypt", (static_cast<double>(number.index) + batches.progress()) /
                            static_cast<double>(number.count));
    }
    // The last reading sees the end, so a table that grew meanwhile is noticed.
    if (number.index + 1 < number.count) return base::ok();
    CN_ASSIGN(const load::ClearBatch rest, batches.next());
    return rest.rows == 0 ? base::ok() : changed();
  }

  Status changed() const {
    return Error(ErrorCode::kBadInput, "table.changed", "the table changed while it was read",
                 "encrypt a copy that nobody writes to")
        .at(source_.path().string());
  }

  std::unique_ptr<OpenUnit> open_unit(std::size_t unit, columns::encrypt::UploadEncryptor& upload,
                                      const UploadWriter& writer) const {
    return std::make_unique<OpenUnit>(OpenUnit{
        RowBuffer(schema_, buffer_rows(counts_[unit])), upload.open_unit(body_.units[unit].id),
        writer.open_unit(body_, body_.units[unit]), counts_[unit].rows});
  }

  static columns::encrypt::ChunkSink sink_of(OpenUnit& unit) {
    return [&unit](std::uint32_t column, std::uint32_t chunk, base::ByteView packed) {
      return unit.writer.append(column, chunk, packed);
    };
  }

  Status flush(OpenUnit& unit) {
    CN_RETURN_IF_ERROR(base::check_stop());
    CN_RETURN_IF_ERROR(
        unit.encryptor.encrypt_chunk(sources_.fill(unit.buffer), pool_, sink_of(unit)));
    unit.buffer.clear();
    return base::ok();
  }

  Status close_unit(std::size_t index, OpenUnit& unit, const UploadWriter& writer) {
    CN_ASSIGN(const auto hints, unit.encryptor.close(pool_, sink_of(unit)));
    CHECK(unit.encryptor.chunks() == body_.units[index].chunks);
    body_.units[index].segments = unit.writer.take_segments();
    return writer.write_hints(body_, static_cast<std::uint32_t>(index), hints);
  }

  Status seal_and_sign(columns::encrypt::UploadEncryptor& upload, const UploadWriter& writer) {
    legend_.dataset = options_.dataset;
    legend_.schema = schema_;
    legend_.lattice = census_.lattice;
    legend_.rows = census_.rows;
    for (std::size_t i = 0; i < census_.finer.size(); ++i) {
      if (census_.finer[i]) legend_.finer_bins.push_back(schema_.columns[i].name);
    }
    std::sort(legend_.finer_bins.begin(), legend_.finer_bins.end());
    const base::Bytes legend = upload.seal_legend(base::view_of(table::write_legend(legend_)));
    body_.legend_hash = base::sha256(legend);
    CN_ASSIGN(const auto sealed, upload.seal_key(keys_.sealing_key, keys_.enrolment_secret,
                                                 format::merkle_root_of(body_)));
    CN_ASSIGN(const auto manifest, format::Manifest::sign(body_, keys_.signing_key));
    CN_RETURN_IF_ERROR(writer.write_file("manifest", manifest.bytes()));
    CN_RETURN_IF_ERROR(writer.write_file("legend.sealed", legend));
    return writer.write_file("key.sealed", format::write_sealed_key(sealed));
  }

  void summarise(double seconds) {
    summary_.dataset = options_.dataset;
    summary_.upload = body_.upload.hex();
    summary_.rows = census_.rows;
    for (const table::ColumnSchema& column : schema_.columns) {
      if (column.role != table::Role::kIgnore) summary_.columns.push_back(column.name);
    }
    summary_.parameters = set_.name;
    summary_.stored_columns = body_.columns.size();
    summary_.units = body_.units.size();
    summary_.bytes = bytes_of_segments();
    summary_.bytes_per_row =
        static_cast<double>(summary_.bytes) / static_cast<double>(summary_.rows);
    summary_.seconds = seconds;
  }

  const load::TableSource& source_;
  const table::Schema& schema_;
  const ContributorKeys& keys_;
  const EncryptOptions& options_;
  base::FileSystem& files_;
  base::Randomness& randomness_;
  const format::ParameterSet& set_;
  table::StoredLayout layout_;
  ChunkSources sources_;
  JointCode partition_;
  base::ThreadPool pool_;
  std::chrono::steady_clock::time_point start_;
  std::array<std::uint8_t, 16> person_key_;
  Census census_;
  std::map<std::uint64_t, std::size_t> unit_of_code_;
  std::vector<UnitCount> counts_;  ///< in the order of body_.units
  format::ManifestBody body_;
  table::Legend legend_;
  EncryptSummary summary_;
};

}  // namespace

bool is_dataset_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > 63 || !is_letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string write_summary(const EncryptSummary& summary) {
  const nlohmann::ordered_json root = {{"format", "cryptonet.upload.v1"},
                                       {"dataset", summary.dataset},
                                       {"upload", summary.upload},
                                       {"rows", summary.rows},
                                       {"columns", summary.columns},
                                       {"parameters", summary.parameters},
                                       {"stored_columns", summary.stored_columns},
                                       {"units", summary.units},
                                       {"bytes", summary.bytes},
                                       {"bytes_per_row", summary.bytes_per_row},
                                       {"seconds", summary.seconds}};
  return root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<EncryptSummary> encrypt_table(const load::TableSource& source, const table::Schema& schema,
                                     const ContributorKeys& keys, const EncryptOptions& options) {
  if (!is_dataset_name(options.dataset)) {
    return Error(ErrorCode::kUsage, "encrypt.dataset_name",
                 "a dataset name has 1 to 63 small letters, digits and _, a letter first, so that "
                 "SQL needs no quotes",
                 "give another --dataset");
  }
  base::start_sodium();
  base::OsRandomness os_randomness;
  base::Randomness& randomness =
      options.randomness != nullptr ? *options.randomness : os_randomness;
  Counted counted;
  counted.start = std::chrono::steady_clock::now();
  randomness.fill(counted.person_key);
  // What cannot be held whatever the rows are is said before the table is read.
  CN_RETURN_IF_ERROR(table::choose_parameters(schema));
  CN_ASSIGN(counted.census, take_census(source, schema, counted.person_key, options));
  CN_ASSIGN(auto choice, table::choose_parameters(schema, smallest_unit(counted.census)));
  return TableEncryption(source, schema, keys, options, randomness, std::move(counted),
                         std::move(choice))
      .run();
}

}  // namespace cryptonet::contributor::encrypt

// SPDX-License-Identifier: Apache-2.0
// Statements over the tables upload and dataset. Row counts and versions stay far below 2^63, so
// they fit SQLite's integers.
#include "gatekeeper/state/uploads.h"

#include <algorithm>
#include <limits>

namespace cryptonet::gatekeeper::state {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

#define CN_UPLOAD_COLUMNS                                                                      \
  "id, dataset, enrolment, manifest_digest, row_count, state, version, frozen_at, unfreezes, " \
  "unfreezes_proved"

std::int64_t to_integer(std::uint64_t value) {
  CHECK(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  return static_cast<std::int64_t>(value);
}

UploadId read_id(const Statement& statement, int column) {
  UploadId id;
  const base::Bytes bytes = statement.bytes(column);
  CHECK(bytes.size() == id.bytes.size());  // the table allows 16 bytes only
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

base::Digest read_digest(const Statement& statement, int column) {
  base::Digest digest;
  const base::Bytes bytes = statement.bytes(column);
  CHECK(bytes.size() == digest.size());  // the table allows 32 bytes only
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

/// Reads CN_UPLOAD_COLUMNS.
Upload read_upload(const Statement& statement) {
  Upload upload;
  upload.id = read_id(statement, 0);
  upload.dataset = statement.text(1);
  upload.enrolment = statement.text(2);
  upload.manifest_digest = read_digest(statement, 3);
  upload.rows = static_cast<std::uint64_t>(statement.integer(4));
  const std::string state = statement.text(5);
  upload.state = state == "published" ? UploadState::kPublished
                 : state == "dropped" ? UploadState::kDropped
                                      : UploadState::kReceiving;
  upload.version = static_cast<std::uint64_t>(statement.integer(6));  // NULL reads as 0
  upload.frozen = !statement.is_null(7);
  upload.unfreezes = static_cast<std::uint64_t>(statement.integer(8));
  upload.unfreezes_proved = static_cast<std::uint64_t>(statement.integer(9));
  return upload;
}

Result<std::optional<Upload>> find_upload(Connection& connection, const UploadId& id) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT " CN_UPLOAD_COLUMNS " FROM upload WHERE id = ?"));
  CN_ASSIGN(const bool row, statement.bind(base::ByteView(id.bytes)).step());
  if (!row) return std::optional<Upload>();
  return std::optional<Upload>(read_upload(statement));
}

Result<std::vector<UploadId>> list_ids(Connection& connection, const char* sql) {
  CN_ASSIGN(Statement statement, connection.prepare(sql));
  std::vector<UploadId> ids;
  while (true) {
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return ids;
    ids.push_back(read_id(statement, 0));
  }
}

struct DatasetRow {
  DatasetSchema schema;
  std::uint64_t next_version = 1;
};

Result<std::optional<DatasetRow>> find_dataset(Connection& connection, const std::string& name) {
  CN_ASSIGN(Statement statement,
            connection.prepare(
                "SELECT schema_tag, sealed_schema, next_version FROM dataset WHERE name = ?"));
  CN_ASSIGN(const bool row, statement.bind(name).step());
  if (!row) return std::optional<DatasetRow>();
  return std::optional<DatasetRow>(DatasetRow{{read_digest(statement, 0), statement.bytes(1)},
                                              static_cast<std::uint64_t>(statement.integer(2))});
}

Result<std::uint64_t> live_rows(Connection& connection, const std::string& dataset) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT coalesce(sum(row_count), 0) FROM upload "
                               "WHERE dataset = ? AND state = 'published'"));
  CN_ASSIGN(const bool row, statement.bind(dataset).step());
  CHECK(row);
  return static_cast<std::uint64_t>(statement.integer(0));
}

/// The dataset's row, made at its first publication; kBadInput for another schema.
Result<std::uint64_t> take_version(Connection& connection, const Upload& upload,
                                   const DatasetSchema& schema) {
  CN_ASSIGN(const auto dataset, find_dataset(connection, upload.dataset));
  if (!dataset.has_value()) {
    CN_ASSIGN(Statement insert,
              connection.prepare("INSERT INTO dataset (name, schema_tag, sealed_schema, "
                                 "next_version) VALUES (?, ?, ?, 2)"));
    CN_RETURN_IF_ERROR(insert.bind(upload.dataset)
                           .bind(base::ByteView(schema.tag))
                           .bind(base::ByteView(schema.sealed))
                           .run());
    return std::uint64_t{1};
  }
  if (dataset->schema.tag != schema.tag) {
    return Error(ErrorCode::kBadInput, "upload.other_schema",
                 "the dataset '" + upload.dataset + "' was published with another schema",
                 "encrypt again with the schema of the published versions, or under a new name");
  }
  CN_ASSIGN(Statement update,
            connection.prepare("UPDATE dataset SET next_version = next_version + 1 "
                               "WHERE name = ?"));
  CN_RETURN_IF_ERROR(update.bind(upload.dataset).run());
  return dataset->next_version;
}

Error dropped_error(const Upload& upload) {
  return Error(ErrorCode::kBadInput, "upload.dropped",
               "the upload " + upload.id.hex() + " was dropped and cannot come back",
               "encrypt the table again: it gets a new upload and a new version");
}
}  // namespace

Result<Upload> Uploads::receive(const Upload& upload, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<Upload> {
    CN_ASSIGN(auto known, find_upload(connection, upload.id));
    if (known.has_value()) {
      if (known->manifest_digest != upload.manifest_digest || known->dataset != upload.dataset ||
          known->enrolment != upload.enrolment) {
        return Error(ErrorCode::kIntegrity, "upload.pinned",
                     "the upload " + upload.id.hex() +
                         " is pinned to another manifest, dataset or contributor");
      }
      if (known->state == UploadState::kDropped) return dropped_error(*known);
      return std::move(*known);
    }
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO upload (id, dataset, enrolment, manifest_digest, "
                                 "row_count, state, received_at) "
                                 "VALUES (?, ?, ?, ?, ?, 'receiving', ?)"));
    CN_RETURN_IF_ERROR(statement.bind(base::ByteView(upload.id.bytes))
                           .bind(upload.dataset)
                           .bind(upload.enrolment)
                           .bind(base::ByteView(upload.manifest_digest))
                           .bind(to_integer(upload.rows))
                           .bind(now_s)
                           .run());
    Upload received = upload;
    received.state = UploadState::kReceiving;
    received.version = 0;
    received.frozen = false;
    return received;
  });
}

Result<std::optional<Upload>> Uploads::find(const UploadId& id) {
  return database_.read([&](Connection& connection) { return find_upload(connection, id); });
}

Result<std::optional<Upload>> Uploads::find_version(const std::string& dataset,
                                                    std::uint64_t version) {
  if (version > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::optional<Upload>();
  }
  return database_.read([&](Connection& connection) -> Result<std::optional<Upload>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT " CN_UPLOAD_COLUMNS
                                 " FROM upload WHERE dataset = ? AND version = ?"));
    CN_ASSIGN(const bool row, statement.bind(dataset).bind(to_integer(version)).step());
    if (!row) return std::optional<Upload>();
    return std::optional<Upload>(read_upload(statement));
  });
}

Result<std::optional<DatasetSchema>> Uploads::find_schema(const std::string& dataset) {
  return database_.read([&](Connection& connection) -> Result<std::optional<DatasetSchema>> {
    CN_ASSIGN(auto found, find_dataset(connection, dataset));
    if (!found.has_value()) return std::optional<DatasetSchema>();
    return std::optional<DatasetSchema>(std::move(found->schema));
  });
}

Result<std::vector<DatasetVersions>> Uploads::datasets() {
  return database_.read([&](Connection& connection) -> Result<std::vector<DatasetVersions>> {
    CN_ASSIGN(Statement statement, connection.prepare("SELECT " CN_UPLOAD_COLUMNS
                                                      " FROM upload WHERE state = 'published' "
                                                      "ORDER BY dataset, version"));
    std::vector<DatasetVersions> datasets;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return datasets;
      Upload upload = read_upload(statement);
      if (datasets.empty() || datasets.back().name != upload.dataset) {
        datasets.push_back({upload.dataset, {}});
      }
      datasets.back().live.push_back(std::move(upload));
    }
  });
}

Result<std::vector<Upload>> Uploads::live(const std::string& dataset) {
  return database_.read([&](Connection& connection) -> Result<std::vector<Upload>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT " CN_UPLOAD_COLUMNS
                                 " FROM upload WHERE dataset = ? AND state = 'published' "
                                 "ORDER BY version"));
    statement.bind(dataset);
    std::vector<Upload> live;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return live;
      live.push_back(read_upload(statement));
    }
  });
}

Result<Upload> Uploads::publish(const UploadId& id, const DatasetSchema& schema,
                                std::uint64_t row_limit, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Result<Upload> {
    CN_ASSIGN(auto known, find_upload(connection, id));
    if (!known.has_value()) {
      return Error(ErrorCode::kBadInput, "upload.not_found",
                   "the upload " + id.hex() + " is not known here");
    }
    if (known->state == UploadState::kDropped) return dropped_error(*known);
    if (known->state == UploadState::kPublished) return std::move(*known);
    CN_ASSIGN(const std::uint64_t rows, live_rows(connection, known->dataset));
    if (known->rows > row_limit || rows > row_limit - known->rows) {
      return Error(ErrorCode::kRefused, "upload.row_limit",
                   "the live versions of '" + known->dataset + "' have " + std::to_string(rows) +
                       " rows; with " + std::to_string(known->rows) + " more they pass row_limit " +
                       std::to_string(row_limit),
                   "drop a version, or publish under a new name with a larger row_limit");
    }
    CN_ASSIGN(known->version, take_version(connection, *known, schema));
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE upload SET state = 'published', version = ?, "
                                 "published_at = ? WHERE id = ?"));
    CN_RETURN_IF_ERROR(statement.bind(to_integer(known->version))
                           .bind(now_s)
                           .bind(base::ByteView(id.bytes))
                           .run());
    known->state = UploadState::kPublished;
    return std::move(*known);
  });
}

Status Uploads::drop(const UploadId& id, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement mark,
              connection.prepare("UPDATE upload SET state = 'dropped', dropped_at = ?, "
                                 "deletion_pending = 1 WHERE id = ? AND state = 'published'"));
    CN_RETURN_IF_ERROR(mark.bind(now_s).bind(base::ByteView(id.bytes)).run());
    CN_ASSIGN(Statement totals, connection.prepare("DELETE FROM opened_total WHERE upload = ?"));
    CN_RETURN_IF_ERROR(totals.bind(base::ByteView(id.bytes)).run());
    CN_ASSIGN(Statement answers, connection.prepare("DELETE FROM answer WHERE dataset = "
                                                    "(SELECT dataset FROM upload WHERE id = ?)"));
    return answers.bind(base::ByteView(id.bytes)).run();
  });
}

Result<std::vector<UploadId>> Uploads::pending_deletions() {
  return database_.read([&](Connection& connection) {
    return list_ids(connection, "SELECT id FROM upload WHERE deletion_pending = 1");
  });
}

Result<std::vector<UploadId>> Uploads::dropped() {
  return database_.read([&](Connection& connection) {
    return list_ids(connection, "SELECT id FROM upload WHERE state = 'dropped'");
  });
}

Status Uploads::deletion_done(const UploadId& id) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE upload SET deletion_pending = 0 WHERE id = ?"));
    return statement.bind(base::ByteView(id.bytes)).run();
  });
}

Status Uploads::count_openings(const UploadId& id, std::uint64_t keys, std::uint64_t totals) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE upload SET key_openings = key_openings + ?, "
                                 "total_openings = total_openings + ? WHERE id = ?"));
    return statement.bind(static_cast<std::int64_t>(keys))
        .bind(static_cast<std::int64_t>(totals))
        .bind(base::ByteView(id.bytes))
        .run();
  });
}

Result<std::vector<Openings>> Uploads::openings() {
  return database_.read([&](Connection& connection) -> Result<std::vector<Openings>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT id, dataset, version, key_openings, total_openings "
                                 "FROM upload ORDER BY dataset, version, id"));
    std::vector<Openings> all;
    while (true) {
      CN_ASSIGN(const bool row, statement.step());
      if (!row) return all;
      Openings openings;
      const base::Bytes id = statement.bytes(0);
      CHECK(id.size() == openings.id.bytes.size());  // the table says so
      std::copy(id.begin(), id.end(), openings.id.bytes.begin());
      openings.dataset = statement.text(1);
      openings.version = static_cast<std::uint64_t>(statement.integer(2));
      openings.keys = static_cast<std::uint64_t>(statement.integer(3));
      openings.totals = static_cast<std::uint64_t>(statement.integer(4));
      all.push_back(std::move(openings));
    }
  });
}

Result<UploadFigures> Uploads::figures() {
  return database_.read([](Connection& connection) -> Result<UploadFigures> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT count(*), count(frozen_at) FROM upload "
                                 "WHERE state = 'published'"));
    CN_ASSIGN(const bool row, statement.step());
    CHECK(row);
    return UploadFigures{static_cast<std::uint64_t>(statement.integer(0)),
                         static_cast<std::uint64_t>(statement.integer(1))};
  });
}

Status Uploads::freeze(const UploadId& id, std::int64_t now_s) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE upload SET frozen_at = coalesce(frozen_at, ?) "
                                 "WHERE id = ?"));
    CN_RETURN_IF_ERROR(statement.bind(now_s).bind(base::ByteView(id.bytes)).run());
    CHECK(connection.changes() == 1);  // only known uploads are opened
    return base::ok();
  });
}

Result<bool> Uploads::unfreeze(const std::string& dataset, std::uint64_t version) {
  CN_ASSIGN(const auto upload, find_version(dataset, version));
  if (!upload.has_value() || upload->state != UploadState::kPublished) {
    return Error(ErrorCode::kBadInput, "version.not_found",
                 "the dataset '" + dataset + "' has no live version " + std::to_string(version));
  }
  return database_.write([&](Connection& connection) -> Result<bool> {
    CN_ASSIGN(Statement statement, connection.prepare("UPDATE upload SET frozen_at = NULL "
                                                      "WHERE id = ? AND frozen_at IS NOT NULL"));
    CN_RETURN_IF_ERROR(statement.bind(base::ByteView(upload->id.bytes)).run());
    const bool was_frozen = connection.changes() == 1;
    CN_ASSIGN(Statement await,
              connection.prepare("UPDATE upload SET unfreezes = unfreezes + 1 WHERE id = ?"));
    CN_RETURN_IF_ERROR(await.bind(base::ByteView(upload->id.bytes)).run());
    return was_frozen;
  });
}

Status Uploads::note_proof(const UploadId& id, std::uint64_t unfreezes) {
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("UPDATE upload SET unfreezes_proved = max(unfreezes_proved, ?) "
                                 "WHERE id = ?"));
    return statement.bind(to_integer(unfreezes)).bind(base::ByteView(id.bytes)).run();
  });
}

#undef CN_UPLOAD_COLUMNS
}  // namespace cryptonet::gatekeeper::state

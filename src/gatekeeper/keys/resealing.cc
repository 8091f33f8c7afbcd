// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/keys/resealing.h"

#include <array>
#include <set>
#include <string>

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using state::Connection;
using state::Statement;

/// How the name of a record, which is sealed with it, follows from its row.
using NameOf = base::Bytes (*)(const Statement& row);

base::Bytes text_name(const Statement& row) {
  const std::string text = row.text(1);
  return {text.begin(), text.end()};
}
base::Bytes blob_name(const Statement& row) { return row.bytes(1); }
/// As verify/ names a total: upload, unit, left and right column.
base::Bytes total_name(const Statement& row) {
  base::ByteWriter writer;
  writer.raw(row.bytes(1));
  for (const int column : {2, 3, 4}) {
    writer.u32(static_cast<std::uint32_t>(row.integer(column)));
  }
  return std::move(writer).take();
}

/// `select` gives the record and then the primary key; `update` takes them in the same order.
struct SealedColumn {
  const char* table_and_column;
  RecordKind kind;
  const char* select;
  const char* update;
  NameOf name;
};
constexpr std::array kColumns = {
    SealedColumn{"enrolment.sealed_secret", RecordKind::kEnrolmentSecret,
                 "SELECT sealed_secret, id FROM enrolment",
                 "UPDATE enrolment SET sealed_secret = ? WHERE id = ?", text_name},
    SealedColumn{"dataset.sealed_schema", RecordKind::kSchema,
                 "SELECT sealed_schema, name FROM dataset",
                 "UPDATE dataset SET sealed_schema = ? WHERE name = ?", text_name},
    SealedColumn{"opened_total.sealed_total", RecordKind::kOpenedTotal,
                 "SELECT sealed_total, upload, unit, side_a, side_b FROM opened_total",
                 "UPDATE opened_total SET sealed_total = ? WHERE upload = ? AND unit = ? AND "
                 "side_a = ? AND side_b = ?",
                 total_name},
    SealedColumn{"answer.sealed_answer", RecordKind::kAnswer,
                 "SELECT sealed_answer, question FROM answer",
                 "UPDATE answer SET sealed_answer = ? WHERE question = ?", blob_name},
    SealedColumn{"credential.sealed_totp", RecordKind::kTotpSeed,
                 "SELECT sealed_totp, person FROM credential",
                 "UPDATE credential SET sealed_totp = ? WHERE person = ?", text_name},
};
/// Sealed under the master key, not under the record key.
constexpr std::string_view kKeptKeys = "kept_key.sealed_key";

Status check_all_known(Connection& connection) {
  CN_ASSIGN(Statement statement,
            connection.prepare("SELECT m.name || '.' || c.name FROM sqlite_schema AS m, "
                               "pragma_table_info(m.name) AS c "
                               "WHERE m.type = 'table' AND c.name LIKE 'sealed\\_%' ESCAPE '\\'"));
  std::set<std::string> known{std::string(kKeptKeys)};
  for (const SealedColumn& column : kColumns) known.insert(column.table_and_column);
  while (true) {
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return base::ok();
    if (!known.contains(statement.text(0))) {
      return Error(ErrorCode::kInternal, "keys.unknown_column",
                   "the state's column " + statement.text(0) +
                       " holds sealed records that a rotation does not know");
    }
  }
}

/// One cell of a primary key.
struct Cell {
  bool is_number = false;
  std::int64_t number = 0;
  bool is_text = false;
  base::Bytes bytes;
};

struct Record {
  base::Bytes name;
  base::Bytes sealed;
  std::vector<Cell> row;
};

Result<std::vector<Record>> read_records(Connection& connection, const SealedColumn& column) {
  CN_ASSIGN(Statement statement, connection.prepare(column.select));
  std::vector<Record> records;
  while (true) {
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return records;
    Record record{column.name(statement), statement.bytes(0), {}};
    for (int i = 1; i < statement.columns(); ++i) {
      Cell cell;
      cell.is_number = statement.is_integer(i);
      cell.is_text = statement.is_text(i);
      if (cell.is_number) cell.number = statement.integer(i);
      if (!cell.is_number) cell.bytes = statement.bytes(i);
      record.row.push_back(std::move(cell));
    }
    records.push_back(std::move(record));
  }
}

Status write_record(Connection& connection, const SealedColumn& column, const Record& record,
                    const base::Bytes& sealed) {
  CN_ASSIGN(Statement statement, connection.prepare(column.update));
  statement.bind(base::ByteView(sealed));
  for (const Cell& cell : record.row) {
    if (cell.is_number) {
      statement.bind(cell.number);
    } else if (cell.is_text) {
      statement.bind(base::text_of(cell.bytes));
    } else {
      statement.bind(base::ByteView(cell.bytes));
    }
  }
  CN_RETURN_IF_ERROR(statement.run());
  CHECK(connection.changes() == 1);
  return base::ok();
}
}  // namespace

Result<std::uint64_t> reseal_records(Connection& connection, const KeyRing& from,
                                     const KeyRing& to) {
  CN_RETURN_IF_ERROR(check_all_known(connection));
  std::uint64_t count = 0;
  for (const SealedColumn& column : kColumns) {
    CN_ASSIGN(const auto records, read_records(connection, column));
    for (const Record& record : records) {
      CN_ASSIGN(const auto clear, from.unseal(column.kind, record.name, record.sealed));
      const base::Bytes sealed = to.seal(column.kind, record.name, clear.span());
      CN_RETURN_IF_ERROR(write_record(connection, column, record, sealed));
      ++count;
    }
  }
  return count;
}

}  // namespace cryptonet::gatekeeper::keys

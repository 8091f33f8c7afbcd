// SPDX-License-Identifier: Apache-2.0
// Statements over the tables opened_total and answer.
#include "gatekeeper/state/results.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::Result;
using base::Status;
using columns::format::kNoColumn;
using columns::format::UploadId;

std::int64_t side_b(const columns::format::ColumnPair& pair) {
  return pair.right == kNoColumn ? -1 : static_cast<std::int64_t>(pair.right);
}
}  // namespace

Result<std::vector<base::Bytes>> Results::find_totals(const UploadId& upload,
                                                      const std::vector<TotalName>& names) {
  return database_.read([&](Connection& connection) -> Result<std::vector<base::Bytes>> {
    std::vector<base::Bytes> totals;
    totals.reserve(names.size());
    for (const TotalName& name : names) {
      CN_ASSIGN(Statement statement,
                connection.prepare("SELECT sealed_total FROM opened_total WHERE upload = ? AND "
                                   "unit = ? AND side_a = ? AND side_b = ?"));
      statement.bind(base::ByteView(upload.bytes))
          .bind(std::int64_t{name.unit})
          .bind(std::int64_t{name.pair.left})
          .bind(side_b(name.pair));
      CN_ASSIGN(const bool row, statement.step());
      totals.push_back(row ? statement.bytes(0) : base::Bytes());
    }
    return totals;
  });
}

Status Results::keep_totals(const UploadId& upload, const std::vector<KeptTotal>& totals) {
  return database_.write([&](Connection& connection) -> Status {
    for (const KeptTotal& total : totals) {
      CN_ASSIGN(Statement statement,
                connection.prepare("INSERT INTO opened_total (upload, unit, side_a, side_b, "
                                   "sealed_total) SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 "
                                   "FROM upload WHERE id = ? AND state <> 'dropped') "
                                   "ON CONFLICT DO NOTHING"));
      CN_RETURN_IF_ERROR(statement.bind(base::ByteView(upload.bytes))
                             .bind(std::int64_t{total.name.unit})
                             .bind(std::int64_t{total.name.pair.left})
                             .bind(side_b(total.name.pair))
                             .bind(base::ByteView(total.sealed))
                             .bind(base::ByteView(upload.bytes))
                             .run());
    }
    return base::ok();
  });
}

Result<std::optional<base::Bytes>> Results::find_answer(const base::Digest& question) {
  return database_.read([&](Connection& connection) -> Result<std::optional<base::Bytes>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT sealed_answer FROM answer WHERE question = ?"));
    CN_ASSIGN(const bool row, statement.bind(base::ByteView(question)).step());
    if (!row) return std::optional<base::Bytes>();
    return std::optional<base::Bytes>(statement.bytes(0));
  });
}

Status Results::keep_answer(const base::Digest& question, const std::string& dataset,
                            base::ByteView sealed, std::int64_t now_s) {
  if (sealed.size() > kMaxKeptAnswerBytes) return base::ok();
  return database_.write([&](Connection& connection) -> Status {
    CN_ASSIGN(Statement statement,
              connection.prepare("INSERT INTO answer (question, dataset, sealed_answer, made_at) "
                                 "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    CN_RETURN_IF_ERROR(
        statement.bind(base::ByteView(question)).bind(dataset).bind(sealed).bind(now_s).run());
    CN_ASSIGN(Statement oldest,
              connection.prepare("DELETE FROM answer WHERE question IN (SELECT question FROM "
                                 "answer ORDER BY made_at DESC LIMIT -1 OFFSET ?)"));
    return oldest.bind(static_cast<std::int64_t>(kMaxKeptAnswers)).run();
  });
}

}  // namespace cryptonet::gatekeeper::state

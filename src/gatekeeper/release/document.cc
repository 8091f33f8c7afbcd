// SPDX-License-Identifier: Apache-2.0
// The answer as `cryptonet.result.v1`: integers and decimals are strings, so that no reader rounds
// them; reals are numbers; NULL is null; a suppressed cell is null and listed in "suppressed".
#include <nlohmann/json.hpp>

#include "gatekeeper/release/release.h"

namespace cryptonet::gatekeeper::release {
namespace {

using Json = nlohmann::ordered_json;

const char* type_name(ValueType type) {
  switch (type) {
    case ValueType::kInteger:
      return "integer";
    case ValueType::kDecimal:
      return "decimal";
    case ValueType::kReal:
      return "real";
    default:
      return "text";
  }
}

Json cell_json(const AnswerCell& cell) {
  switch (cell.kind) {
    case AnswerCell::Kind::kExact:
    case AnswerCell::Kind::kText:
      return cell.text;
    case AnswerCell::Kind::kReal:
      return cell.real;
    default:
      return nullptr;
  }
}

}  // namespace

std::string write_document(const Answer& answer, const DocumentFrame& frame) {
  Json columns = Json::array();
  for (const AnswerColumn& column : answer.columns) {
    columns.push_back(
        Json{{"name", column.name}, {"type", type_name(column.type)}, {"scale", column.scale}});
  }
  Json rows = Json::array();
  Json suppressed = Json::array();
  for (std::size_t r = 0; r < answer.rows.size(); ++r) {
    Json row = Json::array();
    for (std::size_t c = 0; c < answer.rows[r].size(); ++c) {
      const AnswerCell& cell = answer.rows[r][c];
      row.push_back(cell_json(cell));
      if (cell.kind == AnswerCell::Kind::kSuppressed) suppressed.push_back(Json::array({r, c}));
    }
    rows.push_back(std::move(row));
  }
  const plan::PlanFigures& figures = frame.figures;
  const Json document = {{"format", "cryptonet.result.v1"},
                         {"dataset", frame.dataset},
                         {"version", frame.version},
                         {"columns", std::move(columns)},
                         {"rows", std::move(rows)},
                         {"suppressed", std::move(suppressed)},
                         {"plan",
                          {{"pairs", figures.pairs},
                           {"units", figures.units},
                           {"digits", figures.digits},
                           {"bound_bits", figures.bound_bits},
                           {"modulus_bits", figures.modulus_bits},
                           {"bytes_read", figures.bytes_read}}},
                         {"timing_ms",
                          {{"plan", frame.timing.plan_ms},
                           {"compute", frame.timing.compute_ms},
                           {"open", frame.timing.open_ms},
                           {"total", frame.timing.total_ms}}},
                         {"cached", frame.cached}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cryptonet::gatekeeper::release

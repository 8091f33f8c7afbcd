// SPDX-License-Identifier: Apache-2.0
// From exact totals to the answer that may leave: digits, units and versions are put together in
// big integers, the policy is asked for every cell, the rest is divided, rooted, ordered and
// limited. Nothing after this step sees a suppressed number. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatekeeper/plan/plan.h"
#include "gatekeeper/policy/policy.h"

namespace cryptonet::gatekeeper::release {

enum class ValueType : std::uint8_t { kInteger, kDecimal, kReal, kText };
struct AnswerColumn {
  std::string name;
  ValueType type = ValueType::kInteger;
  unsigned scale = 0;  ///< decimals of kDecimal
};
struct AnswerCell {
  enum class Kind : std::uint8_t { kNull, kSuppressed, kExact, kReal, kText } kind = Kind::kNull;
  std::string text;  ///< kExact: the digits as printed ("-12.50"); kText: the label
  double real = 0;
};
/// The released answer: policy applied, ordered, limited.
struct Answer {
  std::vector<AnswerColumn> columns;
  std::vector<std::vector<AnswerCell>> rows;
};

/// `opened` has the shape of plan.versions() x units x plan.pairs(). Sums are exact; AVG, VAR,
/// COVAR, STDDEV and CORR are the exact value rounded once to the nearest double.
Answer release(const plan::CheckedPlan& plan, const plan::OpenedTotals& opened,
               const policy::ReleasePolicy& policy);

struct Timing {
  double plan_ms = 0;
  double compute_ms = 0;
  double open_ms = 0;
  double total_ms = 0;
};
/// What stands in the document beside the rows.
struct DocumentFrame {
  std::string dataset;
  std::uint64_t version = 0;
  plan::PlanFigures figures;
  Timing timing;
  bool cached = false;
};
/// The `cryptonet.result.v1` document (docs/formats/result.md).
std::string write_document(const Answer& answer, const DocumentFrame& frame);

}  // namespace cryptonet::gatekeeper::release

// SPDX-License-Identifier: Apache-2.0
// From a question to a checked plan. The passes run in this order, each `Draft -> Result<Draft>` in
// a file of its own: parse, bind, rewrite, encode, bound, cost, check. Only CheckedPlan can be run;
// only the last pass makes one. Nothing here sees a key, a hint, or a number from the cloud; what
// becomes of the totals is release/release.h. Pure functions; any thread.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "columns/open/checked_pair.h"
#include "table/legend.h"
#include "table/stored_columns.h"

namespace cryptonet::gatekeeper::plan {

using Integer = boost::multiprecision::cpp_int;

struct UnitView {
  std::vector<std::uint32_t> partition;  ///< group code per partition column
  std::uint64_t rows = 0;
  std::uint32_t chunks = 0;  ///< the mask chunk included
};
struct VersionView {
  std::uint64_t version = 0;
  std::vector<UnitView> units;  ///< in manifest order
};
/// All that planning knows of a dataset: schema, stored columns, and the shape of every live
/// version.
struct DatasetView {
  std::string name;
  table::Schema schema;
  table::StoredLayout layout;
  const columns::format::ParameterSet* parameters = nullptr;
  std::vector<VersionView> versions;  ///< at least one, ascending
  /// Bins columns of which some version's source has more decimals than the edges (Legend).
  std::set<std::string> finer_bins = {};
};

/// A pair to total and check, with the range that one row can add to it.
struct PlannedPair {
  columns::open::CheckedPair pair;
  std::int64_t row_low = 0;
  std::int64_t row_high = 0;
};
/// What is asked of one version: every pair of the plan in each of these units.
struct PlannedVersion {
  std::uint32_t version_index = 0;   ///< into DatasetView::versions
  std::vector<std::uint32_t> units;  ///< strictly increasing
};

/// What a plan costs and how close it comes to its limits; shown by --explain and in every answer.
struct PlanFigures {
  std::uint64_t pairs = 0;       ///< pairs including check pairs
  std::uint64_t units = 0;       ///< units over all versions
  unsigned digits = 1;           ///< the largest number of digits of a value in it
  unsigned bound_bits = 0;       ///< log2 of the largest phase bound
  unsigned modulus_bits = 0;     ///< log2 of q
  std::uint64_t bytes_read = 0;  ///< at the cloud
};

class CheckedPlan;

/// The value of one opened total: opened.at(version position in plan)[unit position][pair
/// position].
using OpenedTotals = std::vector<std::vector<std::vector<std::int64_t>>>;

class CheckedPlan {
 public:
  CheckedPlan(CheckedPlan&&) noexcept;
  CheckedPlan& operator=(CheckedPlan&&) noexcept;
  ~CheckedPlan();
  const std::vector<PlannedPair>& pairs() const;
  const std::vector<PlannedVersion>& versions() const;
  const PlanFigures& figures() const;
  /// The passes by name, what each did, and the homomorphic operations: the text of --explain.
  const std::string& explanation() const;
  /// A canonical text of the bound question: equal texts have equal answers on equal versions.
  const std::string& fingerprint() const;
  /// The aggregates of the question, "COUNT", "AVG" …, each once, in alphabetical order.
  std::vector<std::string> functions() const;

 private:
  friend struct PlanBuilder;
  friend struct PlanReader;
  struct State;
  explicit CheckedPlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The one table that a question names; kBadInput with the position for anything outside the SQL
/// subset.
base::Result<std::string> dataset_of(const std::string& sql);
/// Runs all passes. kBadInput: not in the subset, unknown name, unreachable (the hint is the line
/// to add to the schema); kRefused: a bound or the policy says no.
base::Result<CheckedPlan> make_plan(const std::string& sql, const DatasetView& dataset);

}  // namespace cryptonet::gatekeeper::plan

// SPDX-License-Identifier: Apache-2.0
// SQL of strangers against small datasets (the first byte chooses), through every pass of planning:
// no crash, and a refusal is bad input or a refused bound, never our fault.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "gatekeeper/plan/plan.h"

namespace {

using namespace cryptonet;

constexpr std::string_view kClinic = R"(
row_limit = 1000000
crosses = [["month", "weekday"]]
partition = ["ward"]
[columns.cost]
role = "measure"
decimals = 2
min = 0.00
max = 5000.00
powers = 2
[columns.age]
role = "measure"
min = 0
max = 120
nullable = true
[columns.weight_kg]
role = "measure"
min = 0
max = 300
nullable = true
[columns.month]
role = "dimension"
from = "seen"
part = "month"
[columns.weekday]
role = "dimension"
from = "seen"
part = "weekday"
[columns.hour]
role = "dimension"
from = "seen"
part = "hour"
[columns.age_bin]
role = "bins"
from = "age"
edges = [18, 40, 65]
nullable = true
[columns.dist_bin]
role = "bins"
from = "dist"
edges = [0, 500, 1000]
[columns.smoker]
role = "dimension"
categories = ["no", "yes"]
other = true
nullable = true
[columns.ward]
role = "dimension"
categories = ["A", "B"]
[columns.note]
role = "ignore"
)";

constexpr std::string_view kSmall = R"(
row_limit = 1000000
partition = ["site"]
crosses = [["g", "h"]]
[columns.x]
role = "measure"
min = -9
max = 9
powers = 2
nullable = true
[columns.y]
role = "measure"
decimals = 1
min = 0.0
max = 5.0
[columns.g]
role = "dimension"
categories = ["a", "b"]
other = true
[columns.h]
role = "dimension"
categories = [1, 2]
paired = true
[columns.site]
role = "dimension"
categories = ["n", "s", "w"]
)";

gatekeeper::plan::DatasetView make_dataset(const std::string& schema_text) {
  auto schema = table::parse_schema(schema_text, "fuzz");
  const auto& set = columns::format::wide_set();
  auto layout = table::StoredLayout::create(*schema, set);
  gatekeeper::plan::DatasetView view{"t", *schema, std::move(*layout), &set, {}, {}};
  for (std::uint64_t version = 1; version <= 2; ++version) {
    view.versions.push_back({version, {{{0}, 3000, 2}, {{1}, 9000, 3}}});
  }
  return view;
}

const gatekeeper::plan::DatasetView& dataset(std::uint8_t choice) {
  static const std::array kMade = {
      make_dataset(std::string(kClinic)), make_dataset(std::string(kSmall)),
      make_dataset("products = false" + std::string(kSmall)),
      make_dataset("person = \"p\"\nweight = \"w\"" + std::string(kSmall))};
  return kMade[choice % kMade.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string sql(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto plan = gatekeeper::plan::make_plan(sql, dataset(data[0])); !plan.ok()) {
    const auto code = plan.error().code;
    if (code != base::ErrorCode::kBadInput && code != base::ErrorCode::kRefused) std::abort();
  }
  return 0;
}

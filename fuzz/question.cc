// SPDX-License-Identifier: Apache-2.0
// SQL of strangers against a small dataset, through every pass of planning: no crash, and a refusal
// is bad input or a refused bound, never our fault.
#include <cstdint>
#include <cstdlib>

#include "gatekeeper/plan/plan.h"

namespace {

using namespace cryptonet;

constexpr std::string_view kSchema = R"(
row_limit = 100000
crosses = [["g", "m"]]
partition = ["site"]
[columns.x]
role = "measure"
decimals = 2
min = -100
max = 100
powers = 2
nullable = true
[columns.y]
role = "measure"
min = 0
max = 9
[columns.g]
role = "dimension"
categories = ["a", "b"]
other = true
nullable = true
[columns.m]
role = "dimension"
part = "month"
[columns.bin]
role = "bins"
from = "y"
edges = [2, 5]
[columns.site]
role = "dimension"
categories = [1, 2]
)";

gatekeeper::plan::DatasetView make_dataset() {
  auto schema = table::parse_schema(kSchema, "fuzz");
  const auto& set = columns::format::wide_set();
  auto layout = table::StoredLayout::create(*schema, set);
  gatekeeper::plan::DatasetView view{"t", *schema, std::move(*layout), &set, {}, {}};
  for (std::uint64_t version = 1; version <= 2; ++version) {
    view.versions.push_back({version, {{{0}, 3000, 2}, {{1}, 9000, 3}}});
  }
  return view;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const gatekeeper::plan::DatasetView dataset = make_dataset();
  const std::string sql(reinterpret_cast<const char*>(data), size);
  if (const auto plan = gatekeeper::plan::make_plan(sql, dataset); !plan.ok()) {
    const auto code = plan.error().code;
    if (code != base::ErrorCode::kBadInput && code != base::ErrorCode::kRefused) std::abort();
  }
  return 0;
}

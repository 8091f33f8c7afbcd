// SPDX-License-Identifier: Apache-2.0
// SQL of strangers against small datasets (the first byte chooses), through every pass of planning:
// no crash, and a refusal is bad input or a refused bound, never our fault.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "gatekeeper/plan/plan.h"
#include "gatekeeper/plan/schemas_testing.h"

namespace {

using namespace cryptonet;

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
      make_dataset(std::string(gatekeeper::plan::kClinicSchema)),
      make_dataset(std::string(gatekeeper::plan::kSmallSchema)),
      make_dataset("products = false" + std::string(gatekeeper::plan::kSmallSchema)),
      make_dataset("person = \"p\"\nweight = \"w\"" + std::string(gatekeeper::plan::kSmallSchema))};
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

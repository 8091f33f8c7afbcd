// SPDX-License-Identifier: Apache-2.0
// Schema TOML, legends and decimals from hostile text: no crash, and an accepted schema survives
// being written and parsed again. The first byte chooses.
#include "table/schema.h"

#include <cstdint>
#include <cstdlib>

#include "table/decimal.h"
#include "table/legend.h"

namespace {

using namespace cryptonet::table;

void check_schema(std::string_view text) {
  const auto schema = parse_schema(text, "fuzz");
  if (!schema.ok()) return;
  SchemaNotes notes;
  notes.head = {"", "a note"};
  notes.columns[schema->columns.front().name] = {"another"};
  for (const std::string& written : {write_schema(*schema), write_schema(*schema, notes)}) {
    const auto again = parse_schema(written, "fuzz");
    if (!again.ok() || !(*again == *schema)) std::abort();
  }
}

void check_decimal(std::string_view text) {
  const auto needed = decimals_needed(text);
  for (unsigned decimals = 0; decimals <= 15; ++decimals) {
    const ParsedDecimal floor = scan_decimal(text, decimals, true);
    const auto value = parse_decimal(text, decimals);
    if (!value) continue;
    if (!needed || *needed > decimals || floor.scaled != *value) std::abort();
    if (parse_decimal(decimal_text(*value, decimals), decimals) != value) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_schema(text);
      break;
    case 1:
      if (const auto legend = parse_legend(text); legend.ok()) {
        if (!parse_legend(write_legend(*legend)).ok()) std::abort();
      }
      break;
    default:
      check_decimal(text);
  }
  return 0;
}

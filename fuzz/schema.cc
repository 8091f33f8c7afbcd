// SPDX-License-Identifier: Apache-2.0
// Schema TOML, legends and decimals from hostile text: no crash, and an accepted schema survives
// being written and parsed again. The first byte chooses.
#include "table/schema.h"

#include <cstdint>
#include <cstdlib>

#include "table/legend.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cryptonet::table;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto schema = parse_schema(text, "fuzz"); schema.ok()) {
        const auto again = parse_schema(write_schema(*schema), "fuzz");
        if (!again.ok() || !(*again == *schema)) std::abort();
      }
      break;
    case 1:
      if (const auto legend = parse_legend(text); legend.ok()) {
        if (!parse_legend(write_legend(*legend)).ok()) std::abort();
      }
      break;
    default:
      for (unsigned decimals = 0; decimals <= 15; ++decimals) {
        if (const auto value = parse_decimal(text, decimals)) {
          if (parse_decimal(decimal_text(*value, decimals), decimals) != value) std::abort();
        }
      }
  }
  return 0;
}

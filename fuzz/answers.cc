// SPDX-License-Identifier: Apache-2.0
// What a hostile gatekeeper can show a researcher: result documents, lists and descriptions,
// written for a terminal and as CSV. No crash, and no control character reaches the terminal.
#include <cstdint>
#include <cstdlib>

#include "researcher/client/result_text.h"

namespace {

using namespace cryptonet;

void expect_harmless(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7F) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace researcher::client;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto result = api::QueryResult::from_json(text);
          result.ok() && check_shape(*result).ok()) {
        expect_harmless(table_of(*result));
        expect_harmless(summary_of(*result));
        static_cast<void>(csv_of(*result));
      }
      break;
    case 1:
      if (const auto list = api::DatasetList::from_json(text); list.ok()) {
        expect_harmless(table_of(*list));
      }
      break;
    default:
      if (const auto dataset = api::DatasetDescription::from_json(text); dataset.ok()) {
        expect_harmless(table_of(*dataset));
      }
  }
  return 0;
}

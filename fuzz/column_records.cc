// SPDX-License-Identifier: Apache-2.0
// Every record of masked columns, parsed from hostile bytes: no crash, no overrun, and what is
// accepted is written again as the same bytes (one spelling per value). The first byte chooses.
#include <cstdint>
#include <cstdlib>

#include "columns/format/manifest.h"
#include "columns/format/sealed_key.h"
#include "columns/format/segment.h"
#include "columns/format/totals.h"

namespace {

using namespace cryptonet;

void expect_same(const base::Bytes& written, base::ByteView read) {
  if (!std::equal(written.begin(), written.end(), read.begin(), read.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      if (const auto manifest = columns::format::Manifest::parse(bytes); manifest.ok()) {
        expect_same(manifest->bytes(), bytes);
      }
      break;
    case 1:
      if (const auto request = columns::format::parse_totals_request(bytes); request.ok()) {
        expect_same(columns::format::write_totals_request(*request), bytes);
      }
      break;
    case 2:
      if (const auto sealed = columns::format::parse_sealed_key(bytes); sealed.ok()) {
        expect_same(columns::format::write_sealed_key(*sealed), bytes);
      }
      break;
    default:
      if (const auto header = columns::format::parse_segment_header(bytes); header.ok()) {
        expect_same(columns::format::write_segment_header(*header),
                    bytes.first(columns::format::kSegmentHeaderBytes));
      }
  }
  return 0;
}

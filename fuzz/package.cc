// SPDX-License-Identifier: Apache-2.0
// What a contributor shows the gatekeeper first: the package of three blocks, the name of its
// dataset, and a legend against its manifest and against what is published already. No crash; a
// package has one spelling; what is accepted can be appended to itself.
#include "gatekeeper/intake/package.h"

#include <sodium.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "gatekeeper/intake/acceptance.h"
#include "table/stored_columns.h"

namespace {

using namespace cryptonet;
namespace intake = gatekeeper::intake;

void check_blocks(base::ByteView bytes) {
  const auto package = intake::parse_package(bytes);
  if (!package.ok()) return;
  base::ByteWriter writer;
  writer.block(package->manifest);
  writer.block(package->sealed_key);
  writer.block(package->sealed_legend);
  const base::Bytes& again = writer.bytes();
  if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
}

/// The manifest that the legend asks for, but for what `lies` says: bit 0 a column more, bit 1 a
/// unit less, bit 2 a chunk more, the rest the cap of totals. Nothing when no manifest can be so.
std::shared_ptr<const columns::format::Manifest> manifest_for(const table::Legend& legend,
                                                              unsigned lies) {
  const auto& set = columns::format::wide_set();
  const auto layout = table::StoredLayout::create(legend.schema, set);
  if (!layout.ok() || legend.units.size() > 100) return nullptr;
  columns::format::ManifestBody body;
  base::Secret<64> secret;
  const std::array<std::uint8_t, 32> seed{7};
  crypto_sign_seed_keypair(body.contributor_key.data(), secret.data(), seed.data());
  body.columns.resize(layout->columns().size() + (lies & 1U));
  for (std::size_t i = 0; i < body.columns.size(); ++i) {
    body.columns[i].bytes[0] = static_cast<std::uint8_t>(i);
    body.columns[i].bytes[1] = static_cast<std::uint8_t>(i >> 8U);
  }
  body.units.resize(legend.units.size() - std::min<std::size_t>(legend.units.size(), lies / 2 % 2));
  for (std::size_t i = 0; i < body.units.size(); ++i) {
    auto& unit = body.units[i];
    const std::uint64_t rows = std::min<std::uint64_t>(legend.units[i].rows, 1U << 20U);
    unit.id.bytes[0] = static_cast<std::uint8_t>(i);
    unit.chunks = static_cast<std::uint32_t>((rows + set.ring_degree() - 1) / set.ring_degree() +
                                             1 + lies / 4 % 2);
    unit.cap_of_totals = lies / 8;
    unit.hint_hashes.resize(body.columns.size());
    const std::size_t segments =
        (unit.chunks + columns::format::kChunksPerSegment - 1) / columns::format::kChunksPerSegment;
    unit.segments.assign(body.columns.size(), std::vector<base::Digest>(segments));
  }
  auto made = columns::format::Manifest::sign(std::move(body), secret);
  if (!made.ok()) return nullptr;
  return std::make_shared<const columns::format::Manifest>(std::move(*made));
}

void check_legend(unsigned lies, std::string_view text) {
  auto legend = table::parse_legend(text);
  if (!legend.ok()) return;
  const auto manifest = manifest_for(*legend, lies);
  if (manifest == nullptr) return;
  const gatekeeper::open::UploadParts parts{
      manifest, std::make_shared<const table::Legend>(std::move(*legend))};
  const bool whole = intake::check_parts(parts).ok();
  if (whole && (lies % 8 != 0 || parts.legend->rows == 0)) std::abort();
  static_cast<void>(intake::check_append(parts, {}).ok());
  const auto again = intake::check_append(parts, {parts.legend->schema, 1});
  if (!again.ok() && again.error().rule == "upload.other_schema") std::abort();
  auto other = parts.legend->schema;
  ++other.row_limit;
  if (intake::check_append(parts, {other, 0}).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::start_sodium();
  if (size < 2) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_blocks(bytes);
      break;
    case 1:
      static_cast<void>(intake::check_dataset_name(std::string(base::text_of(bytes))).ok());
      break;
    default:
      check_legend(data[1], base::text_of(bytes.subspan(1)));
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/manifest.md. Counts are checked against the bytes that remain before
// anything is allocated.
#include "columns/format/manifest.h"

#include <sodium.h>

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "columns/format/file_header.h"
#include "columns/format/merkle_tree.h"

namespace cryptonet::columns::format {
namespace {

constexpr std::string_view kMagic = "CNMF";
constexpr std::string_view kWhat = "the manifest";
constexpr std::string_view kSignatureContext = "cryptonet manifest 1\n";
constexpr std::size_t kSignatureBytes = crypto_sign_BYTES;
constexpr std::size_t kUnitFixedBytes = 16 + 4 + 8;

std::size_t segments_of(std::uint32_t chunks) {
  return (std::size_t{chunks} + kChunksPerSegment - 1) / kChunksPerSegment;
}

base::Bytes signed_message(base::ByteView bytes) {
  base::ByteWriter message;
  message.raw(base::view_of(kSignatureContext));
  message.raw(bytes);
  return std::move(message).take();
}

/// Everything but the hashes of segments, hints and legend: the first leaf of the tree.
base::Bytes fixed_part(const ManifestBody& body) {
  base::ByteWriter writer;
  write_file_header(writer, kMagic, static_cast<std::uint8_t>(body.parameter_set));
  writer.raw(body.upload.bytes);
  writer.raw(body.contributor_key);
  writer.raw(body.key_commitment);
  writer.u32(static_cast<std::uint32_t>(body.columns.size()));
  writer.u32(static_cast<std::uint32_t>(body.units.size()));
  for (const ColumnId& column : body.columns) writer.raw(column.bytes);
  for (const UnitEntry& unit : body.units) {
    writer.raw(unit.id.bytes);
    writer.u32(unit.chunks);
    writer.u64(unit.cap_of_totals);
  }
  return std::move(writer).take();
}

/// Calls visit(digest) for the legend's hash and every hash of every unit, in the order of the
/// file.
template <typename Body, typename Visit>
void for_each_hash(Body& body, const Visit& visit) {
  visit(body.legend_hash);
  for (auto& unit : body.units) {
    visit(unit.shared_hint_hash);
    for (auto& hash : unit.hint_hashes) visit(hash);
    for (auto& column : unit.segments) {
      for (auto& hash : column) visit(hash);
    }
  }
}

template <typename Id>
bool all_differ(const std::vector<Id>& ids) {
  return std::set<Id>(ids.begin(), ids.end()).size() == ids.size();
}

/// What is wrong with the body's numbers, or nothing.
std::string_view fault_of_unit(const ManifestBody& body, const ParameterSet& set,
                               const UnitEntry& unit) {
  if (unit.chunks < 2) return "a unit has fewer than 2 chunks";
  if (unit.chunks > set.max_unit_chunks) return "a unit has more chunks than its set allows";
  if (unit.cap_of_totals > std::uint64_t{unit.chunks - 1} * set.ring_degree() / 3) {
    return "a unit's cap of totals is above a third of its rows";
  }
  if (unit.hint_hashes.size() != body.columns.size() ||
      unit.segments.size() != body.columns.size()) {
    return "a unit does not have one hint and one list of segments per column";
  }
  for (const auto& column : unit.segments) {
    if (column.size() != segments_of(unit.chunks))
      return "a column's segments do not fill its unit";
  }
  return {};
}

std::string_view fault_of(const ManifestBody& body, const ParameterSet& set) {
  if (body.columns.empty() || body.columns.size() > kMaxColumns) {
    return "it must have 1 to 4096 columns";
  }
  if (body.units.empty() || body.units.size() > kMaxUnits) return "it must have 1 to 65536 units";
  if (!all_differ(body.columns)) return "a column stands twice";
  std::vector<UnitId> units;
  for (const UnitEntry& unit : body.units) units.push_back(unit.id);
  if (!all_differ(units)) return "a unit stands twice";
  for (const UnitEntry& unit : body.units) {
    if (const auto fault = fault_of_unit(body, set, unit); !fault.empty()) return fault;
  }
  return {};
}

/// Reads columns and the fixed part of units; false when the bytes cannot hold what they announce.
bool read_fixed_part(base::ByteReader& reader, ManifestBody& body) {
  reader.copy_to(body.upload.bytes);
  reader.copy_to(body.contributor_key);
  reader.copy_to(body.key_commitment);
  const std::uint32_t columns = reader.u32();
  const std::uint32_t units = reader.u32();
  if (columns == 0 || columns > kMaxColumns || units == 0 || units > kMaxUnits) return false;
  const std::uint64_t least = std::uint64_t{columns} * 16 + std::uint64_t{units} * kUnitFixedBytes +
                              std::uint64_t{units} * (1 + 2 * std::uint64_t{columns}) * 32;
  if (reader.remaining() < least) return false;
  body.columns.resize(columns);
  for (ColumnId& column : body.columns) reader.copy_to(column.bytes);
  body.units.resize(units);
  std::uint64_t hashes = 1;
  for (UnitEntry& unit : body.units) {
    reader.copy_to(unit.id.bytes);
    unit.chunks = reader.u32();
    unit.cap_of_totals = reader.u64();
    hashes += 1 + columns * (1 + std::uint64_t{segments_of(unit.chunks)});
  }
  if (!reader.ok() || reader.remaining() != hashes * 32 + kSignatureBytes) return false;
  for (UnitEntry& unit : body.units) {
    unit.hint_hashes.resize(columns);
    unit.segments.assign(columns, std::vector<base::Digest>(segments_of(unit.chunks)));
  }
  return true;
}

base::Bytes unsigned_bytes(const ManifestBody& body) {
  base::ByteWriter writer;
  writer.raw(fixed_part(body));
  for_each_hash(body, [&](const base::Digest& hash) { writer.raw(hash); });
  return std::move(writer).take();
}

}  // namespace

base::Digest merkle_root_of(const ManifestBody& body) {
  std::vector<base::Digest> leaves = {merkle_leaf(fixed_part(body))};
  for_each_hash(body, [&](const base::Digest& hash) { leaves.push_back(merkle_leaf(hash)); });
  return merkle_root(std::move(leaves));
}

const ParameterSet& Manifest::parameters() const {
  return **find_parameter_set(static_cast<std::uint8_t>(body_.parameter_set));
}

base::Result<Manifest> Manifest::sign(ManifestBody body, const base::Secret<64>& signing_key) {
  base::start_sodium();
  CN_ASSIGN(const ParameterSet* set,
            find_parameter_set(static_cast<std::uint8_t>(body.parameter_set)));
  if (const auto fault = fault_of(body, *set); !fault.empty()) {
    return base::Error(base::ErrorCode::kBadInput, "manifest.form",
                       "the manifest cannot be signed: " + std::string(fault));
  }
  std::array<std::uint8_t, 32> public_key{};
  crypto_sign_ed25519_sk_to_pk(public_key.data(), signing_key.data());
  if (public_key != body.contributor_key) {
    return base::Error(base::ErrorCode::kBadInput, "manifest.key",
                       "the manifest cannot be signed: it names another contributor's key");
  }
  base::Bytes bytes = unsigned_bytes(body);
  std::array<std::uint8_t, kSignatureBytes> signature{};
  const base::Bytes message = signed_message(bytes);
  CHECK(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                             signing_key.data()) == 0);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  Manifest manifest;
  manifest.merkle_root_ = merkle_root_of(body);
  manifest.body_ = std::move(body);
  manifest.digest_ = base::sha256(bytes);
  manifest.bytes_ = std::move(bytes);
  return manifest;
}

base::Result<Manifest> Manifest::parse(base::ByteView bytes) {
  base::start_sodium();
  base::ByteReader reader(bytes);
  CN_ASSIGN(const std::uint8_t set_id, read_file_header(reader, kMagic, kWhat));
  CN_ASSIGN(const ParameterSet* set, find_parameter_set(set_id));
  Manifest manifest;
  manifest.body_.parameter_set = set->id;
  if (!read_fixed_part(reader, manifest.body_)) {
    return damaged(kWhat, "its counts do not fit its length");
  }
  for_each_hash(manifest.body_, [&](base::Digest& hash) { reader.copy_to(hash); });
  const base::ByteView signature = reader.raw(kSignatureBytes);
  if (!reader.finished()) return damaged(kWhat, "its counts do not fit its length");
  if (const auto fault = fault_of(manifest.body_, *set); !fault.empty())
    return damaged(kWhat, fault);
  const base::Bytes message = signed_message(bytes.first(bytes.size() - kSignatureBytes));
  if (crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                  manifest.body_.contributor_key.data()) != 0) {
    return damaged(kWhat, "its signature does not verify");
  }
  manifest.bytes_.assign(bytes.begin(), bytes.end());
  manifest.digest_ = base::sha256(bytes);
  manifest.merkle_root_ = merkle_root_of(manifest.body_);
  return manifest;
}

}  // namespace cryptonet::columns::format

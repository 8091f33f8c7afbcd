// SPDX-License-Identifier: Apache-2.0
// Layout: docs/formats/totals.md.
#include "columns/format/totals.h"

#include <algorithm>

#include "columns/format/file_header.h"

namespace cryptonet::columns::format {
namespace {

constexpr std::string_view kRequestMagic = "CNTQ";
constexpr std::string_view kReplyMagic = "CNTR";
/// Where other formats have the number of the set.
constexpr std::uint8_t kAsUsual = 0;
constexpr std::uint8_t kProveAnew = 1;
constexpr std::string_view kRequestName = "the request for totals";
constexpr std::string_view kReplyName = "the reply with totals";

template <typename T>
bool strictly_increasing(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

}  // namespace

ColumnPair make_pair(std::uint32_t a, std::uint32_t b) { return {std::min(a, b), std::max(a, b)}; }

base::Bytes write_totals_request(const TotalsRequest& request) {
  base::ByteWriter writer;
  write_file_header(writer, kRequestMagic, request.prove_anew ? kProveAnew : kAsUsual);
  writer.raw(request.upload.bytes);
  writer.raw(request.manifest_digest);
  writer.u32(static_cast<std::uint32_t>(request.units.size()));
  writer.u32(static_cast<std::uint32_t>(request.pairs.size()));
  for (const std::uint32_t unit : request.units) writer.u32(unit);
  for (const ColumnPair& pair : request.pairs) {
    writer.u32(pair.left);
    writer.u32(pair.right);
  }
  return std::move(writer).take();
}

base::Result<TotalsRequest> parse_totals_request(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  CN_ASSIGN(const std::uint8_t how, read_file_header(reader, kRequestMagic, kRequestName));
  TotalsRequest request;
  request.prove_anew = how == kProveAnew;
  reader.copy_to(request.upload.bytes);
  reader.copy_to(request.manifest_digest);
  const std::uint64_t units = reader.u32();
  const std::uint64_t pairs = reader.u32();
  if (!reader.ok() || how > kProveAnew) return damaged(kRequestName, "its head is malformed");
  if (units == 0 || pairs == 0 || units > kMaxUnits || pairs > kMaxTotalsPerRequest ||
      units * pairs > kMaxTotalsPerRequest) {
    return damaged(kRequestName, "it must ask for 1 to 1048576 totals over 1 to 65536 units");
  }
  if (reader.remaining() != 4 * units + 8 * pairs) {
    return damaged(kRequestName, "its counts do not fit its length");
  }
  request.units.resize(units);
  for (std::uint32_t& unit : request.units) unit = reader.u32();
  request.pairs.resize(pairs);
  for (ColumnPair& pair : request.pairs) {
    pair.left = reader.u32();
    pair.right = reader.u32();
    const bool in_range = pair.left < kMaxColumns && pair.left <= pair.right &&
                          (pair.right < kMaxColumns || pair.right == kNoColumn);
    if (!in_range) return damaged(kRequestName, "a pair is not in canonical order or range");
  }
  if (!strictly_increasing(request.units) || request.units.back() >= kMaxUnits ||
      !strictly_increasing(request.pairs)) {
    return damaged(kRequestName, "units and pairs must be strictly increasing");
  }
  return request;
}

base::Bytes write_totals_reply(const ParameterSet& set, std::span<const Residues> totals) {
  base::ByteWriter writer;
  write_file_header(writer, kReplyMagic, static_cast<std::uint8_t>(set.id));
  writer.u32(static_cast<std::uint32_t>(totals.size()));
  base::Bytes packed(6 * set.primes());
  for (const Residues& total : totals) {
    base::pack_u48(std::span(total).first(set.primes()), packed);
    writer.raw(packed);
  }
  return std::move(writer).take();
}

base::Result<std::vector<Residues>> parse_totals_reply(const ParameterSet& set,
                                                       const TotalsRequest& request,
                                                       base::ByteView bytes) {
  base::ByteReader reader(bytes);
  CN_ASSIGN(const std::uint8_t set_id, read_file_header(reader, kReplyMagic, kReplyName));
  const std::uint64_t count = reader.u32();
  if (!reader.ok() || set_id != static_cast<std::uint8_t>(set.id)) {
    return damaged(kReplyName, "its head is malformed");
  }
  if (count != std::uint64_t{request.units.size()} * request.pairs.size() ||
      reader.remaining() != count * 6 * set.primes()) {
    return damaged(kReplyName, "it does not hold as many totals as were asked for");
  }
  std::vector<Residues> totals(count, Residues{});
  for (Residues& total : totals) {
    base::unpack_u48(reader.raw(6 * set.primes()), std::span(total).first(set.primes()));
    for (std::size_t j = 0; j < set.primes(); ++j) {
      if (total[j] >= set.bgv.ciphertext_moduli()[j]) {
        return damaged(kReplyName, "a number is not below its prime");
      }
    }
  }
  return totals;
}

}  // namespace cryptonet::columns::format

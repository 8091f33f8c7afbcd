// SPDX-License-Identifier: Apache-2.0
// Every record of masked columns, parsed from hostile bytes: no crash, no overrun, and what is
// accepted is written again as the same bytes (one spelling per value). The first byte chooses.
// Two kinds go past what random bytes never pass: a manifest is signed here before it is parsed,
// and the long bodies of segments and hint files are zeros with one byte of the input's choosing.
#include <sodium.h>

#include <cstdint>
#include <cstdlib>

#include "base/hash.h"
#include "columns/format/hints.h"
#include "columns/format/manifest.h"
#include "columns/format/sealed_key.h"
#include "columns/format/segment.h"
#include "columns/format/totals.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::columns::format;

constexpr std::size_t kContributorKeyAt = 8 + 16;
constexpr std::string_view kSignatureContext = "cryptonet manifest 1\n";

void expect_same(const base::Bytes& written, base::ByteView read) {
  if (!std::equal(written.begin(), written.end(), read.begin(), read.end())) std::abort();
}

struct Signer {
  Signer() {
    base::start_sodium();
    const std::array<std::uint8_t, 32> seed{7};
    crypto_sign_seed_keypair(public_key.data(), secret.data(), seed.data());
  }
  std::array<std::uint8_t, 32> public_key{};
  base::Secret<64> secret;
};
const Signer& signer() {
  static const Signer made;
  return made;
}

void check_manifest(base::ByteView bytes) {
  if (const auto manifest = Manifest::parse(bytes); manifest.ok()) {
    expect_same(manifest->bytes(), bytes);
    const auto again = Manifest::parse(manifest->bytes());
    if (!again.ok() || again->digest() != manifest->digest()) std::abort();
  }
}

/// Everything of a manifest but the signature, whose signer is put in.
void check_signed(base::ByteView body) {
  base::Bytes bytes(body.begin(), body.end());
  if (bytes.size() >= kContributorKeyAt + 32) {
    std::copy(signer().public_key.begin(), signer().public_key.end(),
              bytes.begin() + kContributorKeyAt);
  }
  base::Bytes message(kSignatureContext.begin(), kSignatureContext.end());
  message.insert(message.end(), bytes.begin(), bytes.end());
  std::array<std::uint8_t, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                       signer().secret.data());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  check_manifest(bytes);
}

/// One unit of two chunks and one column, whose ids are zeros and whose hints are zeros.
const Manifest& small_manifest() {
  static const Manifest made = [] {
    const std::size_t packed = wide_set().packed_bytes();
    ManifestBody body;
    body.contributor_key = signer().public_key;
    body.columns.resize(1);
    UnitEntry unit;
    unit.chunks = 2;
    unit.shared_hint_hash = base::sha256(base::Bytes(2 * packed));
    unit.hint_hashes = {base::sha256(base::Bytes(packed))};
    unit.segments = {{base::Digest{}}};
    body.units = {unit};
    return Manifest::sign(body, signer().secret).value();
  }();
  return made;
}

/// The input is three little numbers and a header; the body behind it is as long as it should be,
/// one byte more when the first number is odd, and has one wrong byte when it is above 127.
base::Bytes with_long_body(base::ByteView input, std::size_t header_bytes, std::size_t body_bytes) {
  base::Bytes file(input.begin() + 3, input.end());
  if (file.size() >= header_bytes) file.resize(header_bytes);
  if (file.size() < header_bytes) return file;
  file.resize(header_bytes + body_bytes + input[0] % 2);
  if (input[0] > 127 && body_bytes > 0) file[header_bytes + input[1] * std::size_t{997}] = 1;
  return file;
}

void check_segment(base::ByteView input) {
  if (input.size() < 3) return;
  const std::size_t packed = wide_set().packed_bytes();
  const base::Bytes file = with_long_body(input, kSegmentHeaderBytes, 2 * packed);
  const auto chunks =
      segment_chunks(small_manifest(), input[2] % 2, input[2] / 2 % 2, input[2] / 4 % 2, file);
  if (chunks.ok() &&
      (chunks->size() != 2 || chunks->back().data() + packed > file.data() + file.size())) {
    std::abort();
  }
}

void check_hints(base::ByteView input) {
  if (input.size() < 3) return;
  const base::Bytes file = with_long_body(input, kHintHeaderBytes, 3 * wide_set().packed_bytes());
  const std::uint32_t unit = input[2] % 2;
  const bool whole = verify_hint_file(small_manifest(), unit, file).ok();
  const bool parts = shared_hint(small_manifest(), unit, file).ok() &&
                     column_hint(small_manifest(), unit, 0, file).ok();
  if (whole && !parts) std::abort();
  if (column_hint(small_manifest(), unit, 1 + input[2], file).ok()) std::abort();
}

void check_reply(base::ByteView bytes) {
  TotalsRequest request;
  request.units = {0, 1};
  request.pairs = {make_pair(0), make_pair(0, 1)};
  if (const auto reply = parse_totals_reply(wide_set(), request, bytes); reply.ok()) {
    expect_same(write_totals_reply(wide_set(), *reply), bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      check_manifest(bytes);
      break;
    case 1:
      if (const auto request = parse_totals_request(bytes); request.ok()) {
        expect_same(write_totals_request(*request), bytes);
      }
      break;
    case 2:
      if (const auto sealed = parse_sealed_key(bytes); sealed.ok()) {
        expect_same(write_sealed_key(*sealed), bytes);
      }
      break;
    case 3:
      if (const auto header = parse_segment_header(bytes); header.ok()) {
        expect_same(write_segment_header(*header), bytes);
      }
      break;
    case 4:
      check_signed(bytes);
      break;
    case 5:
      check_reply(bytes);
      break;
    case 6:
      check_segment(bytes);
      break;
    default:
      check_hints(bytes);
  }
  return 0;
}

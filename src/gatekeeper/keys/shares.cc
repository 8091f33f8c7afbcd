// SPDX-License-Identifier: Apache-2.0
// libgfshare asks a global function for its random bytes; it is set before each use, always to the
// same one.
#include "gatekeeper/keys/shares.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>

#include "base/hash.h"

extern "C" {  // the header does not say it itself
#include <libgfshare.h>
}

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::string_view kPrefix = "cnshare1";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kCheckBytes = 4;
constexpr std::size_t kLongestShare = 256;

void fill_random(unsigned char* out, unsigned int size) { randombytes_buf(out, size); }

struct FreeShares {
  void operator()(gfshare_ctx* context) const { gfshare_ctx_free(context); }
};
using Context = std::unique_ptr<gfshare_ctx, FreeShares>;

/// gfshare_ctx_free scrambles what it gives back, by the same function.
void prepare() {
  base::start_sodium();
  static std::once_flag once;
  std::call_once(once, []() { gfshare_fill_rand = fill_random; });
}

Error malformed() {
  return Error(ErrorCode::kBadInput, "share.malformed",
               "this is no share, or a character of it is wrong or missing",
               "copy the whole line again, from cnshare1 to its end");
}

/// The fields between hyphens; empty when there are not exactly `count`.
std::vector<std::string_view> fields_of(std::string_view text, std::size_t count) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (fields.size() != count) fields.clear();
  return fields;
}

bool parse_byte(std::string_view text, std::uint8_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         text == std::to_string(out);
}
}  // namespace

Status check_counts(const ShareCounts& counts) {
  if (counts.threshold >= 2 && counts.threshold <= counts.shares && counts.shares <= 255) {
    return base::ok();
  }
  return Error(ErrorCode::kBadInput, "seal.shares",
               "of " + std::to_string(counts.shares) + " shares, " +
                   std::to_string(counts.threshold) +
                   " cannot be what opens: it must be 2 or more, and not more than there are (255 "
                   "at most)",
               "for example --shares 5 --threshold 3");
}

Result<std::vector<Share>> split(const base::Secret<32>& key, const ShareSet& set,
                                 const ShareCounts& counts) {
  CN_RETURN_IF_ERROR(check_counts(counts));
  prepare();
  std::vector<unsigned char> ids(counts.shares);
  std::iota(ids.begin(), ids.end(), static_cast<unsigned char>(1));
  const Context context(gfshare_ctx_init_enc(
      ids.data(), counts.shares, static_cast<unsigned char>(counts.threshold), kKeyBytes));
  CHECK(context != nullptr);
  base::Secret<32> secret = base::Secret<32>::copy_of(key.span());
  gfshare_ctx_enc_setsecret(context.get(), secret.data());
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < counts.shares; ++i) {
    Share share;
    share.id = ids[i];
    share.threshold = static_cast<std::uint8_t>(counts.threshold);
    share.set = set;
    gfshare_ctx_enc_getshare(context.get(), static_cast<unsigned char>(i), share.value.data());
    shares.push_back(std::move(share));
  }
  return shares;
}

base::Secret<32> combine(std::span<const Share> shares) {
  CHECK(!shares.empty() && shares.size() <= 255);
  prepare();
  std::vector<unsigned char> ids;
  for (const Share& share : shares) ids.push_back(share.id);
  const Context context(
      gfshare_ctx_init_dec(ids.data(), static_cast<unsigned int>(ids.size()), kKeyBytes));
  CHECK(context != nullptr);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    base::Secret<32> value = base::Secret<32>::copy_of(shares[i].value.span());
    gfshare_ctx_dec_giveshare(context.get(), static_cast<unsigned char>(i), value.data());
  }
  base::Secret<32> key;
  gfshare_ctx_dec_extract(context.get(), key.data());
  return key;
}

Status check_together(std::span<const Share> shares, std::string_view set,
                      std::uint32_t threshold) {
  std::array<bool, 256> seen{};
  for (const Share& share : shares) {
    const std::string id = std::to_string(share.id);
    if (base::to_hex(share.set) != set || share.threshold != threshold) {
      return Error(ErrorCode::kBadInput, "share.other_set",
                   "share " + id + " is of set " + base::to_hex(share.set) +
                       ", this home opens by set " + std::string(set),
                   "look for the shares that were printed last");
    }
    if (seen[share.id]) {
      return Error(ErrorCode::kBadInput, "share.twice", "share " + id + " was given already",
                   "give another holder's share");
    }
    seen[share.id] = true;
  }
  if (shares.size() >= threshold) return base::ok();
  return Error(ErrorCode::kBadInput, "share.too_few",
               std::to_string(shares.size()) + " of the " + std::to_string(threshold) +
                   " shares that open are there",
               "give more of them");
}

base::SecretVector<std::uint8_t> write_share(const Share& share) {
  std::string text;
  text.reserve(kLongestShare);  // never grows, so no copy is left behind
  text += kPrefix;
  text += '-' + std::to_string(share.id) + '-' + std::to_string(share.threshold) + '-';
  text += base::to_hex(share.set);
  text += '-';
  std::string value = base::to_hex(share.value.span());
  text += value;
  base::wipe(value.data(), value.size());
  const base::Digest digest = base::sha256(base::view_of(text));
  text += '-';
  text += base::to_hex(base::ByteView(digest).first(kCheckBytes));
  base::SecretVector<std::uint8_t> line(text.size());
  std::copy(text.begin(), text.end(), line.span().begin());
  base::wipe(text.data(), text.size());
  return line;
}

Result<Share> parse_share(base::ByteView bytes) {
  if (bytes.size() > kLongestShare) return malformed();
  base::SecretVector<std::uint8_t> lower(bytes.size() + 1);
  std::size_t size = 0;
  for (const std::uint8_t byte : bytes) {
    if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') continue;
    lower[size++] = static_cast<std::uint8_t>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
  }
  const std::string_view text = base::text_of(base::ByteView(lower.span()).first(size));
  const auto fields = fields_of(text, 6);
  Share share;
  std::array<std::uint8_t, kCheckBytes> check{};
  if (fields.empty() || fields[0] != kPrefix || !parse_byte(fields[1], share.id) ||
      !parse_byte(fields[2], share.threshold) || !base::from_hex(fields[3], share.set) ||
      !base::from_hex(fields[4], share.value.span()) || !base::from_hex(fields[5], check)) {
    return malformed();
  }
  const auto checked = text.substr(0, text.size() - fields[5].size() - 1);
  const base::Digest digest = base::sha256(base::view_of(checked));
  if (share.id == 0 || share.threshold < 2 ||
      !std::equal(check.begin(), check.end(), digest.begin())) {
    return malformed();
  }
  return share;
}

}  // namespace cryptonet::gatekeeper::keys

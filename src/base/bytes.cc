// SPDX-License-Identifier: Apache-2.0
// Hex, base64 and the six-byte words, beside the bounds-checked reader.
#include "base/bytes.h"

#include <cstring>

namespace cryptonet::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int digit_value(std::string_view alphabet, char c) {
  const std::size_t position = alphabet.find(c);
  return position == std::string_view::npos ? -1 : static_cast<int>(position);
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

bool from_hex(std::string_view hex, std::span<std::uint8_t> out) {
  if (hex.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_value(kHexDigits, hex[2 * i]);
    const int low = digit_value(kHexDigits, hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(j <= count ? kBase64Digits[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  const auto bad = [] {
    return Error(ErrorCode::kBadInput, "base64", "not base64 as RFC 4648 section 4 writes it");
  };
  if (text.size() % 4 != 0) return bad();
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t padding = 0;
    if (i + 4 == text.size()) {
      padding = text[i + 3] != '=' ? 0U : (text[i + 2] != '=' ? 1U : 2U);
    }
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const int value = j < 4 - padding ? digit_value(kBase64Digits, text[i + j]) : 0;
      if (value < 0) return bad();
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = static_cast<std::uint8_t>(group >> (16 - 8 * j));
      if (j < 3 - padding) {
        bytes.push_back(byte);
      } else if (byte != 0) {
        return bad();  // one spelling per value: unused bits are zero
      }
    }
  }
  return bytes;
}

void ByteWriter::block(ByteView bytes) {
  CHECK(bytes.size() <= UINT32_MAX);
  u32(static_cast<std::uint32_t>(bytes.size()));
  raw(bytes);
}

ByteView ByteReader::raw(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    fail();
    return {};
  }
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

void ByteReader::copy_to(std::span<std::uint8_t> out) {
  const ByteView taken = raw(out.size());
  if (taken.empty()) {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  } else {
    std::memcpy(out.data(), taken.data(), taken.size());
  }
}

ByteView ByteReader::block(std::size_t limit) {
  const std::uint32_t length = u32();
  if (length > limit) {
    fail();
    return {};
  }
  return raw(length);
}

void unpack_u48(ByteView bytes, std::span<std::uint64_t> out) {
  CHECK(bytes.size() == 6 * out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + 6 * i, 6);
    out[i] = word;
  }
}

void pack_u48(std::span<const std::uint64_t> words, std::span<std::uint8_t> out) {
  CHECK(out.size() == 6 * words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::memcpy(out.data() + 6 * i, &words[i], 6);
  }
}

}  // namespace cryptonet::base

// SPDX-License-Identifier: Apache-2.0
// Thin adapters over OpenSSL's EVP and libsodium.
#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

namespace cryptonet::base {

struct Sha256Stream::State {
  EVP_MD_CTX* context = nullptr;
  State() : context(EVP_MD_CTX_new()) {
    CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(ByteView bytes) {
  CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256Stream::finish() {
  Digest digest{};
  CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
  return digest;
}

Digest sha256(ByteView bytes) {
  Digest digest{};
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

Blake2bStream::Blake2bStream(ByteView key, std::size_t out_size)
    : state_(crypto_generichash_statebytes()), out_size_(out_size) {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  CHECK(crypto_generichash_init(state, key.empty() ? nullptr : key.data(), key.size(), out_size) ==
        0);
}

Blake2bStream::~Blake2bStream() = default;

void Blake2bStream::update(ByteView bytes) {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  CHECK(crypto_generichash_update(state, bytes.data(), bytes.size()) == 0);
}

void Blake2bStream::finish(std::span<std::uint8_t> out) {
  CHECK(out.size() == out_size_);
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  CHECK(crypto_generichash_final(state, out.data(), out.size()) == 0);
}

std::array<std::uint8_t, 16> poly1305(std::span<const std::uint8_t, 32> key, ByteView message) {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  CHECK(algorithm != nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
  CHECK(context != nullptr);
  std::array<std::uint8_t, 16> tag{};
  std::size_t size = 0;
  const bool done = EVP_MAC_init(context, key.data(), key.size(), nullptr) == 1 &&
                    EVP_MAC_update(context, message.data(), message.size()) == 1 &&
                    EVP_MAC_final(context, tag.data(), &size, tag.size()) == 1;
  EVP_MAC_CTX_free(context);  // wipes the key
  CHECK(done && size == tag.size());
  return tag;
}

void hkdf_sha256(ByteView input_key, ByteView salt, ByteView info, std::span<std::uint8_t> out) {
  static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(algorithm);
  CHECK(context != nullptr);
  char digest[] = "SHA256";
  // RFC 5869: no salt means a string of zeros as long as the digest. OpenSSL wants to see it.
  static constexpr Digest kNoSalt{};
  if (salt.empty()) salt = kNoSalt;
  const auto octets = [](const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                             bytes.size());
  };
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               octets(OSSL_KDF_PARAM_KEY, input_key),
                               octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info),
                               OSSL_PARAM_construct_end()};
  const int derived = EVP_KDF_derive(context, out.data(), out.size(), params);
  EVP_KDF_CTX_free(context);
  CHECK(derived == 1);
}

Digest hmac_sha256(ByteView key, ByteView message) {
  Digest digest{};
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
             digest.data(), nullptr) != nullptr);
  return digest;
}

bool equal_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cryptonet::base

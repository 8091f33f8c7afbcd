// SPDX-License-Identifier: Apache-2.0
// OpenSSL's AES-256-CTR over zeros; it uses the processor's AES instructions.
#include "he/ring/key_stream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/result.h"

namespace cryptonet::he::ring {

struct KeyStream::State {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  State() = default;
  ~State() { EVP_CIPHER_CTX_free(context); }  // wipes the key schedule
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

KeyStream::KeyStream(std::span<const std::uint8_t, 32> key) : state_(std::make_unique<State>()) {
  constexpr std::array<std::uint8_t, 16> kCounter = {};
  // fetched once: EVP_aes_256_ctr() looks the cipher up each time
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  CHECK(cipher != nullptr && state_->context != nullptr &&
        EVP_EncryptInit_ex2(state_->context, cipher, key.data(), kCounter.data(), nullptr) == 1);
}
KeyStream::~KeyStream() = default;
KeyStream::KeyStream(KeyStream&&) noexcept = default;
KeyStream& KeyStream::operator=(KeyStream&&) noexcept = default;

void KeyStream::fill(std::span<std::uint8_t> out) {
  static constexpr std::array<std::uint8_t, 8192> kZeros = {};
  for (std::size_t done = 0; done < out.size(); done += kZeros.size()) {
    const auto step = static_cast<int>(std::min(kZeros.size(), out.size() - done));
    int written = 0;
    CHECK(EVP_EncryptUpdate(state_->context, out.data() + done, &written, kZeros.data(), step) ==
              1 &&
          written == step);
  }
}

}  // namespace cryptonet::he::ring

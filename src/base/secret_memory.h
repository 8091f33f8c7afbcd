// SPDX-License-Identifier: Apache-2.0
// Memory for secrets: guarded, locked where the system allows it, wiped when released; movable,
// never copied, never printed. Secret<32> for keys, SecretVector<T> for polynomials. Not shared
// between threads while written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace cryptonet::base {

/// Wipes memory in a way that the compiler keeps.
void wipe(void* data, std::size_t size);
/// libsodium, started once; stops the program when it cannot start.
void start_sodium();

/// Raw storage behind the secret types: sodium_malloc for small ones, plain zeroed memory (wiped on
/// release) above 64 KiB.
void* allocate_secret(std::size_t size);
void release_secret(void* data, std::size_t size);

/// `size` values of a trivially copyable type in secret memory, zero at first.
template <typename T>
class SecretVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SecretVector() = default;
  explicit SecretVector(std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(allocate_secret(size * sizeof(T)))),
        size_(size) {}
  ~SecretVector() { reset(); }
  SecretVector(SecretVector&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretVector& operator=(SecretVector&& other) noexcept {
    if (this != &other) {
      reset();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretVector(const SecretVector&) = delete;
  SecretVector& operator=(const SecretVector&) = delete;

  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  void reset() {
    if (data_ != nullptr) release_secret(data_, size_ * sizeof(T));
    data_ = nullptr;
    size_ = 0;
  }
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Exactly Size secret bytes.
template <std::size_t Size>
class Secret {
 public:
  Secret() : bytes_(Size) {}
  /// Copies `bytes` in; the caller wipes its own copy.
  static Secret copy_of(std::span<const std::uint8_t, Size> bytes) {
    Secret secret;
    for (std::size_t i = 0; i < Size; ++i) secret.bytes_[i] = bytes[i];
    return secret;
  }
  std::span<std::uint8_t, Size> span() {
    return std::span<std::uint8_t, Size>(bytes_.data(), Size);
  }
  std::span<const std::uint8_t, Size> span() const {
    return std::span<const std::uint8_t, Size>(bytes_.data(), Size);
  }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::uint8_t* data() { return bytes_.data(); }

 private:
  SecretVector<std::uint8_t> bytes_;
};

}  // namespace cryptonet::base

// SPDX-License-Identifier: Apache-2.0
// Reading a mapped page that the file no longer has, or that the disk cannot read, raises SIGBUS
// and would end the program with everything that it serves. Under a guard such pages read as zeros
// instead, and the guard says that it happened; whoever used the bytes asks it afterwards. Any
// thread. A SIGBUS outside every guard ends the program as ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace cryptonet::base {

class PageGuard {
 public:
  /// Covers a mapping until the guard dies. Nothing when more mappings are covered than the kernel
  /// admits.
  static std::optional<PageGuard> cover(const void* data, std::size_t size);

  PageGuard(PageGuard&& other) noexcept : slot_(std::exchange(other.slot_, kNone)) {}
  PageGuard& operator=(PageGuard&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  PageGuard(const PageGuard&) = delete;
  PageGuard& operator=(const PageGuard&) = delete;
  ~PageGuard();

  /// Whether a page was missing: then what was read is not what was written.
  bool lost_pages() const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  explicit PageGuard(std::uint32_t slot) : slot_(slot) {}
  std::uint32_t slot_;
};

}  // namespace cryptonet::base

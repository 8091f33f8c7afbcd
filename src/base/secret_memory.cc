// SPDX-License-Identifier: Apache-2.0
// sodium_malloc puts guard pages around each block, so it is kept for keys; polynomials take
// ordinary memory, locked if the limit allows, and are wiped the same way.
#include "base/secret_memory.h"

#include <sodium.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

namespace cryptonet::base {
namespace {
constexpr std::size_t kGuardedLimit = 64 * 1024;
/// What comes and goes often: keys and the coefficients of secrets, and polynomials.
constexpr std::size_t kSmallLimit = 16 * 1024;
constexpr std::size_t kLargeLimit = 256 * 1024;

/// Blocks that nobody uses, wiped, by size. Making a guarded one takes six system calls, and every
/// chunk of a table needs a dozen keys: without this a quarter of the time of encrypting went
/// there. A polynomial's 192 KiB come as fresh pages, which are locked one by one: 31 µs, as much
/// as three transforms.
class SpareBlocks {
 public:
  void* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(size);
    if (found == blocks_.end() || found->second.empty()) return nullptr;
    void* block = found->second.back();
    found->second.pop_back();
    return block;
  }
  /// False when enough of that size are kept.
  bool keep(void* block, std::size_t size) {
    const std::lock_guard lock(mutex_);
    auto& blocks = blocks_[size];
    if (blocks.size() == (size <= kSmallLimit ? kSmallKept : kLargeKept)) return false;
    blocks.push_back(block);
    return true;
  }

 private:
  static constexpr std::size_t kSmallKept = 64;  // secrets of a question's columns
  static constexpr std::size_t kLargeKept = 16;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> blocks_;
};

/// Never destroyed: secrets of static objects may be released after everything else.
SpareBlocks& spare_blocks() {
  static SpareBlocks& blocks = *new SpareBlocks;
  return blocks;
}

bool is_spared(std::size_t size) {
  return size <= kSmallLimit || (size > kGuardedLimit && size <= kLargeLimit);
}

}  // namespace

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  CHECK(started);
}

void wipe(void* data, std::size_t size) { sodium_memzero(data, size); }

void* allocate_secret(std::size_t size) {
  start_sodium();
  void* data = is_spared(size) ? spare_blocks().take(size) : nullptr;
  if (data != nullptr) return data;
  if (size <= kGuardedLimit) {
    data = sodium_malloc(size);
    CHECK(data != nullptr);
    sodium_memzero(data, size);
  } else {
    data = std::aligned_alloc(64, (size + 63) / 64 * 64);
    CHECK(data != nullptr);
    sodium_memzero(data, size);
    static_cast<void>(sodium_mlock(data, size));  // best effort: RLIMIT_MEMLOCK may be small
  }
  return data;
}

void release_secret(void* data, std::size_t size) {
  sodium_memzero(data, size);
  if (is_spared(size) && spare_blocks().keep(data, size)) return;
  if (size <= kGuardedLimit) {
    sodium_free(data);
  } else {
    static_cast<void>(sodium_munlock(data, size));
    std::free(data);
  }
}

}  // namespace cryptonet::base

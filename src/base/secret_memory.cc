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

/// Guarded blocks that nobody uses, wiped, by size. Making one takes six system calls, and every
/// chunk of a table needs a dozen keys: without this a quarter of the time of encrypting went
/// there.
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
    if (blocks.size() == kKeptPerSize) return false;
    blocks.push_back(block);
    return true;
  }

 private:
  static constexpr std::size_t kKeptPerSize = 16;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> blocks_;
};

/// Never destroyed: secrets of static objects may be released after everything else.
SpareBlocks& spare_blocks() {
  static SpareBlocks& blocks = *new SpareBlocks;
  return blocks;
}

/// Only blocks of keys and their like come and go often.
constexpr std::size_t kSpareLimit = 4096;

}  // namespace

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  CHECK(started);
}

void wipe(void* data, std::size_t size) { sodium_memzero(data, size); }

void* allocate_secret(std::size_t size) {
  start_sodium();
  void* data = nullptr;
  if (size <= kGuardedLimit) {
    if (size <= kSpareLimit) data = spare_blocks().take(size);
    if (data != nullptr) return data;
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
  if (size <= kGuardedLimit) {
    sodium_memzero(data, size);
    if (size <= kSpareLimit && spare_blocks().keep(data, size)) return;
    sodium_free(data);
  } else {
    static_cast<void>(sodium_munlock(data, size));  // wipes, locked or not
    sodium_memzero(data, size);
    std::free(data);
  }
}

}  // namespace cryptonet::base

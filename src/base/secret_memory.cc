// SPDX-License-Identifier: Apache-2.0
// sodium_malloc puts guard pages around each block, so it is kept for keys; polynomials take
// ordinary memory, locked if the limit allows, and are wiped the same way.
#include "base/secret_memory.h"

#include <sodium.h>

#include <cstdlib>

namespace cryptonet::base {
namespace {
constexpr std::size_t kGuardedLimit = 64 * 1024;
}

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  CHECK(started);
}

void wipe(void* data, std::size_t size) { sodium_memzero(data, size); }

void* allocate_secret(std::size_t size) {
  start_sodium();
  void* data = nullptr;
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
  if (size <= kGuardedLimit) {
    sodium_free(data);
  } else {
    static_cast<void>(sodium_munlock(data, size));  // wipes, locked or not
    sodium_memzero(data, size);
    std::free(data);
  }
}

}  // namespace cryptonet::base

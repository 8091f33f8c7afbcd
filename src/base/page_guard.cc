// SPDX-License-Identifier: Apache-2.0
// A signal handler can reach nothing but globals, hence the table. The handler only reads atomics
// and maps pages; both are safe there.
#include "base/page_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

#include "base/result.h"

namespace cryptonet::base {
namespace {

struct Slot {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> lost{false};
};

/// The kernel admits 65,530 mappings.
constexpr std::uint32_t kSlots = 65536;
std::array<Slot, kSlots> slots;
std::atomic<std::uint32_t> used{0};  ///< slots below were taken once
std::mutex free_mutex;
struct sigaction before {};

/// Zeros from the page of `address` to the end of its mapping.
bool replace(std::uintptr_t address) {
  const std::uint32_t count = used.load();
  for (std::uint32_t i = 0; i < count; ++i) {
    Slot& slot = slots[i];
    const std::uintptr_t end = slot.end.load();
    if (address < slot.begin.load() || address >= end) continue;
    slot.lost.store(true);
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t first = address - address % page;
    return ::mmap(reinterpret_cast<void*>(first), end - first, PROT_READ,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

extern "C" void on_missing_page(int, siginfo_t* info, void*) {
  const int kept = errno;
  if (!replace(reinterpret_cast<std::uintptr_t>(info->si_addr))) {
    ::sigaction(SIGBUS, &before, nullptr);  // the same access again, as if nobody had watched
  }
  errno = kept;
}

std::vector<std::uint32_t>& free_slots() {
  static std::vector<std::uint32_t> free;
  return free;
}

void watch() {
  static std::once_flag once;
  std::call_once(once, [] {
    static_cast<void>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = on_missing_page;
    action.sa_flags = SA_SIGINFO;
    CHECK(::sigaction(SIGBUS, &action, &before) == 0);
  });
}

}  // namespace

std::optional<PageGuard> PageGuard::cover(const void* data, std::size_t size) {
  watch();
  const std::lock_guard lock(free_mutex);
  std::uint32_t number = used.load();
  if (!free_slots().empty()) {
    number = free_slots().back();
    free_slots().pop_back();
  } else if (number == kSlots) {
    return std::nullopt;
  }
  Slot& slot = slots[number];
  slot.lost.store(false);
  slot.begin.store(reinterpret_cast<std::uintptr_t>(data));
  slot.end.store(reinterpret_cast<std::uintptr_t>(data) + size);
  if (number == used.load()) used.store(number + 1);
  return PageGuard(number);
}

PageGuard::~PageGuard() {
  if (slot_ == kNone) return;
  slots[slot_].end.store(0);
  slots[slot_].begin.store(0);
  const std::lock_guard lock(free_mutex);
  free_slots().push_back(slot_);
}

bool PageGuard::lost_pages() const { return slot_ != kNone && slots[slot_].lost.load(); }

}  // namespace cryptonet::base

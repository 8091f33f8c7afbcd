// SPDX-License-Identifier: Apache-2.0
// The one global of the programs: a signal handler can reach nothing else.
#include "base/stop.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace cryptonet::base {
namespace {
volatile std::sig_atomic_t g_stop = 0;
volatile std::sig_atomic_t g_first_s = 0;
std::atomic<bool> g_is_server = false;
std::atomic<bool> g_work_may_finish = false;
static_assert(std::atomic<bool>::is_always_lock_free, "read by a signal handler");

/// Seconds that fit a sig_atomic_t; their difference is what counts.
int monotonic_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int>(now.tv_sec & 0x3FFFFFFF);
}

/// A terminal and a supervisor may both send the first signal, so those of the same moment count as
/// one. A server may be killed at any time, so nothing is lost by not tidying up.
void on_signal(int signal) {
  if (g_stop == 0) {
    g_first_s = monotonic_s();
  } else if (g_is_server && monotonic_s() - g_first_s > 1) {
    _exit(128 + signal);
  }
  g_stop = 1;
}
}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void let_work_finish() {
  g_is_server = true;
  g_work_may_finish = true;
}
bool stop_signalled() { return g_stop != 0; }
void break_off() { g_work_may_finish = false; }
bool stop_requested() { return g_stop != 0 && !g_work_may_finish; }

Status check_stop() {
  if (stop_requested()) return Error(ErrorCode::kInterrupted, "interrupted", "interrupted");
  return ok();
}

}  // namespace cryptonet::base

// SPDX-License-Identifier: Apache-2.0
// The one global of the programs: a signal handler can reach nothing else.
#include "base/stop.h"

#include <csignal>

namespace cryptonet::base {
namespace {
volatile std::sig_atomic_t g_stop = 0;
void on_signal(int) { g_stop = 1; }
}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return g_stop != 0; }

Status check_stop() {
  if (stop_requested()) return Error(ErrorCode::kInterrupted, "interrupted", "interrupted");
  return ok();
}

}  // namespace cryptonet::base

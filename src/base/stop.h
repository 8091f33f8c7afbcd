// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as a flag that long loops ask about. The handler only sets it.
#pragma once

#include "base/result.h"

namespace cryptonet::base {

/// From now on SIGINT and SIGTERM set the flag instead of ending the program; SIGPIPE is ignored.
void watch_stop_signals();
/// True after such a signal.
bool stop_requested();
/// kInterrupted after such a signal, else success: what a long loop returns through.
Status check_stop();

}  // namespace cryptonet::base

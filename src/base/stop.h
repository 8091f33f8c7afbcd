// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as a flag that long loops ask about. The handler only sets it.
#pragma once

#include "base/result.h"

namespace cryptonet::base {

/// From now on SIGINT and SIGTERM set the flag instead of ending the program; SIGPIPE is ignored.
void watch_stop_signals();
/// True after such a signal: what has begun is to be broken off.
bool stop_requested();
/// kInterrupted after such a signal, else success: what a long loop returns through.
Status check_stop();

/// For servers, whose work may end first. From now on a signal sets stop_signalled() alone until
/// break_off() is called, and another signal, two seconds or more after the first, ends the process
/// at once (status 128 and its number).
void let_work_finish();
bool stop_signalled();
void break_off();

}  // namespace cryptonet::base

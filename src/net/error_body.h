// SPDX-License-Identifier: Apache-2.0
// Errors across the wire: Error to status and JSON, and back. The way back reads a stranger's
// bytes: sizes are limited and control characters do not survive.
//
// What is wrong inside a server is for its operator's log alone: paths of its disk and what its
// system or libraries said never travel.
#pragma once

#include "net/http.h"

namespace cryptonet::net {

/// The HTTP status that fits an error's code and rule.
int status_of(const base::Error& error);
/// The error as a peer may be told of it: without a place on this machine's disk, and without the
/// words of a fault of this server's own.
base::Error told_of(const base::Error& error);
/// What told_of withholds, for the log; empty when that is nothing. Of an error over what a peer
/// sent, never more than the file: the words may hold what was in it.
std::string withheld_of(const base::Error& error);
/// The error that an answer of this status and body means; `server` is its role, for the text.
base::Error error_from_answer(int status, base::ByteView body, std::string_view server);

}  // namespace cryptonet::net

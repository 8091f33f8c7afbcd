// SPDX-License-Identifier: Apache-2.0
// Errors across the wire: Error to status and JSON, and back. The way back reads a stranger's
// bytes: sizes are limited and control characters do not survive.
#pragma once

#include "net/http.h"

namespace cryptonet::net {

/// The HTTP status that fits an error's code and rule.
int status_of(const base::Error& error);
/// The error that an answer of this status and body means; `server` is its role, for the text.
base::Error error_from_answer(int status, base::ByteView body, std::string_view server);

}  // namespace cryptonet::net

// SPDX-License-Identifier: Apache-2.0
// What a new person is shown, once: the seed for an authenticator app and the recovery codes.
#pragma once

#include "api/messages.h"

namespace cryptonet::app {

/// As JSON, or for people: with the QR code when stdout is a terminal.
base::Status print_enrolled(const api::Enrolled& enrolled, const std::string& format);

}  // namespace cryptonet::app

// SPDX-License-Identifier: Apache-2.0
// Asking a person: passwords and codes from the terminal without echo, or from stdin for scripts;
// and the picture that an authenticator app scans. One thread.
#pragma once

#include <string>

#include "base/result.h"

namespace cryptonet::app {

/// Asks on the terminal. kUsage, saying which flag to give instead, when there is none.
base::Result<std::string> ask_line(const std::string& prompt, const std::string& flag);
base::Result<std::string> ask_hidden(const std::string& prompt, const std::string& flag);
/// The first line of stdin, without its end. kUsage when stdin is empty.
base::Result<std::string> password_from_stdin();
/// A new password: from stdin, or asked for twice.
base::Result<std::string> new_password(bool from_stdin);

/// The QR code of `text` in half blocks, two modules a character, with the quiet zone.
std::string qr_code(const std::string& text);

}  // namespace cryptonet::app

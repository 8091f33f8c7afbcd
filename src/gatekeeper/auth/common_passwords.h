// SPDX-License-Identifier: Apache-2.0
// The passwords that attackers try first.
#pragma once

#include <string_view>

namespace cryptonet::gatekeeper::auth {

/// Whether the password, in lower case, is among the 11,611 most common ones of eight characters
/// and more (the list of zxcvbn, drawn from passwords that became public).
bool is_common_password(std::string_view lower_case);

}  // namespace cryptonet::gatekeeper::auth

// SPDX-License-Identifier: Apache-2.0
// The tables of the gatekeeper's state, as a list of scripts: script i takes a file of user_version
// i to i + 1. Scripts are never edited once released, only added.
#pragma once

#include <span>

namespace cryptonet::gatekeeper::state {

std::span<const char* const> migrations();

}  // namespace cryptonet::gatekeeper::state

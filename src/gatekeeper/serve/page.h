// SPDX-License-Identifier: Apache-2.0
// The page for browsers: its files, and the passkeys that are made and shown on it. There is one
// origin, and without one (serve --origin) there is no page. Any thread.
#pragma once

#include "gatekeeper/auth/passkey.h"

namespace cryptonet::gatekeeper::serve {

struct Page {
  Page(state::Database& database, base::Randomness& randomness, auth::PasskeySite site)
      : rows(database), passkeys(rows, randomness, std::move(site)) {}
  state::Passkeys rows;
  auth::Passkeys passkeys;
};

}  // namespace cryptonet::gatekeeper::serve

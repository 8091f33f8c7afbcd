// SPDX-License-Identifier: Apache-2.0
// One function per command: adds it to the line that is parsed. Each is in the file of its name.
#pragma once

#include "console.h"

namespace cryptonet::gatekeeper::app {

void add_init(CLI::App& app, Session& session);
void add_enrol(CLI::App& app, Session& session);
void add_revoke(CLI::App& app, Session& session);
void add_host(CLI::App& app, Session& session);
void add_unfreeze(CLI::App& app, Session& session);
void add_serve(CLI::App& app, Session& session);
void add_unseal(CLI::App& app, Session& session);
void add_seal(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_passphrase(CLI::App& app, Session& session);
void add_shares(CLI::App& app, Session& session);
void add_rotate_key(CLI::App& app, Session& session);
void add_openings(CLI::App& app, Session& session);
void add_backup(CLI::App& app, Session& session);
void add_reset_custodian(CLI::App& app, Session& session);
void add_restore(CLI::App& app, Session& session);

}  // namespace cryptonet::gatekeeper::app

// SPDX-License-Identifier: Apache-2.0
// One function per command: adds it to the line that is parsed. Each is in the file of its name.
#pragma once

#include "console.h"

namespace cryptonet::app {

void add_join(CLI::App& app, Session& session);
void add_schema(CLI::App& app, Session& session);
void add_encrypt(CLI::App& app, Session& session);
void add_upload(CLI::App& app, Session& session);
void add_query(CLI::App& app, Session& session);
void add_datasets(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_drop(CLI::App& app, Session& session);
void add_status(CLI::App& app, Session& session);
void add_eval(CLI::App& app, Session& session);
/// bootstrap, login, logout, whoami
void add_sign_in(CLI::App& app, Session& session);
void add_user(CLI::App& app, Session& session);
void add_project(CLI::App& app, Session& session);
void add_token(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_seal(CLI::App& app, Session& session);  // and unseal

}  // namespace cryptonet::app

// SPDX-License-Identifier: Apache-2.0
// cryptonet datasets: what can be asked.
#include "commands.h"
#include "researcher/client/client.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

base::Status run(const Session& session, const std::string& format) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto reply, researcher::client::list_datasets(*gatekeeper));
  if (format == "json") return print(reply.text + "\n");
  return print(researcher::client::table_of(reply.message));
}

}  // namespace

void add_datasets(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("datasets", "list the datasets that can be asked");
  auto format = std::make_shared<std::string>();
  add_format(command, session, *format, {"table", "json"});
  finish_command(command, session,
                 "  cryptonet datasets\n"
                 "  cryptonet datasets --format json",
                 [&session, format]() { return run(session, *format); });
}

}  // namespace cryptonet::app

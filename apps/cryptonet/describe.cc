// SPDX-License-Identifier: Apache-2.0
// cryptonet describe: columns, groups and versions of a dataset.
#include "commands.h"
#include "researcher/client/client.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string name;
  std::string format;
};

base::Status run(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto reply, researcher::client::describe_dataset(*gatekeeper, flags.name));
  if (flags.format == "json") return print(reply.text + "\n");
  return print(researcher::client::table_of(reply.message));
}

}  // namespace

void add_describe(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("describe", "show the columns and versions of a dataset");
  auto flags = std::make_shared<Flags>();
  command.add_option("NAME", flags->name, "name of the dataset")->required();
  add_format(command, session, flags->format, {"table", "json"});
  finish_command(command, session,
                 "  cryptonet describe flights\n"
                 "  cryptonet describe flights --format json",
                 [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app

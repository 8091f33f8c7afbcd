// SPDX-License-Identifier: Apache-2.0
// cryptonet schema: looks at every row of a table and writes what it would do with it.
#include "base/file_system.h"
#include "commands.h"
#include "contributor/load/schema_scan.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string table;
  std::string out;
};

base::Status run(const Session& session, const Flags& flags) {
  namespace load = contributor::load;
  CN_ASSIGN(const auto source, load::TableSource::open(flags.table));
  auto scanned = [&]() {
    ProgressBar bar(session);
    return load::scan_schema(*source, [&bar](double part) {
      bar.show("looking at", static_cast<std::uint64_t>(part * 1000), 1000, "");
    });
  }();
  if (!scanned.ok()) return scanned.take_error();
  for (const auto& warning : scanned->warnings) note(session, "warning: " + warning);
  if (flags.out.empty()) return print(scanned->toml);
  return base::write_atomically(base::real_file_system(), flags.out, base::view_of(scanned->toml),
                                0644);
}

}  // namespace

void add_schema(CLI::App& app, Session& session) {
  auto& command =
      *app.add_subcommand("schema", "look at every row of a table and write its schema as TOML");
  auto flags = std::make_shared<Flags>();
  command.add_option("TABLE", flags->table, "CSV or Parquet file")->required();
  command.add_option("--out", flags->out, "write it to a file instead of stdout")
      ->type_name("FILE");
  finish_command(command, session,
                 "  cryptonet schema flights.parquet --out flights.toml\n"
                 "Then read and edit the TOML: what is a measure, what a dimension, what is left "
                 "out.\nIt says what every column costs.",
                 [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app

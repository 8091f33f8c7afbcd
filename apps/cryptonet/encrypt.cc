// SPDX-License-Identifier: Apache-2.0
// cryptonet encrypt: a table and its schema to an upload folder.
#include <thread>

#include "base/file_system.h"
#include "commands.h"
#include "contributor/encrypt/encrypt_table.h"

namespace cryptonet::app {
namespace {

constexpr std::uint64_t kMaxSchemaBytes = std::uint64_t{16} << 20;

struct Flags {
  std::string table;
  std::string schema;
  std::string dataset;
  std::string out;
  std::size_t threads = 0;
  std::string format;
};

base::Result<table::Schema> read_schema(const std::string& file) {
  CN_ASSIGN(const base::Bytes bytes, base::read_file(file, kMaxSchemaBytes));
  return table::parse_schema(base::text_of(bytes), file);
}

base::Status run(const Session& session, const Flags& flags) {
  namespace encrypt = contributor::encrypt;
  CN_ASSIGN(const auto home, open_home(session));
  CN_RETURN_IF_ERROR(home.require_role(net::PeerRole::kContributor, "encrypt"));
  CN_ASSIGN(const auto schema, read_schema(flags.schema));
  CN_ASSIGN(const auto source, contributor::load::TableSource::open(flags.table));
  CN_ASSIGN(const auto signing_key, home.signing_key());
  CN_ASSIGN(const auto device_secret, home.device_secret());
  CN_ASSIGN(const auto enrolment_secret, home.enrolment_secret());
  const encrypt::ContributorKeys keys{signing_key, device_secret, enrolment_secret,
                                      home.sealing_key()};
  encrypt::EncryptOptions options;
  options.dataset = flags.dataset;
  options.out = flags.out;
  options.threads =
      flags.threads != 0 ? flags.threads : std::max(1U, std::thread::hardware_concurrency());
  options.warn = [&session](const std::string& warning) { note(session, "warning: " + warning); };
  auto encrypted = [&]() {
    ProgressBar bar(session);
    options.progress = [&bar](std::string_view step, double part) {
      bar.show(std::string(step), static_cast<std::uint64_t>(part * 1000), 1000, "");
    };
    return encrypt::encrypt_table(*source, schema, keys, options);
  }();
  CN_ASSIGN(const auto summary, std::move(encrypted));
  return print(encrypt::write_summary(summary));
}

}  // namespace

void add_encrypt(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand(
      "encrypt", "encrypt a table under a fresh key into a folder that can be uploaded");
  auto flags = std::make_shared<Flags>();
  command.add_option("TABLE", flags->table, "CSV or Parquet file")->required();
  command.add_option("--schema", flags->schema, "TOML from `cryptonet schema`, edited")
      ->required()
      ->type_name("FILE");
  command.add_option("--dataset", flags->dataset, "name under which it will be asked")
      ->required()
      ->type_name("NAME");
  command.add_option("--out", flags->out, "folder to make; it appears whole or not at all")
      ->required()
      ->type_name("DIR");
  command.add_option("--threads", flags->threads, "threads (default: one per core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  add_format(command, session, flags->format, {"json"});
  finish_command(command, session,
                 "  cryptonet encrypt flights.parquet --schema flights.toml --dataset flights "
                 "--out flights.upload\n"
                 "The same dataset name with the same schema adds a version.",
                 [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app

// SPDX-License-Identifier: Apache-2.0
// A backup of a home, and a home from a backup.
#include "gatekeeper/home/backup.h"

#include <ctime>
#include <memory>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/home/backup_stream.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Status;

struct Options {
  Opening opening;
  std::string file;
};

std::string utc(net::TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32] = {};
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Status back_up(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_ASSIGN(const auto file, home->seal_file());
  CN_ASSIGN(const auto figures,
            home::back_up(*home, options.file, base::real_file_system(), now()));
  CN_RETURN_IF_ERROR(home->audit().record_soon(audit::Event(audit::Kind::kBackup).action("made")));
  std::string line = "backed up " + std::to_string(figures.files) + " files in " +
                     std::to_string(figures.bytes) + " bytes: " + options.file;
  if (keys::mode_of(file) == keys::SealMode::kNone) {
    line += "\nIt opens with " + session.home + "/" + keys::kMasterFile +
            " alone: keep a copy of that somewhere else.";
  }
  report(session, line,
         "{\"file\":" + quoted(options.file) + ",\"files\":" + std::to_string(figures.files) +
             ",\"bytes\":" + std::to_string(figures.bytes) + "}");
  return base::ok();
}

Status restore(const Session& session, const Options& options) {
  CN_RETURN_IF_ERROR(home::new_home_place(session.home));
  CN_ASSIGN(const auto backup, home::BackupReader::open(options.file));
  CN_ASSIGN(const auto master, open_master(backup->seal_file(), options.opening));
  base::OsRandomness randomness;
  CN_ASSIGN(const auto restored, home::restore(*backup, master, session.home,
                                               base::real_file_system(), randomness, now()));
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_RETURN_IF_ERROR(
      home->audit().record_soon(audit::Event(audit::Kind::kBackup).action("restored")));
  const std::string made_at = utc(restored.made_at);
  report(session,
         "restored " + std::to_string(restored.files) + " files as of " + made_at + " into " +
             session.home +
             "\nEverybody signs in anew, with the next code; recovery codes are spent, access keys "
             "ended.\nThere is a new sealing key; contributors learn it as after a rotation.\nDo "
             "again what was done since then: revocations, locks, disabled persons, "
             "drops and uploads.",
         "{\"home\":" + quoted(session.home) + ",\"files\":" + std::to_string(restored.files) +
             ",\"made_at\":" + quoted(made_at) + "}");
  return base::ok();
}
}  // namespace

void add_backup(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "backup", "Write the whole home into one encrypted file",
      "Example:\n"
      "  cryptonet-gatekeeper backup --home D --out D-monday.backup\n\n"
      "Also while the gatekeeper serves, and without any passphrase. What opens the home opens "
      "the\n"
      "backup: its passphrase or shares of the day; where keys lie bare, a copy of master.key.");
  command->add_option("--out", options->file, "the file to make")->required();
  command->callback([&session, options]() {
    session.run = [&session, options]() { return back_up(session, *options); };
  });
}

void add_restore(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "restore", "Make a home from a backup",
      "Examples:\n"
      "  cryptonet-gatekeeper restore D-monday.backup --home NEW\n"
      "  cryptonet-gatekeeper restore D-monday.backup --home NEW --passphrase-file F\n"
      "  cryptonet-gatekeeper restore D-monday.backup --home NEW --key-file master.key\n\n"
      "NEW is whole or not there. Serve either the old home or the new one, never both.");
  command->add_option("FILE", options->file, "what `backup` wrote")->required();
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->add_option("--key-file", options->opening.key_file,
                      "the copy of master.key, of a home whose keys lay bare");
  command->callback([&session, options]() {
    session.run = [&session, options]() { return restore(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app

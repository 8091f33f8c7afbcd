// SPDX-License-Identifier: Apache-2.0
// The life of the home's keys: sealed anew by another passphrase or other shares, and replaced.
#include <memory>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/open/rotation.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Status;

struct Options {
  Opening opening;
  SealingOptions sealing;
  open::RotationOptions rotation;
};

Status reseal(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_RETURN_IF_ERROR(home->lock_keys());
  CN_ASSIGN(const auto master, open_master(session, *home, options.opening));
  CN_ASSIGN(const keys::Sealing sealing, read_sealing(options.sealing));
  CN_RETURN_IF_ERROR(
      home->audit().record_soon(audit::Event(audit::Kind::kRotation).action("reseal_begun")));
  CN_ASSIGN(const auto shares, home->reseal(master, sealing, base::real_file_system(), randomness));
  CN_RETURN_IF_ERROR(
      home->audit().record_soon(audit::Event(audit::Kind::kRotation).action("resealed")));
  const bool by_shares = sealing.mode == keys::SealMode::kShares;
  report_shares(session, shares,
                std::string("the home is sealed by ") +
                    (by_shares ? "new shares" : "the new passphrase") +
                    "; backups made before still open by the old way",
                std::string("{\"mode\":\"") + (by_shares ? "shares" : "passphrase") + "\"");
  return base::ok();
}

Status rotate(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  CN_RETURN_IF_ERROR(home->lock_for_serving());
  CN_RETURN_IF_ERROR(home->lock_keys());
  CN_ASSIGN(const auto master, open_master(session, *home, options.opening));
  if (home->sealed()) CN_RETURN_IF_ERROR(home->unseal(master));
  CN_RETURN_IF_ERROR(
      home->audit().record_soon(audit::Event(audit::Kind::kRotation).action("rotation_begun")));
  CN_ASSIGN(const auto rotation, open::rotate(*home, master, options.rotation,
                                              base::real_file_system(), randomness, now()));
  CN_RETURN_IF_ERROR(home->audit().record_soon(audit::Event(audit::Kind::kRotation)
                                                   .action("rotated")
                                                   .count("generation", rotation.generation)));
  const std::string generation = std::to_string(rotation.generation);
  std::string line = "sealing key " + generation +
                     " and a new record key: " + std::to_string(rotation.upload_keys) +
                     " upload keys and " + std::to_string(rotation.records) +
                     " records sealed anew, " + std::to_string(rotation.wiped.size()) +
                     " old sealing keys wiped";
  std::string json = "{\"generation\":" + generation +
                     ",\"upload_keys\":" + std::to_string(rotation.upload_keys) +
                     ",\"records\":" + std::to_string(rotation.records) + ",\"wiped\":[";
  for (const std::uint32_t wiped : rotation.wiped) {
    json += (json.back() == '[' ? "" : ",") + std::to_string(wiped);
  }
  json += "],\"unopened\":[";
  for (const auto& upload : rotation.unopened) {
    line += "\nthe key of upload " + upload.hex() + " does not open; no old key was wiped for it";
    json += (json.back() == '[' ? "" : ",") + quoted(upload.hex());
  }
  report(session, line, json + "]}");
  return base::ok();
}

/// The file that opens the home as it is, beside the flags that say how it is to be.
void add_old_passphrase_file(CLI::App& command, Options& options) {
  command.add_option("--old-passphrase-file", options.opening.passphrase_file,
                     "a file whose only line is the passphrase until now");
}
}  // namespace

void add_passphrase(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "passphrase", "Seal the home by another passphrase",
      "Examples:\n"
      "  cryptonet-gatekeeper passphrase --home D\n"
      "  cryptonet-gatekeeper passphrase --home D --old-passphrase-file F --passphrase-file G\n\n"
      "Asks for what opens the home now (a passphrase, shares, or nothing), then for the new\n"
      "passphrase twice. The gatekeeper may be serving: it keeps its keys until it is sealed.\n"
      "Where the old passphrase may have been seen, follow with rotate-key.");
  add_old_passphrase_file(*command, *options);
  add_passphrase_file(*command, options->sealing.passphrase_file);
  command->callback([&session, options]() {
    session.run = [&session, options]() { return reseal(session, *options); };
  });
}

void add_shares(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "shares", "Seal the home by shares, or by new ones",
      "Examples:\n"
      "  cryptonet-gatekeeper shares --home D --shares 5 --threshold 3\n"
      "  cryptonet-gatekeeper shares --home D --shares 5 --threshold 3 < old-shares\n\n"
      "Asks for what opens the home now, then prints the shares, once. Older shares and\n"
      "passphrases open this home no more.");
  add_old_passphrase_file(*command, *options);
  command->add_option("--shares", options->sealing.shares.shares, "how many there are")->required();
  command->add_option("--threshold", options->sealing.shares.threshold, "how many of them open")
      ->required();
  command->callback([&session, options]() {
    session.run = [&session, options]() { return reseal(session, *options); };
  });
}

void add_rotate_key(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command =
      add_command(app, session, "rotate-key", "Replace the sealing key and the record key",
                  "Examples:\n"
                  "  cryptonet-gatekeeper rotate-key --home D\n"
                  "  cryptonet-gatekeeper rotate-key --home D --wipe-last --passphrase-file F\n\n"
                  "The gatekeeper must be stopped. Uploads that were taken in keep opening. "
                  "Contributors learn\n"
                  "the new key from their next upload, or `cryptonet join` again; until the "
                  "rotation after this\n"
                  "one, what they sealed to the last key is taken too, unless --wipe-last.");
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->add_flag("--wipe-last", options->rotation.wipe_last,
                    "refuse packages sealed to the key until now: somebody may have it");
  command->callback([&session, options]() {
    session.run = [&session, options]() { return rotate(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app

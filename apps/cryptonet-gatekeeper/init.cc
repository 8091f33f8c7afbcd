// SPDX-License-Identifier: Apache-2.0
// Making a home. Shares are printed once, here, and kept nowhere.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/file_system.h"
#include "base/randomness.h"
#include "commands.h"
#include "secrets.h"

namespace cryptonet::gatekeeper::app {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct Options {
  SealingOptions sealing;
  bool unsealed = false;
};

/// By the flags; without any, a person is asked for a passphrase, and nobody's home is unsealed.
Result<keys::Sealing> sealing_of(const Options& options) {
  const bool told = !options.sealing.passphrase_file.empty() || options.sealing.shares.shares != 0;
  if (told && options.unsealed) {
    return Error(ErrorCode::kUsage, "usage", "--unsealed goes with no other way of sealing");
  }
  if (!told && (options.unsealed || !has_terminal())) return keys::Sealing{};
  return read_sealing(options.sealing);
}

Status init(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const keys::Sealing sealing, sealing_of(options));
  CN_ASSIGN(const auto shares,
            home::init(session.home, base::real_file_system(), randomness, now(), sealing));
  if (sealing.mode == keys::SealMode::kNone) {
    std::fputs(
        "cryptonet: warning: THE KEYS OF THIS HOME LIE UNSEALED ON ITS DISK: whoever reads the\n"
        "cryptonet: warning: folder reads every upload key. Seal them before real data come:\n"
        "cryptonet: warning: cryptonet-gatekeeper passphrase --home D (or shares)\n",
        stderr);
  }
  const std::filesystem::path home(session.home);
  std::string line = "made " + home.string() + " with the first enrolment files:";
  std::string json = "{\"home\":" + quoted(home.string()) + ",\"enrolments\":[";
  for (const char* file : {"enrol-cloud", "enrol-contributor", "enrol-researcher"}) {
    const std::string path = (home / file).string();
    line += "\n  " + path;
    json += (json.back() == '[' ? "" : ",") + quoted(path);
  }
  report_shares(session, shares, line, json + "]");
  return base::ok();
}
}  // namespace

void add_init(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "init", "Make a home folder",
      "Examples:\n"
      "  cryptonet-gatekeeper init --home /srv/gatekeeper\n"
      "  cryptonet-gatekeeper init --home D --passphrase-file F\n"
      "  cryptonet-gatekeeper init --home D --shares 5 --threshold 3\n\n"
      "The home's keys are sealed by a passphrase, which is asked for, or by shares, which are\n"
      "printed once: hand them to different people. Without a terminal and without these flags\n"
      "the keys lie unsealed. Hand the enrolment files over, and remove them from the home.\n"
      "Nothing is changed when the folder exists and is not empty (exit 3).");
  add_sealing(*command, options->sealing);
  command->add_flag("--unsealed", options->unsealed, "let the keys lie bare: for trying out only");
  command->callback([&session, options]() {
    session.run = [&session, options]() { return init(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app

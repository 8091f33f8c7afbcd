// SPDX-License-Identifier: Apache-2.0
// Serving: stdout carries the READY line alone; the log goes to stderr.
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

#include "base/randomness.h"
#include "base/stop.h"
#include "commands.h"
#include "gatekeeper/serve/server.h"
#include "secrets.h"
#include "serving_flags.h"

namespace cryptonet::gatekeeper::app {
namespace {

struct Options {
  std::string listen;
  std::string cloud;
  Opening opening;
  std::string origin;
  net::Serving serving;
};

base::Status serve(const Session& session, const Options& options) {
  spdlog::set_level(session.quiet ? spdlog::level::warn : spdlog::level::info);
  base::watch_stop_signals();
  base::let_work_finish();
  serve::ServeOptions serving{options.listen, options.cloud, CRYPTONET_VERSION, std::nullopt,
                              options.serving};
  if (!options.origin.empty()) {
    CN_ASSIGN(serving.site, auth::passkey_site(options.origin));
  }
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  // Without the file a sealed home is served sealed: nobody may be there to be asked.
  if (home->sealed() && !options.opening.passphrase_file.empty()) {
    CN_ASSIGN(const auto master, open_master(session, *home, options.opening));
    CN_RETURN_IF_ERROR(home->unseal(master));
  }
  return serve::serve(*home, serving, [](const std::string& url) {
    std::printf("READY %s\n", url.c_str());
    std::fflush(stdout);
  });
}
}  // namespace

void add_serve(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "serve", "Answer contributors and researchers until SIGTERM",
      "Examples:\n"
      "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:4443 --cloud https://cloud:4444\n"
      "  cryptonet-gatekeeper serve --home D --listen 127.0.0.1:0 --cloud "
      "https://127.0.0.1:4444\n"
      "  cryptonet-gatekeeper serve --home D --listen 0.0.0.0:4443 --cloud https://cloud:4444 "
      "--origin https://gatekeeper.example.org:4443\n\n"
      "Prints READY and the address once it answers. The cloud need not be there yet.\n"
      "A sealed home is served sealed until `unseal`, unless --passphrase-file opens it.");
  command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes a free one")
      ->required();
  command->add_option("--cloud", options->cloud, "the cloud's address, https://HOST:PORT")
      ->required();
  add_passphrase_file(*command, options->opening.passphrase_file);
  command->add_option("--origin", options->origin,
                      "https://NAME:PORT, as browsers see it: serves the page to sign in on");
  apps::add_serving_flags(*command, options->serving);
  command->callback([&session, options]() {
    session.run = [&session, options]() { return serve(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app

// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/randomness.h"
#include "commands.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/state/uploads.h"

namespace cryptonet::gatekeeper::app {
namespace {

struct Options {
  std::string dataset;
  std::uint64_t version = 0;
};

base::Status unfreeze(const Session& session, const Options& options) {
  base::OsRandomness randomness;
  CN_ASSIGN(const auto home, home::Home::open(session.home, randomness));
  state::Uploads uploads(home->database());
  audit::Event event(audit::Kind::kUnfreeze);
  CN_RETURN_IF_ERROR(
      home->audit().record_soon(event.dataset(options.dataset).version(options.version)));
  CN_ASSIGN(const bool was_frozen, uploads.unfreeze(options.dataset, options.version));
  const std::string version = std::to_string(options.version);
  report(session,
         options.dataset + " version " + version +
             (was_frozen ? " may be asked again" : " was not frozen"),
         "{\"dataset\":" + quoted(options.dataset) + ",\"version\":" + version +
             ",\"was_frozen\":" + (was_frozen ? "true" : "false") + "}");
  return base::ok();
}
}  // namespace

void add_unfreeze(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      app, session, "unfreeze", "Allow questions again over a version that failed to open",
      "Example:\n"
      "  cryptonet-gatekeeper unfreeze visits 2 --home D\n\n"
      "A version freezes when a total from the cloud fails its check: something was altered.\n"
      "Find out what before you lift the freeze. With the next question the cloud has to prove\n"
      "the version's bytes anew; a version that is not frozen is proved anew as well.");
  command->add_option("dataset", options->dataset, "the dataset's name")->required();
  command->add_option("version", options->version, "the version's number")->required();
  command->callback([&session, options]() {
    session.run = [&session, options]() { return unfreeze(session, *options); };
  });
}

}  // namespace cryptonet::gatekeeper::app

// SPDX-License-Identifier: Apache-2.0
// cryptonet upload: an upload folder to both servers.
#include "contributor/upload/upload.h"

#include <nlohmann/json.hpp>

#include "commands.h"
#include "home/sealing.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

struct Flags {
  std::string folder;
  std::string format;
};

base::Status run(const Session& session, const std::string& folder_name) {
  namespace upload = contributor::upload;
  CN_ASSIGN(const auto home, open_home(session));
  CN_RETURN_IF_ERROR(home.require_role(net::PeerRole::kContributor, "upload"));
  CN_ASSIGN(const auto folder, upload::UploadFolder::open(folder_name));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto cloud, home.cloud());
  auto sent = [&]() {
    ProgressBar bar(session);
    return upload::send(folder, *gatekeeper, *cloud, [&bar](const upload::Progress& progress) {
      bar.show(std::string("sending ") + progress.step, progress.bytes_done, progress.bytes_total,
               researcher::client::bytes_text(progress.bytes_done));
    });
  }();
  CN_ASSIGN(const auto uploaded, std::move(sent));
  // What was sent counts, whether or not the gatekeeper still answers.
  const auto refreshed = home::refresh_sealing_key(home, *gatekeeper, base::real_file_system());
  if (!refreshed.ok()) {
    note(session,
         "the gatekeeper's sealing key was not refreshed: " + base::describe(refreshed.error()));
  } else if (*refreshed) {
    note(session, "the gatekeeper has a new sealing key; the next table is sealed to it");
  }
  nlohmann::ordered_json report;
  report["dataset"] = uploaded.dataset;
  report["version"] = uploaded.version;
  report["segments_sent"] = uploaded.segments_sent;
  report["segments_present"] = uploaded.segments_present;
  return print(report.dump() + "\n");
}

}  // namespace

void add_upload(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand(
      "upload", "send an upload folder: ciphertext to the cloud, the rest to the gatekeeper");
  auto flags = std::make_shared<Flags>();
  command.add_option("DIR", flags->folder, "folder that `cryptonet encrypt` wrote")->required();
  add_format(command, session, flags->format, {"json"});
  finish_command(command, session,
                 "  cryptonet upload flights.upload\n"
                 "Cut off? Run it again: it goes on where it stopped, and twice is harmless.",
                 [&session, flags]() { return run(session, flags->folder); });
}

}  // namespace cryptonet::app

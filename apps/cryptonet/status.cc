// SPDX-License-Identifier: Apache-2.0
// cryptonet status: who this client is, and whether the servers it knows answer.
#include <nlohmann/json.hpp>

#include "api/call.h"
#include "api/routes.h"
#include "commands.h"
#include "researcher/client/client.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

namespace client = researcher::client;
using Json = nlohmann::ordered_json;

base::Result<api::CloudStatus> cloud_status(const home::Home& home) {
  CN_ASSIGN(const auto cloud, home.cloud());
  return api::call<api::CloudStatus>(*cloud, api::cloud::kGetStatus, {});
}

base::Result<api::GatekeeperStatus> gatekeeper_status(const home::Home& home) {
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(auto reply, client::status_of(*gatekeeper));
  return std::move(reply.message);
}

/// One server of the report: what it says of itself, or why it did not.
template <typename Status>
void add_server(const std::string& name, const std::string& url, const base::Result<Status>& status,
                const std::string& words, Json& report,
                std::vector<std::vector<std::string>>& rows) {
  const base::Error* error = status.ok() ? nullptr : &status.error();
  report[name]["url"] = url;
  if (error == nullptr) report[name].update(Json::parse(status->to_json()));
  const char* state = "answers";
  if (error != nullptr) {
    state = error->code == base::ErrorCode::kUnreachable ? "does not answer" : "no access";
  }
  rows.push_back({name, url, state, error == nullptr ? words : error->message});
}

base::Status run(const Session& session, const std::string& format) {
  CN_ASSIGN(const auto home, open_home(session));
  const auto& identity = home.identity();
  Json report = Json::object();
  report["name"] = identity.name;
  report["role"] = identity.role;
  std::vector<std::vector<std::string>> rows;
  base::Status worst = base::ok();

  const auto gatekeeper = gatekeeper_status(home);
  std::string words;
  if (gatekeeper.ok()) {
    words = "version " + gatekeeper->version + ", " + std::to_string(gatekeeper->datasets) +
            " datasets, " + std::to_string(gatekeeper->uploads) + " uploads, cloud " +
            gatekeeper->cloud;
  } else {
    worst = gatekeeper.error();
  }
  add_server("gatekeeper", identity.gatekeeper, gatekeeper, words, report, rows);
  if (!identity.cloud.empty()) {
    const auto cloud = cloud_status(home);
    if (cloud.ok()) {
      words = "version " + cloud->version + ", " + std::to_string(cloud->uploads) + " uploads, " +
              std::to_string(cloud->segments) + " segments, " + client::bytes_text(cloud->bytes);
    } else if (worst.ok()) {
      worst = cloud.error();
    }
    add_server("cloud", identity.cloud, cloud, words, report, rows);
  }
  if (format == "json") {
    // With --format json stdout holds one document: the report, or the error.
    if (worst.ok()) CN_RETURN_IF_ERROR(print(report.dump() + "\n"));
  } else {
    CN_RETURN_IF_ERROR(print(identity.role + " '" + identity.name + "'\n\n" +
                             client::aligned({"server", "address", "state", "says"},
                                             {false, false, false, false}, rows)));
  }
  return worst;
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("status", "show who you are and whether the servers answer");
  auto format = std::make_shared<std::string>();
  add_format(command, session, *format, {"table", "json"});
  finish_command(command, session,
                 "  cryptonet status\n"
                 "  cryptonet status --home ~/hospital --format json",
                 [&session, format]() { return run(session, *format); });
}

}  // namespace cryptonet::app

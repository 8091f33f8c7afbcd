// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/gatekeeper.h"

#include <algorithm>
#include <thread>

#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
using base::Status;
namespace {

/// The freeze itself is on disk already.
void note_freeze(Parts& parts, const state::UploadId& id) {
  audit::Event event(audit::Kind::kFreeze);
  event.upload(id.bytes);
  if (const auto upload = parts.uploads.find(id); upload.ok() && upload->has_value()) {
    event.dataset((*upload)->dataset).version((*upload)->version);
  }
  parts.audit.note(std::move(event));
}
}  // namespace

namespace {
/// What a published version and the answers of a busy hour need at the least.
constexpr std::uintmax_t kLeastFreeBytes = std::uintmax_t{16} << 20;
}  // namespace

Parts::Parts(home::Home& opened_home, verify::CloudLink& cloud_link, auth::Gate& opened_gate,
             std::string program_version)
    : home(opened_home),
      audit(opened_home.audit()),
      cloud(cloud_link),
      gate(opened_gate),
      version(std::move(program_version)),
      bootstrap(home.uploads_folder().parent_path(), base::real_file_system()),
      administration(gate),
      uploads(home.database()),
      results(home.database()),
      files(home.uploads_folder(), base::real_file_system()),
      freezer(uploads, [this](const state::UploadId& upload) { note_freeze(*this, upload); }),
      catalogue({uploads, home.identities(), files, home.keys(), freezer}),
      intake({uploads, files, locks, home.keys(), catalogue}),
      pool(std::max(1U, std::thread::hardware_concurrency())),
      runner({uploads, results, files, locks, home.keys(), catalogue, freezer, cloud, pool}),
      seal_gate(home, [this] { catalogue.forget_all(); }),
      unsealing(home, seal_gate, randomness) {
  readiness.add({"sealed", "the gatekeeper is sealed", [this] { return !home.sealed(); }});
  readiness.add({"state", "the gatekeeper's state cannot be read, or its disk is full",
                 [this] { return state_is_usable(home); }});
  readiness.add({"audit", "the audit log cannot be written, and without it nothing is released",
                 [this] { return audit.works(); }});
}

bool state_is_usable(home::Home& home) {
  std::error_code failed;
  const auto disk = std::filesystem::space(home.uploads_folder(), failed);
  if (failed || disk.available < kLeastFreeBytes) return false;
  // A read alone: strangers may cause it, and a writer's lock could keep others waiting.
  return home.identities().find_enrolment("").ok();
}

std::vector<net::Route> make_routes(Parts& parts) {
  std::vector<net::Route> routes;
  add_identity_routes(parts, routes);
  add_upload_routes(parts, routes);
  add_dataset_routes(parts, routes);
  add_query_route(parts, routes);
  add_sign_in_routes(parts, routes);
  add_people_routes(parts, routes);
  add_audit_routes(parts, routes);
  if (parts.page != nullptr) add_page_routes(parts, routes);
  close_while_sealed(parts, routes);
  // From here on: what is answered by a sealed gatekeeper too.
  add_seal_routes(parts, routes);
  add_health_routes(parts, routes);
  if (parts.page != nullptr) add_page_files(parts, routes);
  return routes;
}

Status retry_deletions(Parts& parts) {
  CN_ASSIGN(const auto pending, parts.uploads.pending_deletions());
  for (const auto& upload : pending) {
    CN_RETURN_IF_ERROR(parts.cloud.remove(upload));
    CN_RETURN_IF_ERROR(parts.uploads.deletion_done(upload));
  }
  return base::ok();
}

Status remove_leftovers(Parts& parts) {
  CN_ASSIGN(const auto dropped, parts.uploads.dropped());
  for (const auto& upload : dropped) CN_RETURN_IF_ERROR(parts.files.remove(upload));
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::serve

// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/open/catalogue.h"

#include "base/hash.h"
#include "gatekeeper/auth/enrolment.h"

namespace cryptonet::gatekeeper::open {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;

plan::VersionView view_of(const LiveVersion& version) {
  plan::VersionView view;
  view.version = version.upload.version;
  const auto& entries = version.parts.manifest->body().units;
  const auto& units = version.parts.legend->units;
  CHECK(entries.size() == units.size());  // checked when the upload was taken in
  for (std::size_t i = 0; i < units.size(); ++i) {
    view.units.push_back({units[i].partition, units[i].rows, entries[i].chunks});
  }
  return view;
}
}  // namespace

Result<base::Secret<32>> Catalogue::secret_of(const state::Upload& upload) {
  CN_ASSIGN(const auto enrolment, sources_.identities.find_enrolment(upload.enrolment));
  CHECK(enrolment.has_value());  // a foreign key of the table
  return auth::enrolment_secret(sources_.keys, *enrolment);
}

Result<UploadParts> Catalogue::read(const state::Upload& upload) {
  CN_ASSIGN(const auto secret, secret_of(upload));
  CN_ASSIGN(const state::Package package, sources_.files.read_package(upload.id));
  if (base::sha256(package.manifest) != upload.manifest_digest) {
    return sources_.freezer.freeze(upload.id);
  }
  CN_RETURN_IF_ERROR(sources_.uploads.count_openings(upload.id, 1, 0));
  auto parts = read_package({sources_.keys, secret}, package);
  if (!parts.ok() && parts.error().code == ErrorCode::kIntegrity) {
    return sources_.freezer.freeze(upload.id);
  }
  return parts;
}

Result<UploadParts> Catalogue::parts_of(const state::Upload& upload) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(upload.id);
    if (known != known_.end()) return known->second;
  }
  CN_ASSIGN(UploadParts parts, read(upload));
  const std::lock_guard lock(mutex_);
  return known_.try_emplace(upload.id, std::move(parts)).first->second;
}

Result<Dataset> Catalogue::load(const std::string& name) {
  CN_ASSIGN(std::vector<state::Upload> live, sources_.uploads.live(name));
  if (live.empty()) {
    return Error(ErrorCode::kBadInput, "dataset.not_found",
                 "there is no dataset '" + name + "' here",
                 "cryptonet datasets lists those that can be asked");
  }
  std::vector<LiveVersion> versions;
  std::vector<plan::VersionView> views;
  for (state::Upload& upload : live) {
    CN_ASSIGN(UploadParts parts, parts_of(upload));
    versions.push_back({std::move(upload), std::move(parts)});
    views.push_back(view_of(versions.back()));
  }
  const UploadParts& newest = versions.back().parts;
  const auto& parameters = newest.manifest->parameters();
  CN_ASSIGN(auto layout, table::StoredLayout::create(newest.legend->schema, parameters));
  plan::DatasetView view{name, newest.legend->schema, std::move(layout), &parameters,
                         std::move(views)};
  for (const LiveVersion& version : versions) {
    const auto& finer = version.parts.legend->finer_bins;
    view.finer_bins.insert(finer.begin(), finer.end());
  }
  return Dataset{std::move(versions), std::move(view)};
}

void Catalogue::forget(const state::UploadId& upload) {
  const std::lock_guard lock(mutex_);
  known_.erase(upload);
}

void Catalogue::forget_all() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace cryptonet::gatekeeper::open

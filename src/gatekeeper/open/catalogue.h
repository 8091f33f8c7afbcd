// SPDX-License-Identifier: Apache-2.0
// The datasets as questions see them: live versions with their manifests and legends, read from
// disk, proved against the pinned digest and the upload key, and kept in memory. A package that
// fails its proof is a failed opening and freezes the upload. Any thread.
#pragma once

#include <map>
#include <mutex>

#include "gatekeeper/open/freezer.h"
#include "gatekeeper/open/unsealing.h"
#include "gatekeeper/plan/plan.h"
#include "gatekeeper/state/identities.h"

namespace cryptonet::gatekeeper::open {

struct LiveVersion {
  state::Upload upload;
  UploadParts parts;
};

struct Dataset {
  std::vector<LiveVersion> versions;  ///< ascending; as view.versions
  plan::DatasetView view;
};

class Catalogue {
 public:
  struct Sources {
    state::Uploads& uploads;
    state::Identities& identities;
    const state::UploadFiles& files;
    const keys::KeyRing& keys;
    Freezer& freezer;
  };
  explicit Catalogue(const Sources& sources) : sources_(sources) {}

  /// kBadInput when nothing live has this name. Frozen versions are among the versions.
  base::Result<Dataset> load(const std::string& name);
  /// The readable parts of one upload.
  base::Result<UploadParts> parts_of(const state::Upload& upload);
  /// The secret under which an upload's key was sealed.
  base::Result<base::Secret<32>> secret_of(const state::Upload& upload);
  void forget(const state::UploadId& upload);
  /// Everything that keys were needed to read.
  void forget_all();

 private:
  base::Result<UploadParts> read(const state::Upload& upload);
  Sources sources_;
  std::mutex mutex_;
  std::map<state::UploadId, UploadParts> known_;
};

}  // namespace cryptonet::gatekeeper::open

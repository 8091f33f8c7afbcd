// SPDX-License-Identifier: Apache-2.0
// The life of an upload on this side: offered (package checked and pinned), hints added piece by
// piece, published as a version of its dataset, dropped by the contributor that brought it. Every
// step may be asked twice. Any thread; steps of one upload wait for each other.
#pragma once

#include "api/messages.h"
#include "gatekeeper/intake/acceptance.h"
#include "gatekeeper/open/catalogue.h"

namespace cryptonet::gatekeeper::intake {

struct HintRequest {
  state::UploadId upload;
  std::string unit;  ///< hex id
  std::uint32_t first = 0;
  base::ByteView pieces;
};

class Intake {
 public:
  struct Sources {
    state::Uploads& uploads;
    state::UploadFiles& files;
    state::UploadLocks& locks;
    const keys::KeyRing& keys;
    open::Catalogue& catalogue;
  };
  explicit Intake(const Sources& sources) : sources_(sources) {}

  base::Result<api::UploadReceipt> offer(const state::Principal& contributor,
                                         const state::UploadId& upload,
                                         const state::Package& package, std::int64_t now_s);
  base::Result<api::UploadReceipt> add_hints(const state::Principal& contributor,
                                             const HintRequest& request);
  base::Result<api::UploadReceipt> publish(const state::Principal& contributor,
                                           const state::UploadId& upload, std::int64_t now_s);
  /// The upload that was dropped, for the cloud to forget.
  base::Result<state::UploadId> drop(const state::Principal& contributor,
                                     const std::string& dataset, std::uint64_t version,
                                     std::int64_t now_s);

 private:
  base::Result<open::UploadParts> check(const state::Principal& contributor,
                                        const state::UploadId& upload,
                                        const state::Package& package);
  base::Result<DatasetSoFar> dataset_so_far(const std::string& name,
                                            const state::UploadId& without);
  base::Result<state::Upload> owned(const state::Principal& contributor,
                                    const state::UploadId& upload);
  base::Result<api::UploadReceipt> receipt(const state::Upload& upload,
                                           const columns::format::Manifest& manifest);
  Sources sources_;
};

}  // namespace cryptonet::gatekeeper::intake

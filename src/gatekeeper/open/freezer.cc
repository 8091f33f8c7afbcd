// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/open/freezer.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "columns/open/opener.h"

namespace cryptonet::gatekeeper::open {

base::Error Freezer::freeze(const state::UploadId& upload) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto marked =
      uploads_.freeze(upload, std::chrono::duration_cast<std::chrono::seconds>(now).count());
  if (!marked.ok()) {
    const std::lock_guard lock(mutex_);
    unmarked_.insert(upload);
    spdlog::critical("the freeze of upload {} could not be written: {}", upload.hex(),
                     base::describe(marked.error()));
  }
  spdlog::error("opening failed: upload {} is frozen", upload.hex());
  if (on_freeze_) on_freeze_(upload);
  return columns::open::opening_refused();
}

bool Freezer::is_frozen(const state::Upload& upload) {
  const std::lock_guard lock(mutex_);
  return upload.frozen || unmarked_.contains(upload.id);
}

base::Status Freezer::refuse_if_frozen(const state::Upload& upload) {
  if (!is_frozen(upload)) return base::ok();
  const std::string version = std::to_string(upload.version);
  return base::Error(base::ErrorCode::kIntegrity, "dataset.frozen",
                     "version " + version + " of '" + upload.dataset +
                         "' is frozen since an opening failed; no question over the dataset is "
                         "answered until the custodian acts",
                     "custodian: find out what altered it, then cryptonet-gatekeeper unfreeze " +
                         upload.dataset + " " + version);
}

}  // namespace cryptonet::gatekeeper::open

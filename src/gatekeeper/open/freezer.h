// SPDX-License-Identifier: Apache-2.0
// What follows a failed opening: the upload is frozen on disk first, then the one uniform error is
// answered, and the log says which upload and nothing else. If the disk refuses the mark, the
// upload stays frozen in memory until the program ends, so that a full disk opens nothing. Any
// thread.
#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "gatekeeper/state/uploads.h"

namespace cryptonet::gatekeeper::open {

class Freezer {
 public:
  /// `on_freeze` is called after a freeze, on the thread that opened.
  explicit Freezer(state::Uploads& uploads,
                   std::function<void(const state::UploadId&)> on_freeze = {})
      : uploads_(uploads), on_freeze_(std::move(on_freeze)) {}
  /// Freezes and gives the error to answer with.
  base::Error freeze(const state::UploadId& upload);
  /// kIntegrity, naming dataset and version, when the upload is frozen.
  base::Status refuse_if_frozen(const state::Upload& upload);
  bool is_frozen(const state::Upload& upload);

 private:
  state::Uploads& uploads_;
  std::function<void(const state::UploadId&)> on_freeze_;
  std::mutex mutex_;
  std::set<state::UploadId> unmarked_;  ///< those that the disk refused to mark
};

}  // namespace cryptonet::gatekeeper::open

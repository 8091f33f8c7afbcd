// SPDX-License-Identifier: Apache-2.0
// How the first custodian comes in: with a one-time code that lies in the gatekeeper's home
// (bootstrap-code, mode 0600) and is shown on its terminal, until somebody is there. Any thread.
#pragma once

#include <filesystem>
#include <mutex>

#include "base/file_system.h"
#include "gatekeeper/auth/gate.h"

namespace cryptonet::gatekeeper::people {

class Bootstrap {
 public:
  Bootstrap(std::filesystem::path home, base::FileSystem& files)
      : file_(std::move(home) / "bootstrap-code"), files_(files) {}

  /// The code while nobody is there yet, the same at every start; nothing afterwards, and then the
  /// file is gone too.
  base::Result<std::optional<std::string>> prepare(state::People& people,
                                                   base::Randomness& randomness);
  /// Makes the first custodian and removes the code. kNotSignedIn for a wrong code, and for any
  /// code when somebody is there; kBadInput for a name or password that nobody should have.
  base::Result<api::Enrolled> redeem(auth::Gate& gate, const api::BootstrapRequest& request);

 private:
  std::filesystem::path file_;
  base::FileSystem& files_;
  std::mutex mutex_;
};

}  // namespace cryptonet::gatekeeper::people

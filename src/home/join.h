// SPDX-License-Identifier: Apache-2.0
// Joining: from an enrolment file to a home. Keys are made here and never leave; only a certificate
// request, the public signing key and a proof of the enrolment secret travel. The home is written
// under another name and appears whole or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "api/messages.h"
#include "base/file_system.h"
#include "base/randomness.h"

namespace cryptonet::home {

struct JoinOptions {
  std::filesystem::path enrolment_file;
  std::filesystem::path folder;
  std::string gatekeeper;  ///< https://host:port
  std::string cloud;       ///< https://host:port; a contributor needs it
};

struct Joined {
  api::Identity identity;
  bool already = false;       ///< the same enrolment had joined here before; only addresses changed
  std::string not_refreshed;  ///< why the gatekeeper's sealing key was not asked for; mostly empty
};

/// kUsage for missing or malformed addresses; kBadInput for a file that is no enrolment of a client
/// and for a folder that belongs to another enrolment or holds other things; the gatekeeper's own
/// words when it says no. A second join with the same enrolment keeps keys and certificate and
/// takes over the addresses and, where the gatekeeper answers, its present sealing key; kIntegrity
/// when that one is not signed.
base::Result<Joined> join(const JoinOptions& options, base::FileSystem& files,
                          base::Randomness& randomness);

}  // namespace cryptonet::home

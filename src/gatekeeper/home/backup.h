// SPDX-License-Identifier: Apache-2.0
// The whole home in one encrypted file, made while the gatekeeper serves, and a home made from it
// (docs/formats/backup.md). What opens the home is never in it: not the master key, and neither
// server.key nor the invitations, which lie bare. One command at a time, with the home's keys
// locked.
#pragma once

#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::home {

struct BackupFigures {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  ///< of the backup
};

/// A new file of mode 0600, whole or not at all: the state as of one commit, and with it every file
/// that it counts on. Needs no key. kBadInput when `out` exists; kRefused when uploads come and go
/// faster than they are copied.
base::Result<BackupFigures> back_up(Home& home, const std::filesystem::path& out,
                                    base::FileSystem& files, net::TimePoint now);

struct Restored {
  net::TimePoint made_at;  ///< the backup
  std::uint64_t files = 0;
};

/// A new home, whole or not at all. Sessions, access keys, recovery codes and codes of
/// authenticators up to now are good no more, because the backup may not know of their use or end.
/// It has a new sealing key, of a generation later than any that was given since the backup.
/// kIntegrity when the backup was altered, cut, or not made by this deployment's gatekeeper.
base::Result<Restored> restore(class BackupReader& backup, const keys::MasterKey& master,
                               const std::filesystem::path& folder, base::FileSystem& files,
                               base::Randomness& randomness, net::TimePoint now);

}  // namespace cryptonet::gatekeeper::home

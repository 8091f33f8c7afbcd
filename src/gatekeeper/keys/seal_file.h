// SPDX-License-Identifier: Apache-2.0
// How the master key lies on the disk (docs/formats/sealed_home.md): seal.json names one of three
// modes. `passphrase`: sealed under Argon2id of it. `shares`: sealed under a random key of which
// shares are given out (shares.h) and nothing is kept. `none`: bare, in master.key beside it.
// Stateless; any thread.
#pragma once

#include <filesystem>
#include <vector>

#include "api/messages.h"
#include "base/file_system.h"
#include "gatekeeper/keys/master_key.h"
#include "gatekeeper/keys/shares.h"

namespace cryptonet::gatekeeper::keys {

inline constexpr const char* kSealFile = "seal.json";
inline constexpr const char* kMasterFile = "master.key";
inline constexpr std::size_t kShortestPassphraseBytes = 8;
inline constexpr std::size_t kLongestPassphraseBytes = 1024;

/// What a try at a passphrase costs. The default is libsodium's "moderate": 0.7 s of one core here.
struct Argon2Cost {
  std::uint32_t operations = 3;
  std::uint32_t memory_kib = 256 * 1024;
};

enum class SealMode : std::uint8_t { kNone, kPassphrase, kShares };

/// How a master key is to be sealed.
struct Sealing {
  SealMode mode = SealMode::kNone;
  base::SecretVector<std::uint8_t> passphrase = {};
  ShareCounts shares = {};
  Argon2Cost cost = {};
};

/// What sealing gives: the file, and the shares, which are kept nowhere else.
struct Sealed {
  api::SealFile file;
  std::vector<Share> shares;
};

/// kBadInput for a passphrase that is too short or too long, or impossible numbers of shares.
base::Result<Sealed> seal_master(const MasterKey& master, const Sealing& sealing,
                                 base::Randomness& randomness);

/// kBadInput when the file is no seal.json of this program; kLocalIo when it cannot be read.
base::Result<api::SealFile> read_seal_file(const std::filesystem::path& file);
/// The same from its text.
base::Result<api::SealFile> parse_seal_file(std::string_view text);
SealMode mode_of(const api::SealFile& file);

/// kIntegrity (rule unseal.wrong) when it is not the passphrase, or the file was altered. Takes as
/// long and as much memory as the file says, within bounds.
base::Result<MasterKey> open_by_passphrase(const api::SealFile& file, base::ByteView passphrase);
/// kIntegrity when the shares together do not open; kBadInput when they are too few or of
/// different sets.
base::Result<MasterKey> open_by_shares(const api::SealFile& file, std::span<const Share> shares);
/// Of mode none. kIntegrity when the file is not the key that seal.json names.
base::Result<MasterKey> open_bare(const api::SealFile& file,
                                  const std::filesystem::path& master_file);

}  // namespace cryptonet::gatekeeper::keys

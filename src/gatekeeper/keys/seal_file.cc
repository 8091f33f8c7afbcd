// SPDX-License-Identifier: Apache-2.0
// What stands in the file beside the sealed key is its associated data, so that a changed mode,
// cost or number of shares does not open either.
#include "gatekeeper/keys/seal_file.h"

#include <sodium.h>

#include <algorithm>

#include "gatekeeper/keys/sealed_bytes.h"

namespace cryptonet::gatekeeper::keys {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::size_t kSaltBytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kKeyBytes = 32;
/// libsodium's "interactive", and a GiB: below nothing is safe, above nothing is meant.
constexpr Argon2Cost kLowestCost{2, 64 * 1024};
constexpr Argon2Cost kHighestCost{16, 1024 * 1024};

base::Bytes associated_data(const api::SealFile& file) {
  base::ByteWriter writer;
  for (const std::string* text :
       {&file.format, &file.mode, &file.master, &file.backup_key, &file.salt, &file.share_set}) {
    writer.block(base::view_of(*text));
  }
  for (const std::uint32_t number :
       {file.operations, file.memory_kib, file.shares, file.threshold}) {
    writer.u32(number);
  }
  return std::move(writer).take();
}

void put_sealed(api::SealFile& file, const MasterKey& master, const base::Secret<32>& key,
                base::Randomness& randomness) {
  file.sealed_master =
      base::to_hex(seal_bytes(key, associated_data(file), master.bytes(), randomness));
}

Error wrong_key(std::string message, std::string hint) {
  return Error(ErrorCode::kIntegrity, "unseal.wrong", std::move(message), std::move(hint));
}

Result<MasterKey> open_sealed(const api::SealFile& file, const base::Secret<32>& key,
                              const Error& refused) {
  std::array<std::uint8_t, kKeyBytes + kSealedExtraBytes> sealed{};
  CHECK(base::from_hex(file.sealed_master, sealed));  // read_seal_file
  const auto bytes = unseal_bytes(key, associated_data(file), sealed);
  if (!bytes.has_value()) return refused;
  MasterKey master = MasterKey::copy_of(bytes->span().first<kKeyBytes>());
  if (base::to_hex(master.id()) != file.master) return refused;
  return master;
}

Result<base::Secret<32>> stretch(base::ByteView passphrase,
                                 std::span<const std::uint8_t, kSaltBytes> salt, Argon2Cost cost) {
  base::Secret<32> key;
  if (crypto_pwhash(key.data(), kKeyBytes, reinterpret_cast<const char*>(passphrase.data()),
                    passphrase.size(), salt.data(), cost.operations,
                    std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error(ErrorCode::kLocalIo, "unseal.memory",
                 "there is no memory for the passphrase's hash: it takes " +
                     std::to_string(cost.memory_kib / 1024) + " MiB",
                 "free some and try again");
  }
  return key;
}

Status check_passphrase(base::ByteView passphrase) {
  if (passphrase.size() >= kShortestPassphraseBytes &&
      passphrase.size() <= kLongestPassphraseBytes) {
    return base::ok();
  }
  return Error(ErrorCode::kBadInput, "seal.passphrase",
               "a passphrase has " + std::to_string(kShortestPassphraseBytes) + " to " +
                   std::to_string(kLongestPassphraseBytes) + " bytes, this one has " +
                   std::to_string(passphrase.size()),
               "take six random words or more");
}

/// What belongs to a mode is there, and nothing else.
bool consistent(const api::SealFile& file) {
  const bool passphrase = file.mode == "passphrase";
  const bool shares = file.mode == "shares";
  const bool costs =
      file.operations >= kLowestCost.operations && file.operations <= kHighestCost.operations &&
      file.memory_kib >= kLowestCost.memory_kib && file.memory_kib <= kHighestCost.memory_kib;
  const bool no_costs = file.operations == 0 && file.memory_kib == 0;
  const bool no_shares = file.shares == 0 && file.threshold == 0;
  return file.salt.empty() != passphrase && file.share_set.empty() != shares &&
         file.sealed_master.empty() != (passphrase || shares) && (passphrase ? costs : no_costs) &&
         (shares ? check_counts({file.shares, file.threshold}).ok() : no_shares);
}
}  // namespace

Result<Sealed> seal_master(const MasterKey& master, const Sealing& sealing,
                           base::Randomness& randomness) {
  Sealed sealed;
  api::SealFile& file = sealed.file;
  file.master = base::to_hex(master.id());
  file.backup_key = base::to_hex(master.backup_public());
  switch (sealing.mode) {
    case SealMode::kNone:
      file.mode = "none";
      break;
    case SealMode::kPassphrase: {
      CN_RETURN_IF_ERROR(check_passphrase(sealing.passphrase.span()));
      file.mode = "passphrase";
      std::array<std::uint8_t, kSaltBytes> salt{};
      randomness.fill(salt);
      file.salt = base::to_hex(salt);
      file.operations = sealing.cost.operations;
      file.memory_kib = sealing.cost.memory_kib;
      CN_ASSIGN(const auto key, stretch(sealing.passphrase.span(), salt, sealing.cost));
      put_sealed(file, master, key, randomness);
      break;
    }
    case SealMode::kShares: {
      file.mode = "shares";
      base::Secret<32> key;
      randomness.fill(key.span());
      ShareSet set{};
      randomness.fill(set);
      CN_ASSIGN(sealed.shares, split(key, set, sealing.shares));
      file.share_set = base::to_hex(set);
      file.shares = sealing.shares.shares;
      file.threshold = sealing.shares.threshold;
      put_sealed(file, master, key, randomness);
      break;
    }
  }
  CHECK(consistent(file));
  return sealed;
}

Result<api::SealFile> parse_seal_file(std::string_view text) {
  CN_ASSIGN(api::SealFile file, api::SealFile::from_json(text));
  if (consistent(file)) return file;
  return Error(ErrorCode::kBadInput, "seal.file",
               "the fields of this seal.json do not fit each other, or its costs are out of bounds",
               "restore it from a backup of the home");
}

Result<api::SealFile> read_seal_file(const std::filesystem::path& path) {
  CN_ASSIGN(const base::Bytes bytes, base::read_file(path, api::SealFile::kMaxBytes));
  auto file = parse_seal_file(base::text_of(bytes));
  if (!file.ok()) return std::move(file).take_error().at(path.string());
  return file;
}

SealMode mode_of(const api::SealFile& file) {
  if (file.mode == "passphrase") return SealMode::kPassphrase;
  return file.mode == "shares" ? SealMode::kShares : SealMode::kNone;
}

Result<MasterKey> open_by_passphrase(const api::SealFile& file, base::ByteView passphrase) {
  CHECK(mode_of(file) == SealMode::kPassphrase);
  base::start_sodium();
  std::array<std::uint8_t, kSaltBytes> salt{};
  CHECK(base::from_hex(file.salt, salt));  // read_seal_file
  const auto first = passphrase.first(std::min(passphrase.size(), kLongestPassphraseBytes + 1));
  CN_ASSIGN(const auto key, stretch(first, salt, {file.operations, file.memory_kib}));
  return open_sealed(file, key,
                     wrong_key("this is not the passphrase of this home, or its seal.json was "
                               "altered",
                               "try again"));
}

Result<MasterKey> open_by_shares(const api::SealFile& file, std::span<const Share> shares) {
  CHECK(mode_of(file) == SealMode::kShares);
  base::start_sodium();
  CN_RETURN_IF_ERROR(check_together(shares, file.share_set, file.threshold));
  return open_sealed(file, combine(shares),
                     wrong_key("these shares together do not open this home, though each is whole: "
                               "one of them was made up, or seal.json was altered",
                               "start again, with other holders' shares where there are some"));
}

Result<MasterKey> open_bare(const api::SealFile& file, const std::filesystem::path& master_file) {
  CHECK(mode_of(file) == SealMode::kNone);
  CN_ASSIGN(base::Bytes bytes, base::read_file(master_file, 4096));
  base::Secret<32> key;
  const bool whole = bytes.size() == key.span().size();
  if (whole) std::copy(bytes.begin(), bytes.end(), key.span().begin());
  base::wipe(bytes.data(), bytes.size());
  MasterKey master = MasterKey::copy_of(key.span());
  if (whole && base::to_hex(master.id()) == file.master) return master;
  return wrong_key("the gatekeeper's master key is not the one that seal.json names",
                   "restore the file from where you keep its copy")
      .at(master_file.string());
}

}  // namespace cryptonet::gatekeeper::keys

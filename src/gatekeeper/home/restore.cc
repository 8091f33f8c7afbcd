// SPDX-License-Identifier: Apache-2.0
// The backup comes from outside: names are held to the few that a home has, sizes to what there is,
// and nothing of it is believed before the signature at its end is the gatekeeper's. Its
// certificate is in the backup too, so that is held to the authority, and the authority to its
// sealed key.
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <set>

#include "gatekeeper/home/backup.h"
#include "gatekeeper/home/backup_entries.h"
#include "gatekeeper/home/backup_stream.h"
#include "gatekeeper/home/home.h"
#include "gatekeeper/keys/key_store.h"
#include "gatekeeper/state/facts.h"
#include "gatekeeper/state/restoring.h"
#include "net/statement.h"

namespace cryptonet::gatekeeper::home {
namespace {
namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::uint64_t kLatestTimeS = 4'000'000'000;  ///< 2096; the clock counts nanoseconds
constexpr std::size_t kCopyBytes = 64 * 1024;
constexpr int kServerDays = 3650;
constexpr std::int64_t kGenerationsBeginS = 1'577'836'800;  // the year 2020

Error not_ours(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "backup.foreign",
               "this backup was not made by the gatekeeper whose keys it holds: " + what,
               "use a backup that you made");
}

Error strange(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "backup.damaged",
               "the backup is not as one is written: " + what, "use another copy of it");
}

/// authority.crt, server.crt, state.db, and files of letters, digits, dots, hyphens and underscores
/// below uploads/ and audit/.
bool is_name_of_a_home(const std::string& name) {
  if (name == "authority.crt" || name == "server.crt" || name == "state.db") return true;
  if (!name.starts_with("uploads/") && !name.starts_with("audit/")) return false;
  std::size_t depth = 0;
  for (std::size_t at = 0; at <= name.size(); ++depth) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string part = name.substr(at, end - at);
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    });
    if (part.empty() || part.front() == '.' || !plain) return false;
    at = end + 1;
  }
  return depth <= 4;
}

class Restoration {
 public:
  Restoration(BackupReader& backup, fs::path folder, base::FileSystem& files)
      : backup_(backup), folder_(std::move(folder)), files_(files) {}
  /// Writes every file of the backup; the signature is read and kept.
  Result<Restored> unpack();
  /// Holds the signature to the certificates and the authority's private key.
  Status check_origin(const std::string& authority_key_pem);

 private:
  template <typename T>
  Result<T> number() {
    std::array<std::uint8_t, sizeof(T)> bytes{};
    CN_RETURN_IF_ERROR(backup_.read(bytes));
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(T{bytes[i]} << (8 * i));
    return value;
  }
  Result<base::Bytes> block(std::size_t limit) {
    CN_ASSIGN(const std::uint32_t size, number<std::uint32_t>());
    if (size > limit) return strange("a name or signature in it is too long");
    base::Bytes bytes(size);
    CN_RETURN_IF_ERROR(backup_.read(bytes));
    return bytes;
  }
  Status unpack_file();
  /// So that the files that were made are there after a power cut.
  Status sync_folders();

  BackupReader& backup_;
  fs::path folder_;
  base::FileSystem& files_;
  std::set<std::string> names_;
  std::set<fs::path> folders_;  ///< in which files were made
  base::Digest digest_{};
  base::Bytes signature_;
};

Status Restoration::unpack_file() {
  CN_ASSIGN(const base::Bytes bytes, block(kLongestNameBytes));
  const std::string name(base::text_of(bytes));
  if (!is_name_of_a_home(name) || !names_.insert(name).second) {
    return strange("a file in it has a name that no home has");
  }
  CN_ASSIGN(std::uint64_t left, number<std::uint64_t>());
  const fs::path path = folder_ / name;
  CN_RETURN_IF_ERROR(files_.make_folders(path.parent_path(), 0700));
  CN_ASSIGN(const auto file, files_.open_append(path, 0600, true));
  folders_.insert(path.parent_path());
  base::Bytes buffer(kCopyBytes);
  while (left > 0) {
    const auto part = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(left, kCopyBytes)));
    CN_RETURN_IF_ERROR(backup_.read(part));
    CN_RETURN_IF_ERROR(file->append(part));
    left -= part.size();
  }
  return file->sync();
}

Status Restoration::sync_folders() {
  for (const fs::path& folder : folders_) CN_RETURN_IF_ERROR(files_.sync_folder(folder));
  return base::ok();
}

Result<Restored> Restoration::unpack() {
  CN_RETURN_IF_ERROR(files_.make_folders(folder_ / "uploads", 0700));
  Restored restored;
  while (true) {
    CN_ASSIGN(const std::uint8_t kind, number<std::uint8_t>());
    if (kind == kFileEntry) {
      CN_RETURN_IF_ERROR(unpack_file());
      ++restored.files;
      continue;
    }
    if (kind != kEndEntry) return strange("an entry of it is of no known kind");
    CN_ASSIGN(const std::uint64_t count, number<std::uint64_t>());
    CN_ASSIGN(const std::uint64_t made_at, number<std::uint64_t>());
    if (made_at > kLatestTimeS) return strange("it is of no year");
    digest_ = backup_.digest();
    CN_ASSIGN(signature_, block(kLongestSignatureBytes));
    if (count != restored.files || !backup_.finished()) return strange("its end does not fit");
    for (const char* name : {"authority.crt", "server.crt", "state.db"}) {
      if (!names_.contains(name)) return strange(std::string("it has no ") + name);
    }
    CN_RETURN_IF_ERROR(sync_folders());
    restored.made_at = net::TimePoint(std::chrono::seconds(made_at));
    return restored;
  }
}

Status Restoration::check_origin(const std::string& authority_key_pem) {
  const auto read_pem = [&](const char* name) -> Result<std::string> {
    CN_ASSIGN(const base::Bytes bytes, base::read_file(folder_ / name, net::kMaxPemBytes));
    return std::string(base::text_of(bytes));
  };
  CN_ASSIGN(const std::string authority, read_pem("authority.crt"));
  CN_ASSIGN(const std::string server, read_pem("server.crt"));
  const auto probe = base::view_of("cryptonet restore probe v1");
  const auto by_authority = net::sign_statement(authority_key_pem, probe);
  if (!by_authority.ok() || !net::is_statement_of(authority, probe, *by_authority)) {
    return not_ours("its authority's certificate is not of the sealed key");
  }
  const auto info = net::read_certificate(server);
  if (!info.ok() || info->role != net::PeerRole::kGatekeeper ||
      !net::is_issued_by(server, authority)) {
    return not_ours("its gatekeeper's certificate is not of its authority");
  }
  if (!net::is_statement_of(server, backup_statement(digest_), signature_)) {
    return not_ours("its signature is not of its gatekeeper");
  }
  return base::ok();
}

std::string text_of_secret(const base::SecretVector<std::uint8_t>& secret) {
  return {secret.span().begin(), secret.span().end()};
}

/// A new key for TLS: the old one is not in the backup.
Status write_server_key(const fs::path& folder, const net::KeyAndCertificate& authority,
                        base::FileSystem& files, net::TimePoint now) {
  CN_ASSIGN(const base::Bytes old, base::read_file(folder / "server.crt", net::kMaxPemBytes));
  CN_ASSIGN(const auto info, net::read_certificate(std::string(base::text_of(old))));
  CN_ASSIGN(net::KeyAndCertificate server,
            net::issue_with_new_key(authority, {info.role, info.name, info.hosts},
                                    net::valid_from(now, kServerDays)));
  auto written =
      base::write_atomically(files, folder / "server.key", base::view_of(server.key_pem), 0600);
  base::wipe(server.key_pem.data(), server.key_pem.size());
  CN_RETURN_IF_ERROR(std::move(written));
  return base::write_atomically(files, folder / "server.crt", base::view_of(server.certificate_pem),
                                0600);
}

struct Place {
  const fs::path& folder;
  base::FileSystem& files;
  base::Randomness& randomness;
  net::TimePoint now;
};

/// Later than any that rotations, or restores of this backup, can have given since: contributors
/// may know such a key, and keep to the latest generation that they know. In seconds, of which a
/// rotation takes more than one.
std::uint32_t generation_after(std::uint32_t newest, net::TimePoint now) {
  CHECK(newest < std::numeric_limits<std::uint32_t>::max());
  const std::int64_t seconds = auth::unix_seconds(now) - kGenerationsBeginS;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      seconds, std::int64_t{newest} + 1, std::numeric_limits<std::uint32_t>::max()));
}

Result<Restored> restore_into(const Place& place, BackupReader& backup,
                              const keys::MasterKey& master) {
  CN_RETURN_IF_ERROR(backup.unlock(master));
  Restoration restoration(backup, place.folder, place.files);
  CN_ASSIGN(const Restored restored, restoration.unpack());
  {
    CN_ASSIGN(const auto database, state::Database::open(place.folder / "state.db"));
    CN_ASSIGN(const keys::KeptSecrets secrets, keys::load(*database, master));
    CN_ASSIGN(const base::Bytes certificate,
              base::read_file(place.folder / "authority.crt", net::kMaxPemBytes));
    net::KeyAndCertificate authority{text_of_secret(secrets.authority_key),
                                     std::string(base::text_of(certificate))};
    Status status = restoration.check_origin(authority.key_pem);
    if (status.ok()) status = write_server_key(place.folder, authority, place.files, place.now);
    if (status.ok()) {
      const std::uint32_t newest = secrets.ring.sealing.front().generation;
      const auto made = make_generation(*database, generation_after(newest, place.now),
                                        {master, authority.key_pem, place.randomness, place.now});
      if (!made.ok()) status = made.error();
    }
    base::wipe(authority.key_pem.data(), authority.key_pem.size());
    CN_RETURN_IF_ERROR(std::move(status));
    CN_RETURN_IF_ERROR(state::end_what_was_good_for_once(*database, auth::unix_seconds(place.now)));
    CN_RETURN_IF_ERROR(database->empty_log());
  }
  const api::SealFile& seal_file = backup.seal_file();
  if (keys::mode_of(seal_file) == keys::SealMode::kNone) {
    CN_RETURN_IF_ERROR(base::write_atomically(place.files, place.folder / keys::kMasterFile,
                                              master.bytes(), 0600));
  }
  CN_RETURN_IF_ERROR(base::write_atomically(place.files, place.folder / keys::kSealFile,
                                            base::view_of(seal_file.to_json() + "\n"), 0600));
  return restored;
}
}  // namespace

Result<Restored> restore(BackupReader& backup, const keys::MasterKey& master,
                         const fs::path& folder, base::FileSystem& files,
                         base::Randomness& randomness, net::TimePoint now) {
  CN_ASSIGN(const auto place, new_home_place(folder));
  const fs::path building = place.string() + ".partial." + std::to_string(::getpid());
  CN_RETURN_IF_ERROR(files.make_folders(place.parent_path(), 0755));
  CN_RETURN_IF_ERROR(files.make_folders(building, 0700));
  auto restored = restore_into({building, files, randomness, now}, backup, master);
  // rename() replaces an empty folder and nothing else.
  Status placed = restored.ok() ? files.rename(building, place) : restored.error();
  if (placed.ok()) placed = files.sync_folder(place.parent_path());
  if (placed.ok()) return restored;
  static_cast<void>(files.remove_tree(building).ok());
  return placed.take_error();
}

}  // namespace cryptonet::gatekeeper::home

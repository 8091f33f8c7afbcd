// SPDX-License-Identifier: Apache-2.0
// Making and opening the folder. Private keys are PEM texts in ordinary strings on their way from
// the disk to the TLS library, which wants them so; they are wiped with the object.
#include "gatekeeper/home/home.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "gatekeeper/keys/key_store.h"

namespace cryptonet::gatekeeper::home {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr int kAuthorityDays = 3650;
constexpr int kServerDays = 3650;

Status write_text(base::FileSystem& files, const std::filesystem::path& path,
                  const std::string& text) {
  return base::write_atomically(files, path, base::view_of(text), 0600);
}

Result<std::string> read_text(const std::filesystem::path& path) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(path, net::kMaxPemBytes));
  std::string text(base::text_of(bytes));
  base::wipe(bytes.data(), bytes.size());
  return text;
}

void wipe(std::string& text) { base::wipe(text.data(), text.size()); }

base::SecretVector<std::uint8_t> secret_copy(const std::string& text) {
  base::SecretVector<std::uint8_t> copy(text.size());
  std::copy(text.begin(), text.end(), copy.span().begin());
  return copy;
}

/// Everything that init makes, in a folder that nobody uses yet.
Result<std::vector<keys::Share>> fill(const std::filesystem::path& folder, base::FileSystem& files,
                                      base::Randomness& randomness, net::TimePoint now,
                                      const keys::Sealing& sealing) {
  const keys::MasterKey master = keys::MasterKey::generate(randomness);
  CN_ASSIGN(keys::Sealed sealed, keys::seal_master(master, sealing, randomness));
  CN_RETURN_IF_ERROR(files.make_folders(folder / "uploads", 0700));
  CN_ASSIGN(net::KeyAndCertificate authority,
            net::make_authority("cryptonet authority", net::valid_from(now, kAuthorityDays)));
  CN_ASSIGN(net::KeyAndCertificate server,
            net::issue_with_new_key(authority, {net::PeerRole::kGatekeeper, "gatekeeper"},
                                    net::valid_from(now, kServerDays)));
  CN_RETURN_IF_ERROR(write_text(files, folder / "authority.crt", authority.certificate_pem));
  CN_RETURN_IF_ERROR(write_text(files, folder / "server.key", server.key_pem));
  CN_RETURN_IF_ERROR(write_text(files, folder / "server.crt", server.certificate_pem));
  wipe(server.key_pem);
  CN_RETURN_IF_ERROR(write_text(files, folder / keys::kSealFile, sealed.file.to_json() + "\n"));
  if (sealing.mode == keys::SealMode::kNone) {
    CN_RETURN_IF_ERROR(
        base::write_atomically(files, folder / keys::kMasterFile, master.bytes(), 0600));
  }
  CN_ASSIGN(const auto database, state::Database::create(folder / "state.db"));
  keys::KeptSecrets secrets{keys::RingKeys::generate(randomness), secret_copy(authority.key_pem)};
  CN_RETURN_IF_ERROR(keys::keep(*database, master, secrets, randomness));
  CN_RETURN_IF_ERROR(database->write([&](state::Connection& connection) {
    return add_generation(connection, secrets.ring.sealing.front(), authority.key_pem, now);
  }));
  keys::KeyRing ring(randomness);
  ring.fill(std::move(secrets.ring));
  state::Identities identities(*database);
  for (const auto role : {state::EnrolmentRole::kCloud, state::EnrolmentRole::kContributor,
                          state::EnrolmentRole::kResearcher}) {
    const std::string word(state::role_word(role));
    CN_RETURN_IF_ERROR(auth::enrol({identities, ring, authority}, {word, role},
                                   folder / ("enrol-" + word), files, randomness, now));
  }
  wipe(authority.key_pem);
  audit::Log log({.folder = folder / "audit"}, *database);
  CN_RETURN_IF_ERROR(log.open(ring.derived(audit::kKeyLabel)));
  CN_RETURN_IF_ERROR(log.record(audit::Event(audit::Kind::kAdministration).action("init")));
  return std::move(sealed.shares);
}

Error exists_already(const std::filesystem::path& folder) {
  return Error(ErrorCode::kBadInput, "init.exists",
               "the home folder exists already and is not empty; nothing was changed",
               "choose another --home, or serve this one")
      .at(folder.string());
}

Error older_home(const std::filesystem::path& folder) {
  return Error(ErrorCode::kBadInput, "home.older",
               "this home was made by an older program, which kept its keys bare",
               "make a new home, join again, and encrypt and upload the tables again")
      .at(folder.string());
}
}  // namespace

Result<std::filesystem::path> new_home_place(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(folder, failed).lexically_normal();
  // A trailing slash would make the sibling a child.
  const auto place = absolute.has_filename() ? absolute : absolute.parent_path();
  const auto status = std::filesystem::symlink_status(place, failed);
  const bool there = std::filesystem::exists(status);
  if (there && (!std::filesystem::is_directory(status) ||
                !std::filesystem::is_empty(place, failed) || failed)) {
    return exists_already(place);
  }
  return place;
}

Result<std::vector<keys::Share>> init(const std::filesystem::path& folder, base::FileSystem& files,
                                      base::Randomness& randomness, net::TimePoint now,
                                      const keys::Sealing& sealing) {
  CN_ASSIGN(const auto place, new_home_place(folder));
  const std::filesystem::path building = place.string() + ".partial." + std::to_string(::getpid());
  CN_RETURN_IF_ERROR(files.make_folders(place.parent_path(), 0755));
  CN_RETURN_IF_ERROR(files.make_folders(building, 0700));
  auto made = fill(building, files, randomness, now, sealing);
  // rename() replaces an empty folder and nothing else.
  Status placed = made.ok() ? files.rename(building, place) : made.error();
  if (placed.ok()) placed = files.sync_folder(place.parent_path());
  if (placed.ok()) return made;
  static_cast<void>(files.remove_tree(building).ok());
  return placed.take_error();
}

Home::Home(std::filesystem::path folder, std::unique_ptr<state::Database> database,
           base::Randomness& randomness)
    : folder_(std::move(folder)),
      database_(std::move(database)),
      identities_(*database_),
      keys_(randomness),
      audit_({.folder = folder_ / "audit"}, *database_) {}

Home::~Home() {
  wipe(authority_.key_pem);
  wipe(server_.key_pem);
}

Result<std::unique_ptr<Home>> Home::open(const std::filesystem::path& folder,
                                         base::Randomness& randomness) {
  std::error_code failed;
  if (!std::filesystem::exists(folder / "state.db", failed)) {
    return Error(ErrorCode::kBadInput, "home.not_a_home", "this folder is no gatekeeper's home",
                 "make one: cryptonet-gatekeeper init --home " + folder.string())
        .at(folder.string());
  }
  if (std::filesystem::exists(folder / "sealing.key", failed)) return older_home(folder);
  CN_ASSIGN(const auto seal_file, keys::read_seal_file(folder / keys::kSealFile));
  CN_ASSIGN(auto database, state::Database::open(folder / "state.db"));
  std::unique_ptr<Home> home(new Home(folder, std::move(database), randomness));
  CN_ASSIGN(home->authority_.certificate_pem, read_text(folder / "authority.crt"));
  CN_ASSIGN(home->server_.key_pem, read_text(folder / "server.key"));
  CN_ASSIGN(home->server_.certificate_pem, read_text(folder / "server.crt"));
  if (keys::mode_of(seal_file) == keys::SealMode::kNone) {
    CN_ASSIGN(const auto master, keys::open_bare(seal_file, folder / keys::kMasterFile));
    CN_RETURN_IF_ERROR(home->unseal(master));
  }
  return home;
}

Status Home::unseal(const keys::MasterKey& master) {
  CHECK(sealed_);
  CN_ASSIGN(keys::KeptSecrets secrets, keys::load(*database_, master));
  const auto key = secrets.authority_key.span();
  authority_.key_pem.assign(key.begin(), key.end());
  keys_.fill(std::move(secrets.ring));
  if (base::Status opened = audit_.open(keys_.derived(audit::kKeyLabel)); !opened.ok()) {
    seal();
    return opened;
  }
  sealed_ = false;
  return base::ok();
}

void Home::seal() {
  sealed_ = true;
  audit_.close();
  keys_.empty();
  wipe(authority_.key_pem);
  authority_.key_pem.clear();
}

Status Home::lock_for_serving() {
  CHECK(!lock_.has_value());
  CN_ASSIGN(auto lock, base::FileLock::try_file(folder_ / "lock"));
  if (lock.has_value()) {
    lock_.emplace(std::move(*lock));
    return base::ok();
  }
  return Error(ErrorCode::kRefused, "home.in_use",
               "another cryptonet-gatekeeper is serving this home",
               "stop it, or give another --home")
      .at(folder_.string());
}

net::TlsIdentity Home::identity() const {
  return {server_.certificate_pem, server_.key_pem, authority_.certificate_pem};
}

}  // namespace cryptonet::gatekeeper::home

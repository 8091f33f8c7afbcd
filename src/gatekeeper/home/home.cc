// SPDX-License-Identifier: Apache-2.0
// Making and opening the folder. Private keys are PEM texts in ordinary strings on their way from
// the disk to the TLS library, which wants them so; they are wiped with the object.
#include "gatekeeper/home/home.h"

#include <unistd.h>

#include <string>

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

/// Everything that init makes, in a folder that nobody uses yet.
Status fill(const std::filesystem::path& folder, base::FileSystem& files,
            base::Randomness& randomness, net::TimePoint now) {
  CN_RETURN_IF_ERROR(files.make_folders(folder / "uploads", 0700));
  CN_ASSIGN(net::KeyAndCertificate authority,
            net::make_authority("cryptonet authority", net::valid_from(now, kAuthorityDays)));
  CN_ASSIGN(net::KeyAndCertificate server,
            net::issue_with_new_key(authority, {net::PeerRole::kGatekeeper, "gatekeeper"},
                                    net::valid_from(now, kServerDays)));
  const keys::KeyRing keys = keys::KeyRing::generate(randomness);
  CN_RETURN_IF_ERROR(write_text(files, folder / "authority.key", authority.key_pem));
  CN_RETURN_IF_ERROR(write_text(files, folder / "authority.crt", authority.certificate_pem));
  CN_RETURN_IF_ERROR(write_text(files, folder / "server.key", server.key_pem));
  CN_RETURN_IF_ERROR(write_text(files, folder / "server.crt", server.certificate_pem));
  CN_RETURN_IF_ERROR(keys.save(files, folder / "sealing.key"));
  CN_ASSIGN(const auto database, state::Database::create(folder / "state.db"));
  state::Identities identities(*database);
  for (const auto role : {state::EnrolmentRole::kCloud, state::EnrolmentRole::kContributor,
                          state::EnrolmentRole::kResearcher}) {
    const std::string word(state::role_word(role));
    CN_RETURN_IF_ERROR(auth::enrol({identities, keys, authority}, {word, role},
                                   folder / ("enrol-" + word), files, randomness, now));
  }
  wipe(authority.key_pem);
  wipe(server.key_pem);
  return base::ok();
}

Error exists_already(const std::filesystem::path& folder) {
  return Error(ErrorCode::kBadInput, "init.exists",
               "the home folder exists already and is not empty; nothing was changed",
               "choose another --home, or serve this one")
      .at(folder.string());
}
}  // namespace

Status init(const std::filesystem::path& folder, base::FileSystem& files,
            base::Randomness& randomness, net::TimePoint now) {
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
  const std::filesystem::path building = place.string() + ".partial." + std::to_string(::getpid());
  CN_RETURN_IF_ERROR(files.make_folders(place.parent_path(), 0755));
  auto made = files.make_folders(building, 0700);
  if (made.ok()) made = fill(building, files, randomness, now);
  // rename() replaces an empty folder and nothing else.
  if (made.ok()) made = files.rename(building, place);
  if (made.ok()) return files.sync_folder(place.parent_path());
  static_cast<void>(files.remove_tree(building).ok());
  return made;
}

Home::Home(std::filesystem::path folder, std::unique_ptr<state::Database> database,
           keys::KeyRing keys)
    : folder_(std::move(folder)),
      database_(std::move(database)),
      identities_(*database_),
      keys_(std::move(keys)) {}

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
  CN_ASSIGN(auto keys, keys::KeyRing::load(folder / "sealing.key", randomness));
  CN_ASSIGN(auto database, state::Database::open(folder / "state.db"));
  std::unique_ptr<Home> home(new Home(folder, std::move(database), std::move(keys)));
  CN_ASSIGN(home->authority_.key_pem, read_text(folder / "authority.key"));
  CN_ASSIGN(home->authority_.certificate_pem, read_text(folder / "authority.crt"));
  CN_ASSIGN(home->server_.key_pem, read_text(folder / "server.key"));
  CN_ASSIGN(home->server_.certificate_pem, read_text(folder / "server.crt"));
  return home;
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

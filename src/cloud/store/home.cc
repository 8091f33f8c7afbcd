// SPDX-License-Identifier: Apache-2.0
// Opening: folders, lock, sweep, sync, secret, in this order.
#include "cloud/store/home.h"

#include <algorithm>
#include <cerrno>

namespace cryptonet::cloud::store {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
namespace fs = std::filesystem;

constexpr std::uint64_t kReservedBytes = std::uint64_t{64} << 20;
constexpr std::string_view kUnfinished = ".partial.";

Result<base::FileLock> take_lock(const fs::path& path) {
  CN_ASSIGN(auto lock, base::FileLock::try_file(path));
  if (lock.has_value()) return std::move(*lock);
  return Error(ErrorCode::kRefused, "store.home_in_use",
               "another cryptonet-cloud is serving this home", "stop it, or give another --home")
      .at(path.parent_path().string());
}

Status sweep_folder(base::FileSystem& files, const fs::path& folder) {
  CN_ASSIGN(const std::vector<std::string> names, list_folder(folder));
  for (const std::string& name : names) {
    if (name.find(kUnfinished) == std::string::npos) continue;
    CN_RETURN_IF_ERROR(files.remove_tree(folder / name));
  }
  return base::ok();
}

}  // namespace

Result<std::vector<std::string>> list_folder(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entry(folder, code);
  while (!code && entry != fs::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(code);
  }
  if (code) return base::local_io_error("list folder", folder, code.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<Home> Home::open(base::FileSystem& files, const fs::path& folder,
                        base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(files.make_folders(folder, 0700));
  CN_ASSIGN(base::FileLock lock, take_lock(folder / "lock"));
  Home home(files, folder, std::move(lock));
  for (const fs::path& part : {home.segments(), home.uploads(), home.ledgers()}) {
    CN_RETURN_IF_ERROR(files.make_folders(part, 0700));
  }
  CN_RETURN_IF_ERROR(files.sync_folder(folder));
  CN_RETURN_IF_ERROR(home.sweep());
  CN_RETURN_IF_ERROR(home.make_durable());
  CN_RETURN_IF_ERROR(home.load_or_make_secret(randomness));
  return home;
}

Status Home::sweep() const {
  for (const fs::path& part : {folder_, segments(), uploads(), ledgers()}) {
    CN_RETURN_IF_ERROR(sweep_folder(*files_, part));
  }
  CN_ASSIGN(const std::vector<std::string> names, list_folder(uploads()));
  for (const std::string& name : names) {
    CN_RETURN_IF_ERROR(sweep_folder(*files_, uploads() / name));
  }
  return base::ok();
}

Status Home::make_durable() const {
  CN_RETURN_IF_ERROR(files_->sync_folder(segments()));
  CN_RETURN_IF_ERROR(files_->sync_folder(ledgers()));
  CN_ASSIGN(const std::vector<std::string> names, list_folder(uploads()));
  for (const std::string& name : names) {
    CN_RETURN_IF_ERROR(files_->sync_folder(uploads() / name));
  }
  return files_->sync_folder(uploads());
}

Status Home::load_or_make_secret(base::Randomness& randomness) {
  const fs::path path = folder_ / "secret";
  std::error_code code;
  if (fs::exists(path, code)) {
    CN_ASSIGN(base::Bytes bytes, base::read_file(path, 32));
    if (bytes.size() == 32) std::copy(bytes.begin(), bytes.end(), secret_.data());
    const bool whole = bytes.size() == 32;
    base::wipe(bytes.data(), bytes.size());
    if (whole) return base::ok();
    return Error(ErrorCode::kIntegrity, "store.secret", "the blinding secret must have 32 bytes",
                 "restore it from a backup")
        .at(path.string());
  }
  CN_ASSIGN(const std::vector<std::string> ledgers_there, list_folder(ledgers()));
  if (!ledgers_there.empty()) {
    // Fresh blinding of totals that were answered before would tell more than the totals do.
    return Error(ErrorCode::kIntegrity, "store.secret",
                 "the blinding secret is missing, but totals were answered under it",
                 "restore it from a backup")
        .at(path.string());
  }
  randomness.fill(secret_.span());
  return base::write_atomically(*files_, path, secret_.span(), 0600);
}

Status Home::require_space(std::uint64_t bytes) const {
  CN_ASSIGN(const std::uint64_t free, files_->free_bytes(folder_));
  if (free >= bytes + kReservedBytes) return base::ok();
  return base::local_io_error("store more in", folder_, ENOSPC);
}

}  // namespace cryptonet::cloud::store

// SPDX-License-Identifier: Apache-2.0
// Files are written before the row that makes them count, so a copy of the state that is older than
// the copies of the files finds all that it counts on, unless an upload was dropped meanwhile: then
// the work starts over.
#include "gatekeeper/home/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "gatekeeper/home/backup_entries.h"
#include "gatekeeper/home/backup_stream.h"
#include "gatekeeper/state/uploads.h"
#include "net/statement.h"

namespace cryptonet::gatekeeper::home {
namespace {
namespace fs = std::filesystem;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr int kTries = 5;
constexpr std::size_t kCopyBytes = 64 * 1024;
constexpr const char* kSnapshot = "backup.partial.db";
constexpr const char* kHeads = "audit/heads";

/// An open file, closed with the object.
class SourceFile {
 public:
  explicit SourceFile(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {}
  ~SourceFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SourceFile(const SourceFile&) = delete;
  SourceFile& operator=(const SourceFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class Backup {
 public:
  Backup(Home& home, base::FileSystem& files, net::TimePoint now)
      : home_(home), files_(files), now_(now) {}

  Result<BackupFigures> write(base::WritableFile& out);
  /// Whether an upload that the copied state has was dropped since it was copied.
  Result<bool> overtaken();

 private:
  Status copy_state();
  /// A file that is gone by now is left out.
  Status add_file(const fs::path& path, const std::string& name);
  Status add_folder(const fs::path& folder, const std::string& name);
  Status end();

  Home& home_;
  base::FileSystem& files_;
  net::TimePoint now_;
  std::unique_ptr<BackupWriter> writer_;
  std::vector<state::UploadId> published_;  ///< in the copied state
  std::uint64_t count_ = 0;
};

Status Backup::copy_state() {
  const fs::path snapshot = home_.folder() / kSnapshot;
  CN_RETURN_IF_ERROR(files_.remove_tree(snapshot));  // what a killed backup left
  CN_RETURN_IF_ERROR(home_.database().copy_to(snapshot));
  {
    CN_ASSIGN(const auto database, state::Database::open(snapshot));
    CN_ASSIGN(const auto datasets, state::Uploads(*database).datasets());
    for (const auto& dataset : datasets) {
      for (const auto& upload : dataset.live) published_.push_back(upload.id);
    }
    CN_RETURN_IF_ERROR(database->empty_log());
  }
  CN_RETURN_IF_ERROR(add_file(snapshot, "state.db"));
  for (const char* side : {"", "-wal", "-shm"}) {
    CN_RETURN_IF_ERROR(files_.remove_tree(home_.folder() / (std::string(kSnapshot) + side)));
  }
  return base::ok();
}

Status Backup::add_file(const fs::path& path, const std::string& name) {
  const SourceFile file(path);
  struct stat status {};
  if (file.descriptor() < 0 && errno == ENOENT) return base::ok();
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) {
    return base::local_io_error("read for the backup", path, errno);
  }
  if (!S_ISREG(status.st_mode)) return base::ok();
  auto left = static_cast<std::uint64_t>(status.st_size);  // what grows on is the next backup's
  CN_RETURN_IF_ERROR(writer_->append(file_entry(name, left)));
  base::Bytes buffer(kCopyBytes);
  while (left > 0) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, kCopyBytes));
    const ssize_t got = ::read(file.descriptor(), buffer.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::local_io_error("read for the backup", path, errno);
    if (got == 0) {
      return Error(ErrorCode::kLocalIo, "backup.shrank",
                   "the file became shorter while it was copied", "try again")
          .at(path.string());
    }
    CN_RETURN_IF_ERROR(
        writer_->append(base::ByteView(buffer).first(static_cast<std::size_t>(got))));
    left -= static_cast<std::uint64_t>(got);
  }
  ++count_;
  return base::ok();
}

Status Backup::add_folder(const fs::path& folder, const std::string& name) {
  std::error_code failed;
  std::set<std::string> names;  // in order, so that equal homes give equal backups
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    names.insert(entry.path().filename().string());
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return base::local_io_error("look into", folder, failed.value());
  }
  for (const std::string& one : names) {
    const fs::path path = folder / one;
    const std::string inner = name + "/" + one;
    const auto status = fs::symlink_status(path, failed);
    if (fs::is_directory(status)) {
      CN_RETURN_IF_ERROR(add_folder(path, inner));
    } else if (fs::is_regular_file(status) && inner != kHeads) {
      CN_RETURN_IF_ERROR(add_file(path, inner));
    }
  }
  return base::ok();
}

Status Backup::end() {
  CN_RETURN_IF_ERROR(writer_->append(end_entry(count_, auth::unix_seconds(now_))));
  CN_ASSIGN(const auto signature,
            net::sign_statement(home_.identity().key_pem, backup_statement(writer_->digest())));
  base::ByteWriter block;
  block.block(signature);
  CN_RETURN_IF_ERROR(writer_->append(block.bytes()));
  return writer_->finish();
}

Result<BackupFigures> Backup::write(base::WritableFile& out) {
  CN_ASSIGN(const auto seal_file, home_.seal_file());
  CN_ASSIGN(writer_, BackupWriter::create(out, seal_file));
  CN_RETURN_IF_ERROR(copy_state());
  for (const char* name : {"authority.crt", "server.crt"}) {
    CN_RETURN_IF_ERROR(add_file(home_.folder() / name, name));
  }
  // The heads of the log before its segments: what is recorded meanwhile may stand behind a head,
  // but a head may not promise a record that is not there.
  CN_RETURN_IF_ERROR(add_file(home_.folder() / kHeads, kHeads));
  for (const char* name : {"uploads", "audit"}) {
    CN_RETURN_IF_ERROR(add_folder(home_.folder() / name, name));
  }
  CN_RETURN_IF_ERROR(end());
  return BackupFigures{count_, 0};
}

Result<bool> Backup::overtaken() {
  state::Uploads uploads(home_.database());
  for (const auto& id : published_) {
    CN_ASSIGN(const auto upload, uploads.find(id));
    if (!upload.has_value() || upload->state != state::UploadState::kPublished) return true;
  }
  return false;
}
}  // namespace

Result<BackupFigures> back_up(Home& home, const fs::path& out, base::FileSystem& files,
                              net::TimePoint now) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(out, failed))) {
    return Error(ErrorCode::kBadInput, "backup.exists", "the backup file exists already",
                 "choose another --out")
        .at(out.string());
  }
  CN_RETURN_IF_ERROR(home.lock_keys());
  fs::path partial = out;
  partial += ".partial." + std::to_string(::getpid());
  const auto attempt = [&]() -> Result<BackupFigures> {
    for (int i = 0; i < kTries; ++i) {
      CN_RETURN_IF_ERROR(files.remove_tree(partial));
      CN_ASSIGN(const auto file, files.open_append(partial, 0600, true));
      Backup backup(home, files, now);
      CN_ASSIGN(BackupFigures figures, backup.write(*file));
      CN_RETURN_IF_ERROR(file->sync());
      CN_ASSIGN(const bool overtaken, backup.overtaken());
      if (overtaken) continue;
      std::error_code no_size;
      figures.bytes = fs::file_size(partial, no_size);
      CN_RETURN_IF_ERROR(files.rename(partial, out));
      const auto parent = out.parent_path();
      CN_RETURN_IF_ERROR(files.sync_folder(parent.empty() ? "." : parent));
      return figures;
    }
    return Error(ErrorCode::kRefused, "backup.busy",
                 "versions were dropped while they were copied, " + std::to_string(kTries) +
                     " times in a row",
                 "try again when nobody drops any");
  };
  auto made = attempt();
  if (!made.ok()) static_cast<void>(files.remove_tree(partial).ok());
  return made;
}

}  // namespace cryptonet::gatekeeper::home

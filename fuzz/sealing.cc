// SPDX-License-Identifier: Apache-2.0
// What opens a gatekeeper's home, and what makes one: shares, seal.json, the head of a backup, and
// the clear entries of one whose encryption is right. No crash; an accepted share is written again
// as it was; nothing outside the new home is touched. The first byte chooses.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "gatekeeper/home/backup.h"
#include "gatekeeper/home/backup_stream.h"

namespace {

using namespace cryptonet;
namespace fs = std::filesystem;
namespace keys = gatekeeper::keys;
namespace home = gatekeeper::home;

void check_share(base::ByteView bytes) {
  const auto share = keys::parse_share(bytes);
  if (!share.ok()) return;
  const auto line = keys::write_share(*share);
  const auto again = keys::parse_share(line.span());
  if (!again.ok() || again->id != share->id || again->set != share->set) std::abort();
}

/// A file in memory, by the path that the system gives it.
class MemoryFile final : public base::WritableFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("backup", MFD_CLOEXEC)) {}
  ~MemoryFile() override { ::close(descriptor_); }
  base::Status append(base::ByteView bytes) override {
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
    return base::ok();
  }
  base::Status sync() override { return base::ok(); }
  fs::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

const keys::MasterKey& master() {
  static const keys::MasterKey key = keys::MasterKey::copy_of(std::array<std::uint8_t, 32>{});
  return key;
}

void check_head(base::ByteView bytes) {
  MemoryFile file;
  if (!file.append(bytes).ok()) std::abort();
  const auto backup = home::BackupReader::open(file.path());
  if (backup.ok()) static_cast<void>((*backup)->unlock(master()).ok());
}

void check_entries(base::ByteView clear) {
  base::OsRandomness randomness;
  MemoryFile file;
  const auto seal_file = keys::seal_master(master(), {}, randomness)->file;
  const auto writer = *home::BackupWriter::create(file, seal_file);
  if (!writer->append(clear).ok() || !writer->finish().ok()) std::abort();
  std::string pattern = "/dev/shm/cn_restore_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  const auto backup = home::BackupReader::open(file.path());
  if (!backup.ok() || !(*backup)->unlock(master()).ok()) std::abort();
  const auto again = *home::BackupReader::open(file.path());
  const auto restored = home::restore(*again, master(), fs::path(pattern) / "home",
                                      base::real_file_system(), randomness, net::TimePoint{});
  // no key made here signs a backup, and what was written of it is gone
  if (restored.ok() || !fs::is_empty(pattern)) std::abort();
  fs::remove_all(pattern);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      check_share(bytes);
      break;
    case 1:
      static_cast<void>(keys::parse_seal_file(base::text_of(bytes)).ok());
      break;
    case 2:
      check_head(bytes);
      break;
    default:
      check_entries(bytes);
  }
  return 0;
}

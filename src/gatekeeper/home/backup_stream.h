// SPDX-License-Identifier: Apache-2.0
// A backup as bytes (docs/formats/backup.md): a head, and an encrypted stream of pieces of 64 KiB
// (libsodium's secretstream, XChaCha20-Poly1305), whose last piece says that it is the last. Who
// writes needs a public key alone. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/file_system.h"
#include "base/hash.h"
#include "base/randomness.h"
#include "gatekeeper/keys/seal_file.h"

namespace cryptonet::gatekeeper::home {

class BackupWriter {
 public:
  /// Begins with the head. `seal_file` names the key to encrypt to.
  static base::Result<std::unique_ptr<BackupWriter>> create(base::WritableFile& out,
                                                            const api::SealFile& seal_file);
  ~BackupWriter();
  /// Clear bytes, in any portions.
  base::Status append(base::ByteView clear);
  /// The digest of all clear bytes so far.
  base::Digest digest() const;
  /// The last piece. Nothing may be appended after it.
  base::Status finish();

 private:
  explicit BackupWriter(base::WritableFile& out);
  base::Status flush(unsigned char tag);
  struct State;
  std::unique_ptr<State> state_;
};

class BackupReader {
 public:
  /// Reads the head. kBadInput when the file is no backup, or of a newer program.
  static base::Result<std::unique_ptr<BackupReader>> open(const std::filesystem::path& file);
  ~BackupReader();
  const api::SealFile& seal_file() const;
  /// kIntegrity when the stream's key does not open with this master key.
  base::Status unlock(const keys::MasterKey& master);
  /// Fills `out`. kIntegrity when the stream was altered or ends before.
  base::Status read(std::span<std::uint8_t> out);
  /// The digest of all clear bytes read so far.
  base::Digest digest() const;
  /// Whether everything was read, the last piece included.
  bool finished() const;

 private:
  explicit BackupReader(base::MappedFile file);
  base::Status next_piece();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cryptonet::gatekeeper::home

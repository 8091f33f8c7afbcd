// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/home/backup_stream.h"

#include <sodium.h>

#include <algorithm>

namespace cryptonet::gatekeeper::home {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using StreamState = crypto_secretstream_xchacha20poly1305_state;

constexpr std::string_view kMagic = "CNBU";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kAddedBytes = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kStreamHeadBytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kSealedKeyBytes = 32 + crypto_box_SEALBYTES;
constexpr unsigned char kMore = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr unsigned char kLast = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

Error damaged(const std::string& what) {
  return Error(ErrorCode::kIntegrity, "backup.damaged", "the backup was altered or cut: " + what,
               "use another copy of it");
}

StreamState* state_of(base::SecretVector<std::uint8_t>& memory) {
  return reinterpret_cast<StreamState*>(memory.data());
}
}  // namespace

struct BackupWriter::State {
  explicit State(base::WritableFile& file) : out(file) {}
  base::WritableFile& out;
  base::SecretVector<std::uint8_t> stream{sizeof(StreamState)};
  base::Digest head{};  ///< of all before the first piece, which it is bound to
  base::Bytes piece;
  base::Sha256Stream hash;
  base::Digest digest{};
  bool hashed = false;
};

BackupWriter::BackupWriter(base::WritableFile& out) : state_(std::make_unique<State>(out)) {
  state_->piece.reserve(kPieceBytes);
}
BackupWriter::~BackupWriter() = default;

Result<std::unique_ptr<BackupWriter>> BackupWriter::create(base::WritableFile& out,
                                                           const api::SealFile& seal_file) {
  base::start_sodium();
  std::unique_ptr<BackupWriter> writer(new BackupWriter(out));
  std::array<std::uint8_t, crypto_box_PUBLICKEYBYTES> recipient{};
  CHECK(base::from_hex(seal_file.backup_key, recipient));  // read_seal_file
  base::Secret<32> key;
  crypto_secretstream_xchacha20poly1305_keygen(key.data());
  base::Bytes sealed_key(kSealedKeyBytes);
  if (crypto_box_seal(sealed_key.data(), key.data(), 32, recipient.data()) != 0) {
    return Error(ErrorCode::kIntegrity, "backup.key",
                 "the backup key in seal.json is no key that can be encrypted to",
                 "restore seal.json from a backup");
  }
  base::Bytes stream_head(kStreamHeadBytes);
  CHECK(crypto_secretstream_xchacha20poly1305_init_push(state_of(writer->state_->stream),
                                                        stream_head.data(), key.data()) == 0);
  base::ByteWriter head;
  head.raw(base::view_of(kMagic));
  head.u32(kVersion);
  head.block(base::view_of(seal_file.to_json()));
  head.raw(sealed_key);
  head.raw(stream_head);
  writer->state_->head = base::sha256(head.bytes());
  CN_RETURN_IF_ERROR(out.append(head.bytes()));
  return writer;
}

Status BackupWriter::flush(unsigned char tag) {
  State& state = *state_;
  base::Bytes sealed(state.piece.size() + kAddedBytes);
  CHECK(crypto_secretstream_xchacha20poly1305_push(state_of(state.stream), sealed.data(), nullptr,
                                                   state.piece.data(), state.piece.size(),
                                                   state.head.data(), state.head.size(), tag) == 0);
  state.piece.clear();
  return state.out.append(sealed);
}

Status BackupWriter::append(base::ByteView clear) {
  State& state = *state_;
  if (!state.hashed) state.hash.update(clear);
  while (!clear.empty()) {
    if (state.piece.size() == kPieceBytes) CN_RETURN_IF_ERROR(flush(kMore));
    const std::size_t count = std::min(clear.size(), kPieceBytes - state.piece.size());
    state.piece.insert(state.piece.end(), clear.begin(),
                       clear.begin() + static_cast<std::ptrdiff_t>(count));
    clear = clear.subspan(count);
  }
  return base::ok();
}

base::Digest BackupWriter::digest() const {
  if (!state_->hashed) state_->digest = state_->hash.finish();
  state_->hashed = true;
  return state_->digest;
}

Status BackupWriter::finish() { return flush(kLast); }

struct BackupReader::State {
  explicit State(base::MappedFile mapped) : file(std::move(mapped)) {}
  base::MappedFile file;
  api::SealFile seal_file;
  base::ByteView sealed_key;
  base::ByteView stream_head;
  base::ByteView rest;
  base::Digest head{};
  base::SecretVector<std::uint8_t> stream{sizeof(StreamState)};
  base::Bytes piece;
  std::size_t used = 0;  ///< of the piece
  bool last = false;
  base::Sha256Stream hash;
  base::Digest digest{};
  bool hashed = false;
};

BackupReader::BackupReader(base::MappedFile file)
    : state_(std::make_unique<State>(std::move(file))) {}
BackupReader::~BackupReader() = default;
const api::SealFile& BackupReader::seal_file() const { return state_->seal_file; }

Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::filesystem::path& path) {
  CN_ASSIGN(auto mapped, base::MappedFile::open(path));
  std::unique_ptr<BackupReader> backup(new BackupReader(std::move(mapped)));
  State& state = *backup->state_;
  const base::ByteView bytes = state.file.bytes();
  base::ByteReader reader(bytes);
  const bool magic = base::text_of(reader.raw(kMagic.size())) == kMagic;
  const std::uint32_t version = reader.u32();
  if (!magic || !reader.ok()) {
    return Error(ErrorCode::kBadInput, "backup.no_backup", "this file is no backup of a gatekeeper")
        .at(path.string());
  }
  if (version != kVersion) {
    return Error(ErrorCode::kBadInput, "backup.version",
                 "this backup has version " + std::to_string(version) +
                     ", this program reads version " + std::to_string(kVersion),
                 "use the program that made it")
        .at(path.string());
  }
  const auto text = base::text_of(reader.block(api::SealFile::kMaxBytes));
  state.sealed_key = reader.raw(kSealedKeyBytes);
  state.stream_head = reader.raw(kStreamHeadBytes);
  if (!reader.ok()) return damaged("its head is not whole").at(path.string());
  auto seal_file = keys::parse_seal_file(text);
  if (!seal_file.ok()) return std::move(seal_file).take_error().at(path.string());
  state.seal_file = std::move(*seal_file);
  state.rest = bytes.last(reader.remaining());
  state.head = base::sha256(bytes.first(bytes.size() - state.rest.size()));
  return backup;
}

Status BackupReader::unlock(const keys::MasterKey& master) {
  base::start_sodium();
  base::Secret<32> key;
  const auto public_key = master.backup_public();
  const auto secret_key = master.backup_secret();
  if (crypto_box_seal_open(key.data(), state_->sealed_key.data(), state_->sealed_key.size(),
                           public_key.data(), secret_key.data()) != 0 ||
      crypto_secretstream_xchacha20poly1305_init_pull(
          state_of(state_->stream), state_->stream_head.data(), key.data()) != 0) {
    return damaged("its key does not open");
  }
  return base::ok();
}

Status BackupReader::next_piece() {
  State& state = *state_;
  if (state.last) return damaged("something is missing in it");
  const std::size_t size = std::min(state.rest.size(), kPieceBytes + kAddedBytes);
  if (size < kAddedBytes) return damaged("it ends too early");
  state.piece.resize(size - kAddedBytes);
  unsigned char tag = 0;
  const auto sealed = state.rest.first(size);
  if (crypto_secretstream_xchacha20poly1305_pull(state_of(state.stream), state.piece.data(),
                                                 nullptr, &tag, sealed.data(), sealed.size(),
                                                 state.head.data(), state.head.size()) != 0) {
    return damaged("a piece of it does not open");
  }
  state.rest = state.rest.subspan(size);
  state.used = 0;
  state.last = tag == kLast;
  // the last piece is last, every other is full
  if (state.last != state.rest.empty()) return damaged("it ends where it should not");
  return base::ok();
}

Status BackupReader::read(std::span<std::uint8_t> out) {
  State& state = *state_;
  const auto whole = out;
  while (!out.empty()) {
    if (state.used == state.piece.size()) CN_RETURN_IF_ERROR(next_piece());
    const std::size_t count = std::min(out.size(), state.piece.size() - state.used);
    if (count == 0) return damaged("a piece of it is empty");
    std::copy_n(state.piece.begin() + static_cast<std::ptrdiff_t>(state.used), count, out.begin());
    state.used += count;
    out = out.subspan(count);
  }
  if (!state.hashed) state.hash.update(whole);
  return base::ok();
}

base::Digest BackupReader::digest() const {
  if (!state_->hashed) state_->digest = state_->hash.finish();
  state_->hashed = true;
  return state_->digest;
}

bool BackupReader::finished() const {
  return state_->last && state_->used == state_->piece.size() && !state_->file.lost_pages();
}

}  // namespace cryptonet::gatekeeper::home

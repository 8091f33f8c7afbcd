// SPDX-License-Identifier: Apache-2.0
#include "he/seal/object_reader.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/secret_memory.h"

namespace cryptonet::he::seal {
namespace {

constexpr std::uint16_t kMagic = 0xA15E;
/// Written by SEAL 4.1 to 4.4 and by us; other versions lay ciphertexts of BGV out differently.
constexpr std::uint8_t kVersionMajor = 4;
constexpr std::uint8_t kVersionMinorMin = 1;
constexpr std::uint8_t kVersionMinorMax = 4;
/// The most that a frame may ask zstd to remember: 2^27 is what its own command line takes.
constexpr int kWindowLogMax = 27;
constexpr std::uint64_t kUnpackedBytesFree = std::uint64_t{1} << 20;
constexpr std::uint64_t kUnpackedRatioMax = 64;

}  // namespace

/// Where members come from: the bytes as they stand, or inflated.
class ObjectReader::Source {
 public:
  explicit Source(base::ByteView bytes) : rest_(bytes) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  /// False when there are not as many.
  virtual bool read(std::span<std::uint8_t> out) {
    if (out.size() > rest_.size()) return false;
    std::copy_n(rest_.begin(), out.size(), out.begin());
    rest_ = rest_.subspan(out.size());
    return true;
  }
  /// True when the stream ended here and nothing follows it.
  virtual bool finished() { return rest_.empty(); }
  base::ByteView rest() const { return rest_; }

  class Zlib;
  class Zstd;

 protected:
  base::ByteView rest_;
};

class ObjectReader::Source::Zlib final : public Source {
 public:
  explicit Zlib(base::ByteView bytes) : Source(bytes) {
    CHECK(inflateInit(&stream_) == Z_OK);
    stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib's old interface; it only reads
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  ~Zlib() override { inflateEnd(&stream_); }

  bool read(std::span<std::uint8_t> out) override {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out != 0) {
      const int status = ended_ ? Z_BUF_ERROR : inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        ended_ = true;
      } else if (status != Z_OK) {
        return false;
      }
    }
    return true;
  }

  bool finished() override {
    std::array<std::uint8_t, 1> more{};
    if (read(more)) return false;
    return ended_ && stream_.avail_in == 0;
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

class ObjectReader::Source::Zstd final : public Source {
 public:
  explicit Zstd(base::ByteView bytes)
      : Source(bytes), stream_(ZSTD_createDStream()), in_{bytes.data(), bytes.size(), 0} {
    CHECK(stream_ != nullptr);
    CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kWindowLogMax)) == 0);
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }

  bool read(std::span<std::uint8_t> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size) {
      if (ended_) return false;
      const std::size_t read_before = in_.pos;
      const std::size_t written_before = to.pos;
      const std::size_t status = ZSTD_decompressStream(stream_, &to, &in_);
      if (ZSTD_isError(status) != 0) return false;
      if (status == 0) ended_ = true;  // the end of the frame
      if (!ended_ && in_.pos == read_before && to.pos == written_before) return false;
    }
    return true;
  }

  bool finished() override {
    std::array<std::uint8_t, 1> more{};
    if (!ended_ && read(more)) return false;
    return ended_ && in_.pos == in_.size;
  }

 private:
  ZSTD_DStream* stream_;
  ZSTD_inBuffer in_;
  bool ended_ = false;
};

ObjectReader::ObjectReader(const char* object, base::ByteView bytes)
    : object_(object), source_(std::make_unique<Source>(bytes)), bytes_left_(bytes.size()) {
  const Header outer = header("header");
  if (ok() && outer.size != bytes.size()) {
    fail("header", "says " + std::to_string(outer.size) + " bytes where there are " +
                       std::to_string(bytes.size()));
  }
  if (ok()) open_body(outer.compression);
}

ObjectReader::~ObjectReader() = default;

void ObjectReader::open_body(std::uint8_t compression) {
  if (compression == static_cast<std::uint8_t>(Compression::kNone)) return;
  const base::ByteView body = source_->rest();
  if (body.size() > 0xFFFFFFFF) return fail("header", "is of more than 4 GiB");
  bytes_left_ = kUnpackedBytesFree + kUnpackedRatioMax * body.size();
  if (compression == static_cast<std::uint8_t>(Compression::kZlib)) {
    source_ = std::make_unique<Source::Zlib>(body);
  } else if (compression == static_cast<std::uint8_t>(Compression::kZstd)) {
    source_ = std::make_unique<Source::Zstd>(body);
  } else {
    fail("header", "has an unknown compression; known are none, zlib, zstd");
  }
}

void ObjectReader::claim(std::uint64_t count, const char* field) {
  if (!ok() || count <= bytes_left_) return;
  fail(field, "would be of " + std::to_string(count) + " bytes; the stream can have " +
                  std::to_string(bytes_left_) + " more");
}

void ObjectReader::bytes(std::span<std::uint8_t> out) {
  claim(out.size(), "data");
  if (ok() && source_->read(out)) {
    bytes_left_ -= out.size();
    return;
  }
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  if (ok()) fail("data", "end too early, or do not unpack");
}

std::uint8_t ObjectReader::u8() {
  std::array<std::uint8_t, 1> byte{};
  bytes(byte);
  return byte[0];
}

std::uint64_t ObjectReader::u64() {
  std::array<std::uint8_t, 8> in{};
  bytes(in);
  return base::ByteReader(in).u64();
}

void ObjectReader::words(std::span<std::uint64_t> out, std::uint64_t limit, const char* field) {
  std::array<std::uint8_t, 4096> piece{};
  std::uint64_t highest = 0;
  for (std::size_t start = 0; start < out.size() && ok(); start += piece.size() / 8) {
    const std::size_t count = std::min(out.size() - start, piece.size() / 8);
    bytes(std::span(piece).first(8 * count));
    base::ByteReader reader(piece);
    for (std::size_t i = 0; i < count; ++i) {
      out[start + i] = reader.u64();
      highest = std::max(highest, out[start + i]);
    }
  }
  base::wipe(piece.data(), piece.size());  // the words may be a secret key's
  if (highest >= limit) fail(field, "hold a word at or above its modulus");
}

ObjectReader::Header ObjectReader::header(const char* field) {
  std::array<std::uint8_t, kHeaderBytes> in{};
  bytes(in);
  if (!ok()) return {};
  base::ByteReader reader(in);
  Header header;
  const std::uint16_t magic = reader.u16();
  const std::uint8_t header_bytes = reader.u8();
  const std::uint8_t major = reader.u8();
  const std::uint8_t minor = reader.u8();
  header.compression = reader.u8();
  const std::uint16_t reserved = reader.u16();
  header.size = reader.u64();
  if (magic != kMagic || header_bytes != kHeaderBytes || reserved != 0) {
    fail(field, "is not one of Microsoft SEAL's");
  } else if (major != kVersionMajor || minor < kVersionMinorMin || minor > kVersionMinorMax) {
    fail(field, "is of SEAL " + std::to_string(major) + "." + std::to_string(minor) +
                    "; known are 4.1 to 4.4");
  }
  return header;
}

std::uint64_t ObjectReader::nested_size(const char* field) {
  const Header inner = header(field);
  if (ok() && inner.compression != 0) fail(field, "is compressed inside another object");
  return inner.size;
}

void ObjectReader::nested(std::uint64_t size, const char* field) {
  const std::uint64_t declared = nested_size(field);
  if (ok() && declared != size) {
    fail(field,
         "says " + std::to_string(declared) + " bytes where its place has " + std::to_string(size));
  }
}

void ObjectReader::array(std::uint64_t count, const char* field) {
  static_cast<void>(array_of(count, count, field));
}

std::uint64_t ObjectReader::array_of(std::uint64_t count, std::uint64_t other, const char* field) {
  const std::uint64_t declared = nested_size(field);
  const std::uint64_t found = u64();
  if (ok() && found != count && found != other) {
    fail(field,
         "has " + std::to_string(found) + " words; here it must have " + std::to_string(other));
  }
  if (ok() && declared != kHeaderBytes + 8 + 8 * found) {
    fail(field,
         "says " + std::to_string(declared) + " bytes for " + std::to_string(found) + " words");
  }
  claim(8 * found, field);
  return found;
}

void ObjectReader::expect(std::uint64_t expected, const char* field) {
  const std::uint64_t found = u64();
  if (ok() && found != expected) {
    fail(field, "is " + std::to_string(found) + "; here it must be " + std::to_string(expected));
  }
}

void ObjectReader::fail(const char* field, const std::string& why) {
  if (ok()) error_ = std::string(field) + " " + why;
}

base::Status ObjectReader::finish() {
  if (ok() && !source_->finished()) fail("data", "go on after the object's end");
  if (ok()) return base::ok();
  return base::Error(base::ErrorCode::kBadInput, "seal.format",
                     std::string("read a SEAL ") + object_ + ": " + error_,
                     "save it with SEAL 4.1 or later, for the same parameters");
}

}  // namespace cryptonet::he::seal

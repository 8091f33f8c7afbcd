// SPDX-License-Identifier: Apache-2.0
// The cloud's record of answered totals, read from a damaged disk: no crash; what is accepted keeps
// its caps, and reads the same again. First byte even: the rest is the file. Odd: the rest is
// records of 16 bytes, which get the header and the tags that a real file has; a flipped bit of the
// second byte spoils one of them.
#include "cloud/store/ledger.h"

#include <sodium.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "base/hash.h"
#include "base/secret_memory.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::columns::format;

constexpr std::size_t kContentBytes = 16;
constexpr std::uint64_t kCap = 40;

const Manifest& manifest() {
  static const Manifest made = [] {
    base::start_sodium();
    ManifestBody body;
    base::Secret<64> secret;
    const std::array<std::uint8_t, 32> seed{7};
    crypto_sign_seed_keypair(body.contributor_key.data(), secret.data(), seed.data());
    body.columns.resize(1);
    UnitEntry unit;
    unit.chunks = 2;
    unit.cap_of_totals = kCap;
    unit.hint_hashes.resize(1);
    unit.segments = {{base::Digest{}}};
    body.units = {unit};
    return Manifest::sign(body, secret).value();
  }();
  return made;
}

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fuzz-ledger-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

base::Bytes header() {
  base::ByteWriter writer;
  writer.raw(base::view_of("CNLG"));
  writer.u32(1);
  writer.raw(manifest().body().upload.bytes);
  writer.raw(manifest().digest());
  writer.u64(0);
  return std::move(writer).take();
}

base::Bytes file_of(base::ByteView input) {
  if (input[0] % 2 == 0) {
    return {input.begin() + 1, input.end()};
  }
  base::Bytes file = header();
  const base::Bytes head = file;
  std::uint64_t index = 0;
  for (std::size_t at = 2; at + kContentBytes <= input.size(); at += kContentBytes) {
    const base::ByteView content = input.subspan(at, kContentBytes);
    base::ByteWriter position;
    position.u64(index);
    std::array<std::uint8_t, 16> tag{};
    base::Blake2bStream hash({}, tag.size());
    hash.update(head);
    hash.update(position.bytes());
    hash.update(content);
    hash.finish(tag);
    if (input[1] != 0 && input[1] % 32U == index + 1) tag[0] ^= 1;
    file.insert(file.end(), content.begin(), content.end());
    file.insert(file.end(), tag.begin(), tag.end());
    ++index;
  }
  if (input.size() > 1)
    file.resize(file.size() - std::min<std::size_t>(input[1] / 32U, file.size()));
  return file;
}

void use(const std::filesystem::path& path) {
  using cloud::store::Ledger;
  auto opened = Ledger::open(base::real_file_system(), path, manifest());
  if (!opened.ok()) return;
  std::vector<cloud::store::TotalName> fresh;
  for (std::uint32_t column = 0; column <= kCap; ++column) {
    fresh.push_back({0, make_pair(1000 + column)});
  }
  const std::uint64_t before = (*opened)->answered(0);
  const bool fits = (*opened)->check_cap(fresh).ok();
  if ((*opened)->record(fresh).ok() != fits) std::abort();
  if (fits && before <= kCap) std::abort();  // kCap + 1 in all
  fresh.resize(1);
  const bool noted = (*opened)->record(fresh).ok();
  if (noted && before > kCap) std::abort();
  const std::uint64_t after = (*opened)->answered(0);
  opened = Ledger::open(base::real_file_system(), path, manifest());
  if (!opened.ok() || (*opened)->answered(0) != after) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  if (size < 2) return 0;
  const auto path = folder.path / "ledger";
  const base::Bytes file = file_of({data, size});
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  static_cast<void>(cloud::store::Ledger::pin(base::real_file_system(), path, manifest()).ok());
  use(path);
  std::filesystem::remove(path);
  return 0;
}

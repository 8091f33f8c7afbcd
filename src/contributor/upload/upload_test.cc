// SPDX-License-Identifier: Apache-2.0
// Sending an upload over real TLS to servers that only keep what arrives: order, resuming, and
// damage on this disk. The bytes are random; what they mean is for other tests.
#include "contributor/upload/upload.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>
#include <map>
#include <set>

#include "base/file_system.h"
#include "base/hash.h"
#include "base/randomness.h"
#include "columns/format/hints.h"
#include "columns/format/sealed_key.h"
#include "net/certificate.h"

namespace cryptonet::contributor::upload {
namespace {

namespace fs = std::filesystem;
namespace format = columns::format;
using base::Bytes;
using base::ErrorCode;

constexpr std::uint32_t kColumns = 70;  // more hint pieces than one request takes

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  base::OsRandomness().fill(bytes);
  return bytes;
}

void write(const fs::path& path, base::ByteView bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << base::text_of(bytes);
}

/// An upload folder with one unit of kColumns columns and one segment each.
class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("cryptonet_upload_test." + base::to_hex(random_bytes(8)))) {
    base::start_sodium();
    base::Secret<64> signing_key;
    format::ManifestBody body;
    crypto_sign_keypair(body.contributor_key.data(), signing_key.data());
    base::OsRandomness().fill(body.upload.bytes);
    format::UnitEntry unit;
    base::OsRandomness().fill(unit.id.bytes);
    unit.chunks = 2;
    const std::size_t piece = format::wide_set().packed_bytes();
    Bytes hints = random_bytes(2 * piece);
    unit.shared_hint_hash = base::sha256(hints);
    for (std::uint32_t c = 0; c < kColumns; ++c) {
      base::OsRandomness().fill(body.columns.emplace_back().bytes);
      const Bytes hint = random_bytes(piece);
      unit.hint_hashes.push_back(base::sha256(hint));
      hints.insert(hints.end(), hint.begin(), hint.end());
      const Bytes segment = random_bytes(1000 + c);
      unit.segments.push_back({base::sha256(segment)});
      write(path_ / "segments" / base::to_hex(base::sha256(segment)), segment);
    }
    body.units = {unit};
    const Bytes legend = random_bytes(300);
    body.legend_hash = base::sha256(legend);
    format::SealedKey key;
    key.upload = body.upload;
    Bytes hint_file = format::write_hint_header(body, 0);
    hint_file.insert(hint_file.end(), hints.begin(), hints.end());
    write(path_ / "hints" / unit.id.hex(), hint_file);
    write(path_ / "legend.sealed", legend);
    write(path_ / "key.sealed", format::write_sealed_key(key));
    const auto manifest = format::Manifest::sign(body, signing_key);
    EXPECT_TRUE(manifest.ok());
    write(path_ / "manifest", manifest->bytes());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  UploadFolder open() const { return UploadFolder::open(path_).value(); }

 private:
  fs::path path_;
};

void flip(const fs::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const char byte = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 1));
}

/// Both servers in one: they keep what arrives and say what they miss.
class Keepers {
 public:
  explicit Keepers(const UploadFolder& folder) : folder_(folder) {
    const auto validity = net::valid_from(std::chrono::system_clock::now(), 2);
    authority_ = net::make_authority("test", validity).value();
    const auto issue = [&](net::PeerRole role) {
      const auto made = net::issue_with_new_key(authority_, {role, "peer"}, validity).value();
      return net::TlsIdentity{made.certificate_pem, made.key_pem, authority_.certificate_pem};
    };
    mine_ = issue(net::PeerRole::kContributor);
    cloud_ = serve(issue(net::PeerRole::kCloud), {{"PUT", "/v1/uploads/{}/manifest"},
                                                  {"PUT", "/v1/uploads/{}/segments/{}"},
                                                  {"POST", "/v1/uploads/{}/complete"}});
    gatekeeper_ = serve(issue(net::PeerRole::kGatekeeper), {{"PUT", "/v1/uploads/{}"},
                                                            {"PUT", "/v1/uploads/{}/hints/{}/{}"},
                                                            {"POST", "/v1/uploads/{}/publish"}});
  }

  base::Result<Uploaded> send() {
    auto gatekeeper = client(*gatekeeper_, net::PeerRole::kGatekeeper);
    auto cloud = client(*cloud_, net::PeerRole::kCloud);
    return upload::send(folder_, *gatekeeper, *cloud, {});
  }
  std::vector<std::string> log;
  std::size_t segments_until_broken = 1000;
  std::uint32_t pieces_named = 1000;  ///< a receipt names at most so many
  bool keeps_hints = true;
  std::size_t segments() const { return segments_.size(); }
  std::size_t pieces() const { return pieces_.size(); }

 private:
  std::unique_ptr<net::HttpServer> serve(
      net::TlsIdentity identity, const std::vector<std::pair<std::string, std::string>>& routes) {
    net::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.identity = std::move(identity);
    options.worker_threads = 1;
    for (const auto& [method, pattern] : routes) {
      options.routes.push_back(
          {method,
           pattern,
           {net::PeerRole::kContributor},
           std::size_t{64} << 20,
           [this, name = method + " " + pattern](const net::HttpRequest& request) {
             return answer(name, request);
           }});
    }
    return net::HttpServer::start(std::move(options)).value();
  }

  std::unique_ptr<net::HttpClient> client(const net::HttpServer& server, net::PeerRole role) {
    net::ClientOptions options;
    options.url = server.url();
    options.identity = mine_;
    options.server_role = role;
    return net::HttpClient::create(std::move(options)).value();
  }

  base::Result<net::HttpResponse> answer(const std::string& name, const net::HttpRequest& request) {
    log.push_back(name);
    if (name == "PUT /v1/uploads/{}/segments/{}") return keep_segment(request);
    if (name == "PUT /v1/uploads/{}/hints/{}/{}") keep_pieces(request);
    if (name.find("/manifest") != std::string::npos ||
        name.find("/complete") != std::string::npos) {
      return net::json_response(state().to_json());
    }
    if (name == "PUT /v1/uploads/{}") package_ = request.body;
    return net::json_response(receipt(name.find("/publish") != std::string::npos).to_json());
  }

  base::Result<net::HttpResponse> keep_segment(const net::HttpRequest& request) {
    if (segments_.size() >= segments_until_broken) {
      return base::Error(ErrorCode::kUnreachable, "test", "the cloud is gone");
    }
    const std::string& name = request.path_parameters[1];
    EXPECT_EQ(base::to_hex(base::sha256(request.body)), name);
    const bool fresh = segments_.insert(name).second;
    return net::json_response(api::SegmentStored{name, !fresh}.to_json());
  }

  void keep_pieces(const net::HttpRequest& request) {
    const std::size_t piece = format::wide_set().packed_bytes();
    EXPECT_EQ(request.body.size() % piece, 0U);
    EXPECT_LE(request.body.size() / piece, 64U);
    const auto first = static_cast<std::uint32_t>(std::stoul(request.path_parameters[2]));
    if (!keeps_hints) return;
    for (std::uint32_t i = 0; i < request.body.size() / piece; ++i) pieces_.insert(first + i);
  }

  api::UploadState state() const {
    api::UploadState state;
    state.upload = folder_.upload();
    state.manifest_digest = base::to_hex(folder_.manifest().digest());
    for (const auto& name : folder_.segments()) {
      if (!segments_.contains(name)) state.missing.push_back(name);
    }
    state.complete = state.missing.empty();
    return state;
  }

  api::UploadReceipt receipt(bool published) const {
    api::UploadReceipt receipt;
    receipt.upload = folder_.upload();
    receipt.dataset = "t";
    receipt.published = published;
    receipt.version = published ? 1 : 0;
    for (std::uint32_t piece = 0; piece < kColumns + 2; ++piece) {
      if (pieces_.contains(piece)) continue;
      auto& missing = receipt.missing_hint_pieces;
      if (!missing.empty() && missing.back().count == pieces_named) break;
      if (!missing.empty() && missing.back().first + missing.back().count == piece) {
        ++missing.back().count;
      } else {
        missing.push_back({folder_.manifest().body().units[0].id.hex(), piece, 1});
      }
    }
    return receipt;
  }

  const UploadFolder& folder_;
  net::KeyAndCertificate authority_;
  net::TlsIdentity mine_;
  Bytes package_;
  std::set<std::string> segments_;
  std::set<std::uint32_t> pieces_;
  std::unique_ptr<net::HttpServer> cloud_;
  std::unique_ptr<net::HttpServer> gatekeeper_;
};

TEST(Upload, ShowsThePackageFirstAndPublishesLast) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  const auto uploaded = keepers.send();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_EQ(uploaded->dataset, "t");
  EXPECT_EQ(uploaded->version, 1U);
  EXPECT_EQ(uploaded->segments_sent, kColumns);
  EXPECT_EQ(uploaded->segments_present, 0U);
  EXPECT_EQ(keepers.segments(), kColumns);
  EXPECT_EQ(keepers.pieces(), kColumns + 2U);
  EXPECT_EQ(keepers.log.front(), "PUT /v1/uploads/{}");
  EXPECT_EQ(keepers.log.back(), "POST /v1/uploads/{}/publish");
}

TEST(Upload, TwiceSendsNothingAgain) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  ASSERT_TRUE(keepers.send().ok());
  keepers.log.clear();
  const auto again = keepers.send();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->segments_sent, 0U);
  EXPECT_EQ(again->segments_present, kColumns);
  EXPECT_EQ(keepers.log,
            (std::vector<std::string>{"PUT /v1/uploads/{}", "PUT /v1/uploads/{}/manifest",
                                      "POST /v1/uploads/{}/publish"}));
}

TEST(Upload, GoesOnWhereItWasCutOff) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  keepers.segments_until_broken = 30;
  const auto cut = keepers.send();
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, ErrorCode::kUnreachable);
  EXPECT_NE(cut.error().hint.find("run the same command again"), std::string::npos);
  EXPECT_EQ(keepers.segments(), 30U);
  keepers.segments_until_broken = 1000;
  const auto rest = keepers.send();
  ASSERT_TRUE(rest.ok()) << rest.error().message;
  EXPECT_EQ(rest->segments_sent, kColumns - 30U);
  EXPECT_EQ(rest->segments_present, 30U);
}

TEST(Upload, AsksAgainWhenAReceiptNamesOnlyAPart) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  keepers.pieces_named = 30;
  const auto uploaded = keepers.send();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_EQ(keepers.pieces(), kColumns + 2U);
}

TEST(Upload, GivesUpOnAGatekeeperThatKeepsNothing) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  keepers.keeps_hints = false;
  const auto given_up = keepers.send();
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().rule, "upload.incomplete");
}

TEST(Upload, NamesTheDamagedSegmentAndSendsNothingOfIt) {
  const Folder folder;
  const UploadFolder opened = folder.open();
  Keepers keepers(opened);
  const fs::path damaged = opened.segment_path(opened.segments()[5]);
  flip(damaged, 77);
  const auto refused = keepers.send();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
  EXPECT_EQ(refused.error().file, damaged.string());
  EXPECT_EQ(keepers.segments(), 5U);
}

TEST(Upload, NamesDamagedHints) {
  const std::size_t piece = format::wide_set().packed_bytes();
  for (const std::size_t place : {std::size_t{0}, 64 + piece, 64 + 40 * piece}) {
    const Folder folder;
    const UploadFolder opened = folder.open();
    Keepers keepers(opened);
    flip(opened.hint_path(0), static_cast<std::streamoff>(place));
    const auto refused = keepers.send();
    ASSERT_FALSE(refused.ok()) << place;
    EXPECT_EQ(refused.error().code, ErrorCode::kIntegrity);
    EXPECT_EQ(refused.error().file, opened.hint_path(0).string());
  }
}

TEST(UploadFolder, NamesTheDamagedFile) {
  for (const char* name : {"manifest", "legend.sealed"}) {
    const Folder folder;
    flip(folder.path() / name, 200);
    const auto opened = UploadFolder::open(folder.path());
    ASSERT_FALSE(opened.ok()) << name;
    EXPECT_EQ(opened.error().code, ErrorCode::kIntegrity);
    EXPECT_EQ(opened.error().file, (folder.path() / name).string());
  }
}

/// What an older program encrypted is no damage: the error says so, and to encrypt again.
TEST(UploadFolder, NamesFilesOfAnOlderProgram) {
  const auto put = [](const fs::path& path, std::streamoff at, char byte) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put(byte);
  };
  const Folder folder;
  const UploadFolder opened = folder.open();
  put(opened.hint_path(0), 4, 1);  // the version of the hints
  const Bytes hints = base::read_file(opened.hint_path(0), std::size_t{1} << 30).value();
  const auto pieces = opened.hint_pieces(0, 0, 1, hints);
  ASSERT_FALSE(pieces.ok());
  EXPECT_EQ(pieces.error().rule, "format.old_version");
  EXPECT_EQ(pieces.error().file, opened.hint_path(0).string());
  put(folder.path() / "key.sealed", 8, 2);  // the suite
  const auto old = UploadFolder::open(folder.path());
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().rule, "sealed_key.old_suite");
  EXPECT_EQ(old.error().file, (folder.path() / "key.sealed").string());
}

TEST(UploadFolder, TellsOtherFoldersApart) {
  const Folder folder;
  fs::remove(folder.path() / "manifest");
  EXPECT_EQ(UploadFolder::open(folder.path()).error().rule, "upload.folder");
  EXPECT_EQ(UploadFolder::open(folder.path() / "no").error().rule, "upload.folder");
}

}  // namespace
}  // namespace cryptonet::contributor::upload

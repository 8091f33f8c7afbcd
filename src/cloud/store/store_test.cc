// SPDX-License-Identifier: Apache-2.0
#include "cloud/store/store.h"

#include <sys/stat.h>

#include <fstream>

#include "cloud/store/store_testing.h"

namespace cryptonet::cloud::store {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using columns::UploadForTest;

const UploadForTest& first_upload() {
  static const UploadForTest upload = small_upload(1);
  return upload;
}
const UploadForTest& second_upload() {
  static const UploadForTest upload = small_upload(2);
  return upload;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Store, KeepsUploadsOverARestart) {
  const TestFolder folder;
  const UploadForTest& upload = first_upload();
  {
    const auto store = open_store(folder.path(), base::real_file_system()).value();
    EXPECT_FALSE(store->status(upload.body.upload).present);
    ASSERT_TRUE(store->put_manifest(upload.body.upload, upload.manifest->bytes()).ok());
    EXPECT_EQ(store->status(upload.body.upload).missing.size(), 10U);
    put_all(*store, upload);
    EXPECT_TRUE(store->status(upload.body.upload).complete());
  }
  const auto store = open_store(folder.path()).value();
  const UploadStatus status = store->status(upload.body.upload);
  EXPECT_TRUE(status.complete());
  EXPECT_EQ(status.manifest_digest, upload.manifest->digest());
  EXPECT_EQ(store->segments().figures().segments, 10U);
  for_each_segment(upload, [&](const base::Digest& name, const base::Bytes& bytes) {
    const auto again = store->put_segment(upload.body.upload, name, bytes);
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(*again);
    const auto mapped = store->segments().map(name);
    ASSERT_TRUE(mapped.ok());
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), (*mapped)->bytes().begin()));
  });
}

TEST(Store, RefusesSegmentsThatTheManifestDoesNotName) {
  const TestFolder folder;
  const auto store = open_store(folder.path()).value();
  const UploadForTest& upload = first_upload();
  const UploadForTest& other = second_upload();
  const auto id = upload.body.upload;
  const base::Bytes own = upload.segment_file(0, 0, 0);
  const base::Digest name = upload.body.units[0].segments[0][0];
  EXPECT_EQ(store->put_segment(id, name, own).error().rule, "store.upload_not_found");
  ASSERT_TRUE(store->put_manifest(id, upload.manifest->bytes()).ok());
  const base::Bytes foreign = other.segment_file(0, 0, 0);
  EXPECT_EQ(store->put_segment(id, base::sha256(foreign), foreign).error().rule,
            "store.segment_not_found");
  base::Bytes flipped = own;
  flipped[1000] ^= 1;
  EXPECT_EQ(store->put_segment(id, name, flipped).error().code, ErrorCode::kIntegrity);
  EXPECT_EQ(store->put_segment(id, name, flipped).error().rule, "store.segment_hash");
  EXPECT_EQ(store->put_segment(id, name, base::ByteView(own).first(own.size() - 1)).error().code,
            ErrorCode::kIntegrity);
  EXPECT_EQ(files_in(folder.path() / "segments"), 0U);
}

TEST(Store, RefusesASegmentWhoseHeaderIsOfAnotherPlace) {
  // The contributor signs a manifest in which the segments of two columns have changed places.
  const TestFolder folder;
  const auto store = open_store(folder.path()).value();
  const UploadForTest& upload = first_upload();
  columns::format::ManifestBody body = upload.body;
  std::swap(body.units[0].segments[0], body.units[0].segments[1]);
  const auto manifest = columns::format::Manifest::sign(body, upload.signing_key).value();
  ASSERT_TRUE(store->put_manifest(body.upload, manifest.bytes()).ok());
  const auto put = store->put_segment(body.upload, upload.body.units[0].segments[0][0],
                                      upload.segment_file(0, 0, 0));
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().code, ErrorCode::kIntegrity);
}

TEST(Store, RefusesAManifestThatBorrowsAnothersSegments) {
  // Naming the segments of another upload neither makes them present nor lets them be deleted.
  const TestFolder folder;
  const auto store = open_store(folder.path()).value();
  const UploadForTest& victim = first_upload();
  put_all(*store, victim);
  columns::format::ManifestBody body = second_upload().body;
  body.units[0].segments = victim.body.units[0].segments;
  const auto thief = columns::format::Manifest::sign(body, second_upload().signing_key).value();
  ASSERT_TRUE(store->put_manifest(body.upload, thief.bytes()).ok());
  EXPECT_EQ(store->status(body.upload).missing.size(), 10U);
  ASSERT_TRUE(store->remove(body.upload).ok());
  EXPECT_TRUE(store->status(victim.body.upload).complete());
}

TEST(Store, RefusesBadManifests) {
  const TestFolder folder;
  const auto store = open_store(folder.path()).value();
  const UploadForTest& upload = first_upload();
  const auto& other = second_upload().body.upload;
  EXPECT_EQ(store->put_manifest(other, upload.manifest->bytes()).error().rule, "store.upload_id");
  base::Bytes flipped = upload.manifest->bytes();
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_FALSE(store->put_manifest(upload.body.upload, flipped).ok());
  columns::format::ManifestBody twice = upload.body;
  twice.units[0].segments[1] = twice.units[0].segments[0];
  const auto doubled = columns::format::Manifest::sign(twice, upload.signing_key).value();
  EXPECT_EQ(store->put_manifest(twice.upload, doubled.bytes()).error().rule, "store.segment_twice");
  EXPECT_EQ(store->uploads(), 0U);
  EXPECT_EQ(files_in(folder.path() / "ledger"), 0U);
}

TEST(Store, NeverTakesAnIdForOtherBytes) {
  const TestFolder folder;
  const UploadForTest& upload = first_upload();
  columns::format::ManifestBody other = upload.body;
  other.units[0].cap_of_totals += 1000;
  const auto changed = columns::format::Manifest::sign(other, upload.signing_key).value();
  auto store = open_store(folder.path()).value();
  put_all(*store, upload);
  const auto refused = store->put_manifest(other.upload, changed.bytes());
  EXPECT_EQ(refused.error().rule, "store.upload_taken");
  ASSERT_TRUE(store->remove(upload.body.upload).ok());
  EXPECT_EQ(store->put_manifest(other.upload, changed.bytes()).error().rule, "store.upload_taken");
  store.reset();
  store = open_store(folder.path()).value();
  EXPECT_EQ(store->put_manifest(other.upload, changed.bytes()).error().rule, "store.upload_taken");
  put_all(*store, upload);  // the same bytes may come back
  EXPECT_TRUE(store->status(upload.body.upload).complete());
}

TEST(Store, DeletesAnUploadButNotItsLedger) {
  const TestFolder folder;
  const auto store = open_store(folder.path()).value();
  put_all(*store, first_upload());
  put_all(*store, second_upload());
  const auto id = first_upload().body.upload;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(store->remove(id).ok());
    EXPECT_FALSE(store->status(id).present);
    EXPECT_EQ(store->find(id).error().rule, "store.upload_not_found");
  }
  EXPECT_EQ(files_in(folder.path() / "segments"), 10U);
  EXPECT_FALSE(fs::exists(folder.path() / "uploads" / id.hex()));
  EXPECT_TRUE(fs::exists(folder.path() / "ledger" / id.hex()));
  EXPECT_TRUE(store->status(second_upload().body.upload).complete());
}

TEST(Store, FindsAFlippedByteAndTakesTheSegmentAgain) {
  const TestFolder folder;
  const UploadForTest& upload = first_upload();
  const base::Digest name = upload.body.units[0].segments[2][0];
  const fs::path path = folder.path() / "segments" / base::to_hex(name);
  const auto size = upload.segment_file(0, 2, 0).size();
  for (const std::uint64_t position : {std::uint64_t{4}, std::uint64_t{128}, size - 1}) {
    {
      const auto store = open_store(folder.path()).value();
      put_all(*store, upload);
    }
    flip_bit(path, position);
    const auto store = open_store(folder.path()).value();
    EXPECT_EQ(store->segments().map(name).error().rule, "store.segment_damaged");
    EXPECT_EQ(store->status(upload.body.upload).missing, std::vector<base::Digest>{name});
    const auto again = store->put_segment(upload.body.upload, name, upload.segment_file(0, 2, 0));
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE(*again);
    EXPECT_TRUE(store->segments().map(name).ok());
    EXPECT_TRUE(store->status(upload.body.upload).complete());
  }
}

TEST(Store, SaysWhichManifestIsDamagedAndKeepsItsSegments) {
  const TestFolder folder;
  const UploadForTest& upload = first_upload();
  {
    const auto store = open_store(folder.path()).value();
    put_all(*store, upload);
  }
  const auto id = upload.body.upload;
  flip_bit(folder.path() / "uploads" / id.hex() / "manifest", 100);
  const auto store = open_store(folder.path()).value();
  EXPECT_EQ(store->damaged(), std::vector<std::string>{id.hex()});
  EXPECT_EQ(store->find(id).error().code, ErrorCode::kIntegrity);
  EXPECT_EQ(store->find(id).error().rule, "store.manifest_damaged");
  EXPECT_EQ(store->segments().figures().segments, 10U);
  ASSERT_TRUE(store->put_manifest(id, upload.manifest->bytes()).ok());
  EXPECT_TRUE(store->status(id).complete());
}

TEST(Store, AFullDiskLeavesNothingBehind) {
  const TestFolder folder;
  FaultyFiles files;
  const UploadForTest& upload = first_upload();
  const auto store = open_store(folder.path(), files).value();
  ASSERT_TRUE(store->put_manifest(upload.body.upload, upload.manifest->bytes()).ok());
  files.space = 100000;
  const base::Digest name = upload.body.units[0].segments[0][0];
  const auto full = store->put_segment(upload.body.upload, name, upload.segment_file(0, 0, 0));
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kLocalIo);
  EXPECT_EQ(files_in(folder.path() / "segments"), 0U);
  EXPECT_EQ(store->status(upload.body.upload).missing.size(), 10U);
  files.space = std::uint64_t{1} << 30;
  put_all(*store, upload);
  EXPECT_TRUE(store->status(upload.body.upload).complete());
}

TEST(Store, RemovesWhatACrashLeft) {
  const TestFolder folder;
  const UploadForTest& upload = first_upload();
  {
    const auto store = open_store(folder.path()).value();
    put_all(*store, upload);
  }
  const fs::path left = folder.path() / "segments" / (std::string(64, 'a') + ".partial.77");
  std::ofstream(left) << "half";
  const fs::path half = folder.path() / "uploads" / upload.body.upload.hex() / "manifest.partial.5";
  std::ofstream(half) << "half";
  fs::create_directory(folder.path() / "uploads" / std::string(32, 'b'));
  {
    const auto store = open_store(folder.path()).value();
    EXPECT_FALSE(fs::exists(left));
    EXPECT_FALSE(fs::exists(half));
    EXPECT_FALSE(fs::exists(folder.path() / "uploads" / std::string(32, 'b')));
    EXPECT_TRUE(store->status(upload.body.upload).complete());
  }
  // A deletion that got no further than the manifest.
  fs::remove_all(folder.path() / "uploads" / upload.body.upload.hex());
  const auto store = open_store(folder.path()).value();
  EXPECT_EQ(store->segments().figures().segments, 0U);
  EXPECT_EQ(files_in(folder.path() / "segments"), 0U);
}

TEST(Store, EveryCrashKeepsWhatWasAcknowledged) {
  const UploadForTest& upload = first_upload();
  const auto id = upload.body.upload;
  std::size_t crashes = 0;
  for (std::size_t crash_at = 1;; ++crash_at) {
    SCOPED_TRACE(crash_at);
    const TestFolder folder;
    std::vector<base::Digest> acknowledged;
    bool manifest_acknowledged = false;
    bool ended = false;
    {
      FaultyFiles files;
      files.operations_left = crash_at;
      auto store = open_store(folder.path(), files);
      if (store.ok()) {
        manifest_acknowledged = (*store)->put_manifest(id, upload.manifest->bytes()).ok();
        for_each_segment(upload, [&](const base::Digest& name, const base::Bytes& bytes) {
          if ((*store)->put_segment(id, name, bytes).ok()) acknowledged.push_back(name);
        });
        ended = acknowledged.size() == 10;
      }
    }
    const auto store = open_store(folder.path());
    ASSERT_TRUE(store.ok()) << describe(store.error());
    EXPECT_TRUE(!manifest_acknowledged || (*store)->status(id).present);
    for (const base::Digest& name : acknowledged) {
      EXPECT_TRUE((*store)->segments().holds(id, name));
      EXPECT_TRUE((*store)->segments().map(name).ok());
    }
    put_all(**store, upload);
    EXPECT_TRUE((*store)->status(id).complete());
    if (ended) break;
    ++crashes;
  }
  EXPECT_GT(crashes, 50U);
}

TEST(Home, IsServedByOneProgramOnly) {
  const TestFolder folder;
  auto store = open_store(folder.path());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(open_store(folder.path()).error().rule, "store.home_in_use");
  store.value().reset();
  EXPECT_TRUE(open_store(folder.path()).ok());
}

TEST(Home, KeepsItsSecretAndMissesIt) {
  const TestFolder folder;
  const fs::path path = folder.path() / "secret";
  { ASSERT_TRUE(open_store(folder.path()).ok()); }
  const auto secret = base::read_file(path, 32).value();
  EXPECT_EQ(secret.size(), 32U);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  {
    const auto store = open_store(folder.path()).value();
    EXPECT_TRUE(std::equal(secret.begin(), secret.end(), store->secret().data()));
    put_all(*store, first_upload());
  }
  fs::remove(path);
  EXPECT_EQ(open_store(folder.path()).error().rule, "store.secret");
  std::ofstream(path) << "short";
  EXPECT_EQ(open_store(folder.path()).error().rule, "store.secret");
}

}  // namespace
}  // namespace cryptonet::cloud::store

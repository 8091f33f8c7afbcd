// SPDX-License-Identifier: Apache-2.0
// For tests of the cloud: a folder that goes away, a disk that fills up or dies in the middle of a
// write, and a small real upload put into a store.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>

#include "cloud/store/store.h"
#include "columns/open/upload_testing.h"

namespace cryptonet::cloud::store {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cn_cloud_XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The real disk, until it is told to be full or to die. When it dies, half of what was appended
/// and not synced is lost, and every later operation fails, as if the power had gone. Nothing is
/// really synced, which makes the tests fast. One thread at a time.
class FaultyFiles final : public base::FileSystem {
 public:
  std::uint64_t space = ~std::uint64_t{0};        ///< bytes that may still be appended
  std::size_t operations_left = ~std::size_t{0};  ///< then it dies
  std::size_t operations = 0;

  base::Result<std::unique_ptr<base::WritableFile>> open_append(const std::filesystem::path& path,
                                                                unsigned mode,
                                                                bool exclusive) override {
    CN_RETURN_IF_ERROR(step(path));
    CN_ASSIGN(auto file, real_.open_append(path, mode, exclusive));
    const std::uint64_t size = std::filesystem::file_size(path);
    written_[path.string()] = {size, size};
    return std::unique_ptr<base::WritableFile>(new File(*this, std::move(file), path));
  }
  base::Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    CN_RETURN_IF_ERROR(step(from));
    written_[to.string()] = written_[from.string()];
    written_.erase(from.string());
    return real_.rename(from, to);
  }
  base::Status sync_folder(const std::filesystem::path& folder) override {
    CN_RETURN_IF_ERROR(step(folder));
    return base::ok();
  }
  base::Status make_folders(const std::filesystem::path& folder, unsigned mode) override {
    CN_RETURN_IF_ERROR(step(folder));
    return real_.make_folders(folder, mode);
  }
  base::Status remove_tree(const std::filesystem::path& path) override {
    CN_RETURN_IF_ERROR(step(path));
    return real_.remove_tree(path);
  }
  base::Result<std::uint64_t> free_bytes(const std::filesystem::path& path) override {
    CN_RETURN_IF_ERROR(step(path));
    return real_.free_bytes(path);
  }

 private:
  struct Sizes {
    std::uint64_t synced = 0;
    std::uint64_t size = 0;
  };
  class File final : public base::WritableFile {
   public:
    File(FaultyFiles& files, std::unique_ptr<base::WritableFile> real, std::filesystem::path path)
        : files_(files), real_(std::move(real)), path_(std::move(path)) {}
    base::Status append(base::ByteView bytes) override {
      CN_RETURN_IF_ERROR(files_.step(path_));
      const auto fits = std::min<std::uint64_t>(bytes.size(), files_.space);
      CN_RETURN_IF_ERROR(real_->append(bytes.first(fits)));
      files_.space -= fits;
      files_.written_[path_.string()].size += fits;
      if (fits < bytes.size()) return base::local_io_error("write", path_, ENOSPC);
      return base::ok();
    }
    base::Status sync() override {
      CN_RETURN_IF_ERROR(files_.step(path_));
      auto& sizes = files_.written_[path_.string()];
      sizes.synced = sizes.size;
      return base::ok();
    }

   private:
    FaultyFiles& files_;
    std::unique_ptr<base::WritableFile> real_;
    std::filesystem::path path_;
  };

  base::Status step(const std::filesystem::path& path) {
    ++operations;
    if (operations_left == 0) return base::local_io_error("reach", path, EIO);
    if (--operations_left > 0) return base::ok();
    for (const auto& [name, sizes] : written_) {
      if (sizes.synced == sizes.size || !std::filesystem::exists(name)) continue;
      std::filesystem::resize_file(name, sizes.synced + (sizes.size - sizes.synced) / 2);
    }
    return base::local_io_error("reach", path, EIO);
  }

  base::FileSystem& real_ = base::real_file_system();
  std::map<std::string, Sizes> written_;
};

/// A disk without faults and without waiting.
inline base::FileSystem& fast_files() {
  static FaultyFiles files;
  return files;
}

inline base::Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& home,
                                                       base::FileSystem& files = fast_files()) {
  base::OsRandomness randomness;
  return Store::open(files, home, randomness);
}

/// An upload of the five usual columns; seeds give different uploads.
inline columns::UploadForTest small_upload(std::uint64_t seed, std::size_t rows = 90) {
  return columns::make_upload(
      columns::usual_plans(),
      {columns::random_rows(rows, seed), columns::random_rows(30, seed + 1)}, seed);
}

inline void for_each_segment(
    const columns::UploadForTest& upload,
    const std::function<void(const base::Digest&, const base::Bytes&)>& visit) {
  const auto& units = upload.body.units;
  for (std::uint32_t u = 0; u < units.size(); ++u) {
    for (std::uint32_t c = 0; c < units[u].segments.size(); ++c) {
      for (std::uint32_t s = 0; s < units[u].segments[c].size(); ++s) {
        visit(units[u].segments[c][s], upload.segment_file(u, c, s));
      }
    }
  }
}

/// Manifest and all segments.
inline void put_all(Store& store, const columns::UploadForTest& upload) {
  const auto manifest = store.put_manifest(upload.body.upload, upload.manifest->bytes());
  ASSERT_TRUE(manifest.ok()) << describe(manifest.error());
  for_each_segment(upload, [&](const base::Digest& name, const base::Bytes& bytes) {
    const auto put = store.put_segment(upload.body.upload, name, bytes);
    ASSERT_TRUE(put.ok()) << describe(put.error());
  });
}

/// Turns one bit of a file over.
inline void flip_bit(const std::filesystem::path& path, std::uint64_t position) {
  auto bytes = base::read_file(path, std::uint64_t{1} << 30).value();
  ASSERT_LT(position, bytes.size());
  bytes[position] ^= 1;
  std::filesystem::remove(path);  // a mapped file keeps its old bytes
  const auto file = base::real_file_system().open_append(path, 0600, true).value().release();
  ASSERT_TRUE(file->append(bytes).ok());
  delete file;
}

/// The same in place: whoever has the file mapped sees it, as when it rots under a running cloud.
inline void rot_bit(const std::filesystem::path& path, std::streamoff position) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  char byte = 0;
  ASSERT_TRUE(file.seekg(position).get(byte));
  byte = static_cast<char>(byte ^ 1);
  ASSERT_TRUE(file.seekp(position).put(byte).flush());
}

}  // namespace cryptonet::cloud::store

// SPDX-License-Identifier: Apache-2.0
// Every distinct total of one upload that was ever answered, on disk before the number leaves, so
// that the manifest's cap of totals holds over crashes and restarts. docs/formats/ledger.md has the
// layout. Safe from several threads.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file_system.h"
#include "columns/format/totals.h"

namespace cryptonet::cloud::store {

/// One number: a pair of columns over a unit, by indexes into the manifest.
struct TotalName {
  std::uint32_t unit = 0;
  columns::format::ColumnPair pair;
  auto operator<=>(const TotalName&) const = default;
};

class Ledger {
 public:
  /// Makes the file if there is none, which pins the manifest's digest to the upload id for ever.
  /// kRefused when the file pins another manifest.
  static base::Status pin(base::FileSystem& files, const std::filesystem::path& path,
                          const columns::format::Manifest& manifest);
  /// Reads the file. A torn end (numbers that never left) is dropped and the file written anew;
  /// damage anywhere else is kIntegrity. The manifest outlives the ledger.
  static base::Result<std::unique_ptr<Ledger>> open(base::FileSystem& files,
                                                    const std::filesystem::path& path,
                                                    const columns::format::Manifest& manifest);

  /// kRefused when answering these would pass the cap of a unit; nothing is written.
  base::Status check_cap(std::span<const TotalName> totals) const;
  /// check_cap, then durably notes those that are new, all or none.
  base::Status record(std::span<const TotalName> totals);
  /// Distinct totals answered so far.
  std::uint64_t answered(std::uint32_t unit) const;

 private:
  Ledger(base::FileSystem& files, std::filesystem::path path,
         const columns::format::Manifest& manifest);
  base::Status check_cap_locked(std::span<const TotalName> totals) const;
  base::Status load(base::ByteView records);
  base::Status rewrite();
  base::Bytes encode(std::span<const TotalName> totals, std::uint64_t first_index) const;
  bool knows(const TotalName& total) const;
  void remember(const TotalName& total);

  base::FileSystem& files_;
  std::filesystem::path path_;
  const columns::format::Manifest& manifest_;
  base::Bytes header_;
  mutable std::mutex mutex_;
  std::unique_ptr<base::WritableFile> file_;  ///< null: the end on disk is unknown, rewrite first
  std::vector<TotalName> records_;            ///< in file order
  std::unordered_map<std::uint32_t, std::unordered_set<std::uint64_t>> by_unit_;
};

}  // namespace cryptonet::cloud::store

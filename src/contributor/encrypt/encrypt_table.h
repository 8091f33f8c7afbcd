// SPDX-License-Identifier: Apache-2.0
// `cryptonet encrypt`: a table and a schema in, an upload folder out
// (docs/formats/upload_folder.md). The table is read once to check every cell and to count, then
// once more per group of units whose hint accumulators fit the memory budget; clear rows never go
// to disk. The folder is written as DIR.partial.<pid> and renamed when whole; after an error or
// Ctrl-C nothing is left of it.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/randomness.h"
#include "base/secret_memory.h"
#include "contributor/load/table_source.h"
#include "table/schema.h"

namespace cryptonet::contributor::encrypt {

/// What the contributor's home holds and `encrypt` needs.
struct ContributorKeys {
  const base::Secret<64>& signing_key;    ///< Ed25519, libsodium's form
  const base::Secret<32>& device_secret;  ///< never sealed or sent
  const base::Secret<32>& enrolment_secret;
  std::array<std::uint8_t, 32> sealing_key{};  ///< the gatekeeper's X25519 public key
};

struct EncryptOptions {
  std::string dataset;
  std::filesystem::path out;  ///< must not exist
  std::size_t threads = 1;
  /// For units that are open at once.
  std::uint64_t memory_budget_bytes = std::uint64_t{1200} << 20;
  /// "check" or "encrypt", and 0 to 1; may be empty.
  std::function<void(std::string_view, double)> progress;
  /// Gets what the contributor should know before anything is encrypted, one line each; may be
  /// empty.
  std::function<void(const std::string&)> warn;
  base::FileSystem* files = nullptr;       ///< default: the real disk
  base::Randomness* randomness = nullptr;  ///< default: the operating system's
};

/// The figures of upload.json.
struct EncryptSummary {
  std::string dataset;
  std::string upload;  ///< hex
  std::uint64_t rows = 0;
  std::vector<std::string> columns;  ///< schema columns that were encrypted
  std::string parameters;            ///< the set's name
  std::uint64_t stored_columns = 0;
  std::uint64_t units = 0;
  std::uint64_t bytes = 0;   ///< of all segments
  double bytes_per_row = 0;  ///< bytes / rows
  double seconds = 0;
};
/// {"format":"cryptonet.upload.v1", dataset, upload, rows, columns, units, bytes, …}: the text of
/// upload.json and of the command's answer.
std::string write_summary(const EncryptSummary& summary);

/// kBadInput: a cell, column or name that does not fit; kRefused: unit-size rule, row_limit,
/// digits; kLocalIo: disk, free space; kInterrupted.
base::Result<EncryptSummary> encrypt_table(const load::TableSource& source,
                                           const table::Schema& schema, const ContributorKeys& keys,
                                           const EncryptOptions& options);

/// 1 to 63 small letters, digits and '_', first a letter: what the gatekeeper takes.
bool is_dataset_name(std::string_view name);

}  // namespace cryptonet::contributor::encrypt

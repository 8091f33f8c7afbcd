// SPDX-License-Identifier: Apache-2.0
// What was opened and answered before: totals that passed every check, so that no total is opened
// twice, and released answers, so that the same question over the same versions gives the same
// bytes. Both are kept sealed; this file moves the sealed bytes only. Safe from several threads.
#pragma once

#include <optional>

#include "columns/format/totals.h"
#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

/// One total of an upload: a unit (index into the manifest) and a pair.
struct TotalName {
  std::uint32_t unit = 0;
  columns::format::ColumnPair pair;
  auto operator<=>(const TotalName&) const = default;
};

struct KeptTotal {
  TotalName name;
  base::Bytes sealed;
};

/// What questions may make the state grow by: 4 GiB in all.
inline constexpr std::size_t kMaxKeptAnswers = 4096;
inline constexpr std::size_t kMaxKeptAnswerBytes = std::size_t{1} << 20;

class Results {
 public:
  explicit Results(Database& database) : database_(database) {}
  /// The sealed totals of `names`, in their order; empty bytes where none is kept.
  base::Result<std::vector<base::Bytes>> find_totals(const columns::format::UploadId& upload,
                                                     const std::vector<TotalName>& names);
  /// Keeps totals; one that is kept already stays as it is. Does nothing for a dropped upload.
  base::Status keep_totals(const columns::format::UploadId& upload,
                           const std::vector<KeptTotal>& totals);

  /// `question` is a digest of the bound question and the versions that it was asked of.
  base::Result<std::optional<base::Bytes>> find_answer(const base::Digest& question);
  /// An answer above kMaxKeptAnswerBytes is not kept; above kMaxKeptAnswers the oldest goes.
  base::Status keep_answer(const base::Digest& question, const std::string& dataset,
                           base::ByteView sealed, std::int64_t now_s);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

// SPDX-License-Identifier: Apache-2.0
// The hints of one unit as an opening reads them: each part is checked against its hash in the
// manifest and unpacked when it is first used, and kept while it is in use. Hashing 590 KB for
// every pair would take longer than the arithmetic; a question uses the same few columns again and
// again. Not thread-safe: one per question and unit.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <vector>

#include "columns/format/hints.h"

namespace cryptonet::columns::open {

class UnitHints {
 public:
  using Words = std::vector<std::uint64_t>;

  /// Borrows manifest and file, the unit's whole hint file.
  UnitHints(const format::Manifest& manifest, std::uint32_t unit, base::ByteView file)
      : manifest_(manifest), unit_(unit), file_(file) {}

  std::uint32_t unit() const { return unit_; }
  /// A1, then A2. kIntegrity when they do not match the manifest.
  base::Result<std::shared_ptr<const Words>> shared();
  /// u_c. kIntegrity when it does not match the manifest.
  base::Result<std::shared_ptr<const Words>> column(std::uint32_t column);

 private:
  struct KeptColumn {
    std::uint32_t column;
    // shared: a caller still reads one hint when the next pushes it out of the list
    std::shared_ptr<const Words> words;
  };
  const format::Manifest& manifest_;
  std::uint32_t unit_;
  base::ByteView file_;
  std::shared_ptr<const Words> shared_;
  std::list<KeptColumn> kept_;  ///< the latest used first
};

}  // namespace cryptonet::columns::open

// SPDX-License-Identifier: Apache-2.0
// The generations of the key to which contributors seal: what may be told of them to anybody. Their
// private halves are kept keys. Safe from several threads and processes.
#pragma once

#include <array>
#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

struct SealingGeneration {
  std::uint32_t generation = 0;
  std::array<std::uint8_t, 32> public_key{};
  base::Bytes statement;  ///< the authority's signature (net/statement.h)
};

class SealingGenerations {
 public:
  explicit SealingGenerations(Database& database) : database_(database) {}
  /// The one to seal to.
  base::Result<std::optional<SealingGeneration>> newest();

  /// Parts of a transaction of the caller's.
  static base::Status add(Connection& connection, const SealingGeneration& generation,
                          std::int64_t now_s);
  /// Notes that the private halves before `first_kept` are gone.
  static base::Status wiped_before(Connection& connection, std::uint32_t first_kept,
                                   std::int64_t now_s);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

// SPDX-License-Identifier: Apache-2.0
// Statements over the table sealing_generation.
#include "gatekeeper/state/sealing_generations.h"

#include <algorithm>

namespace cryptonet::gatekeeper::state {
using base::Result;
using base::Status;

Result<std::optional<SealingGeneration>> SealingGenerations::newest() {
  return database_.read([&](Connection& connection) -> Result<std::optional<SealingGeneration>> {
    CN_ASSIGN(Statement statement,
              connection.prepare("SELECT generation, public_key, statement FROM sealing_generation "
                                 "ORDER BY generation DESC LIMIT 1"));
    CN_ASSIGN(const bool row, statement.step());
    if (!row) return std::optional<SealingGeneration>();
    SealingGeneration found;
    found.generation = static_cast<std::uint32_t>(statement.integer(0));
    const base::Bytes key = statement.bytes(1);
    CHECK(key.size() == found.public_key.size());  // the table says so
    std::copy(key.begin(), key.end(), found.public_key.begin());
    found.statement = statement.bytes(2);
    return std::optional<SealingGeneration>(std::move(found));
  });
}

Status SealingGenerations::add(Connection& connection, const SealingGeneration& generation,
                               std::int64_t now_s) {
  CN_ASSIGN(Statement statement,
            connection.prepare("INSERT INTO sealing_generation "
                               "(generation, public_key, statement, made_at) VALUES (?, ?, ?, ?)"));
  return statement.bind(std::int64_t{generation.generation})
      .bind(base::ByteView(generation.public_key))
      .bind(base::ByteView(generation.statement))
      .bind(now_s)
      .run();
}

Status SealingGenerations::wiped_before(Connection& connection, std::uint32_t first_kept,
                                        std::int64_t now_s) {
  CN_ASSIGN(Statement statement, connection.prepare("UPDATE sealing_generation SET wiped_at = ? "
                                                    "WHERE generation < ? AND wiped_at IS NULL"));
  return statement.bind(now_s).bind(std::int64_t{first_kept}).run();
}

}  // namespace cryptonet::gatekeeper::state

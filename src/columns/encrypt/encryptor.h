// SPDX-License-Identifier: Apache-2.0
// The contributor's half of masked columns: integer slots in, packed words and hints out
// (docs/maths/masked_columns.md). One UploadEncryptor per run of `encrypt`: its key is fresh, never
// on disk but sealed, and wiped with the object. One UnitEncryptor per unit; several may be open at
// once (partitions arrive interleaved). Not thread-safe; the loop over columns inside a chunk is
// spread over the pool.
#pragma once

#ifndef CRYPTONET_LINKS_COLUMNS_ENCRYPT
#error "columns/encrypt is the contributor's only: name cn_columns_encrypt among the target's DEPS"
#endif

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/randomness.h"
#include "base/secret_memory.h"
#include "base/threads.h"
#include "columns/format/hints.h"
#include "columns/format/manifest.h"
#include "columns/format/sealed_key.h"

namespace cryptonet::columns::encrypt {

/// What the slots of one stored column are made of. A chunk comes as a few int64 arrays
/// ("sources"); a column is a source itself, or the 0/1 indicator of source == equals. A check
/// column is an alpha times its checked column mod t. Ids are distinct: each stored column (each
/// digit, each check) has its own, and its secret is derived from it.
struct ColumnPlan {
  format::ColumnId id;
  std::uint32_t source = 0;
  std::optional<std::int64_t> equals;
  /// Index of the checked column; source and equals are then ignored.
  std::optional<std::uint32_t> check_of;
  /// Of a check column: which of the set's alphas it is multiplied by.
  std::uint32_t check = 0;
};

/// Receives the packed words of one chunk of one column. Called from several threads, at most once
/// at a time for a column, and for a column in chunk order.
using ChunkSink =
    std::function<base::Status(std::uint32_t column, std::uint32_t chunk, base::ByteView packed)>;

/// The hints of one closed unit by their coefficients, in packed words.
struct UnitHints {
  base::Bytes shared;                ///< A1 then A2
  std::vector<base::Bytes> columns;  ///< u_c
};

/// Lives no longer than its UploadEncryptor. After a sink's failure it may only be destroyed.
class UnitEncryptor {
 public:
  ~UnitEncryptor();
  UnitEncryptor(UnitEncryptor&&) noexcept;
  /// Encrypts the next chunk. sources[i] has the same length for all i, 1 to N values with |v| <
  /// t/2; missing slots are zero (also for indicators). Sources and chunk number are hashed into
  /// the mask derivation.
  base::Status encrypt_chunk(std::span<const std::span<const std::int64_t>> sources,
                             base::ThreadPool& pool, const ChunkSink& sink);
  /// Writes the mask chunk and gives the hints. The unit takes no more chunks.
  base::Result<UnitHints> close(base::ThreadPool& pool, const ChunkSink& sink);
  /// Chunks so far, the mask chunk included once closed.
  std::uint32_t chunks() const;

 private:
  friend class UploadEncryptor;
  friend struct insecure_UnitInspector;  // tests only: what happens without the mask chunk
  struct State;
  explicit UnitEncryptor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class UploadEncryptor {
 public:
  /// Draws a fresh upload key K, the upload id, and from K the column secrets and the alphas.
  /// `device_secret` is the contributor's own, never sealed or sent: it hedges against cloned
  /// randomness.
  static base::Result<UploadEncryptor> create(const format::ParameterSet& set,
                                              std::vector<ColumnPlan> columns,
                                              const base::Secret<32>& device_secret,
                                              base::Randomness& randomness);
  ~UploadEncryptor();
  UploadEncryptor(UploadEncryptor&&) noexcept;

  format::UploadId upload() const;
  /// A commitment to K for the manifest.
  base::Digest key_commitment() const;
  UnitEncryptor open_unit(const format::UnitId& unit);
  /// AEAD of the legend under a key derived from K: nonce, ciphertext, tag. Once per upload.
  base::Bytes seal_legend(base::ByteView legend);
  /// K sealed to the gatekeeper; refuses an all-zero X25519 result with kIntegrity.
  base::Result<format::SealedKey> seal_key(std::span<const std::uint8_t, 32> gatekeeper_public_key,
                                           const base::Secret<32>& enrolment_secret,
                                           const base::Digest& merkle_root);

 private:
  friend class UnitEncryptor;
  friend struct insecure_UnitInspector;
  struct State;
  explicit UploadEncryptor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cryptonet::columns::encrypt

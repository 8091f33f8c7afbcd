// SPDX-License-Identifier: Apache-2.0
// What the encryptors keep between calls. Internal to columns/encrypt.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <vector>

#include "columns/encrypt/chunk_keys.h"
#include "columns/encrypt/encryptor.h"
#include "columns/keys/upload_key.h"
#include "he/bgv/encoder.h"

namespace cryptonet::columns::encrypt {

/// Buffers of one thread that works on one column: everything in them is plaintext or noise.
struct ColumnScratch {
  explicit ColumnScratch(const format::ParameterSet& set)
      : words(3 * set.ring_degree()),
        noise(set.ring_degree()),
        packed(set.packed_bytes()),
        degree(set.ring_degree()) {}
  std::span<std::uint64_t> message() { return words.span().first(degree); }
  std::span<std::uint64_t> phase() { return words.span().subspan(degree, degree); }
  std::span<std::uint64_t> check_message() { return words.span().subspan(2 * degree, degree); }
  base::SecretVector<std::uint64_t> words;
  base::SecretVector<std::int8_t> noise;
  base::Bytes packed;  ///< what is stored: no secret
  std::size_t degree;
};

/// The masks of the chunk in work: a, and floor(a * 2^52 / q). Wiped after each chunk.
struct ChunkMasks {
  explicit ChunkMasks(const he::ring::Ring& ring) : values(ring), quotients(ring) {}
  void wipe() {
    values.wipe();
    quotients.wipe();
  }
  he::ring::NttPoly values;
  he::ring::NttPoly quotients;
};

/// A stored column and its check columns. Encoding is linear, so the message of a check is alpha
/// times the column's message, and a family needs one inverse transform.
struct Family {
  std::uint32_t column = 0;
  std::vector<std::uint32_t> checks;
};

struct UploadEncryptor::State {
  State(const format::ParameterSet& parameter_set, std::vector<ColumnPlan> column_plans,
        base::Randomness& source);

  format::ParameterSet set;
  std::vector<ColumnPlan> plans;
  base::Randomness& randomness;
  const he::ring::Ring& ring;  ///< lives as long as the program
  he::bgv::Encoder encoder;
  format::UploadId upload;
  keys::UploadKey key;
  base::Secret<32> device_secret;
  std::vector<he::secret::TernarySecret> secrets;
  std::optional<keys::Alphas> alphas;
  /// What messages of check columns are multiplied by, one for each alpha.
  std::array<he::arith::ShoupFactor, format::kMaxChecks> alpha_factors{};
  std::vector<Family> families;
  ChunkMasks masks;
  std::mutex scratch_mutex;
  std::vector<std::unique_ptr<ColumnScratch>> free_scratch;
  bool legend_sealed = false;

  std::unique_ptr<ColumnScratch> take_scratch();
  void give_back(std::unique_ptr<ColumnScratch> scratch);
};

struct UnitEncryptor::State {
  State(UploadEncryptor::State& owner, const format::UnitId& unit_id);

  /// Encrypts one chunk; the mask chunk when `sources` is empty.
  base::Status encrypt(Sources sources, base::ThreadPool& pool, const ChunkSink& sink);
  base::Status check_sources(Sources sources) const;
  void draw_masks(const StreamKeys& keys, bool mask_chunk, base::ThreadPool& pool);
  base::Status encrypt_family(const Family& family, Sources sources, const StreamKeys& noise_keys,
                              const ChunkSink& sink);
  base::Status encrypt_message(std::uint32_t column, std::span<const std::uint64_t> message,
                               std::span<const std::uint8_t, 32> noise_key, ColumnScratch& scratch,
                               const ChunkSink& sink);
  /// The coefficients of one column's slots; all zero when `sources` is empty.
  void encode(std::uint32_t column, Sources sources, std::span<std::uint64_t> message) const;

  UploadEncryptor::State& upload;
  format::UnitId unit;
  base::Secret<32> plaintext_hash;  ///< h of the last chunk: the next one is chained from it
  std::uint32_t chunks = 0;
  bool closed = false;
  bool failed = false;
  he::ring::NttPoly mask_sum;            ///< A1
  he::ring::NttPoly mask_square_sum;     ///< A2
  std::vector<he::ring::NttPoly> hints;  ///< u_c
};

}  // namespace cryptonet::columns::encrypt

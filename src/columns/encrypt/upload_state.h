// SPDX-License-Identifier: Apache-2.0
// What the encryptors keep between calls. Internal to columns/encrypt.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "columns/encrypt/chunk_keys.h"
#include "columns/encrypt/encryptor.h"
#include "columns/keys/upload_key.h"
#include "he/bgv/encoder.h"

namespace cryptonet::columns::encrypt {

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

/// What one thread works with: everything here is masks, plaintext or noise. Each thread draws the
/// masks of a chunk for itself and keeps to its own columns: memory that another core has written
/// costs more than to make it again.
struct Lane {
  Lane(std::size_t number, const format::ParameterSet& set, const he::ring::Ring& ring)
      : index(number),
        masks(ring),
        words(3 * set.ring_degree()),
        noise(set.ring_degree()),
        packed(set.packed_bytes()),
        degree(set.ring_degree()) {}
  std::span<std::uint64_t> message() { return words.span().first(degree); }
  std::span<std::uint64_t> phase() { return words.span().subspan(degree, degree); }
  std::span<std::uint64_t> check_message() { return words.span().subspan(2 * degree, degree); }
  std::size_t index;
  std::thread::id owner;  ///< who was here last
  bool busy = false;
  ChunkMasks masks;
  base::SecretVector<std::uint64_t> words;
  base::SecretVector<std::int8_t> noise;
  base::Bytes packed;  ///< what is stored: no secret
  std::size_t degree;
};

/// A stored column and its check columns. Encoding is linear, so the message of a check is alpha
/// times the column's message, and a family needs one inverse transform.
struct Family {
  std::uint32_t column = 0;
  std::vector<std::uint32_t> checks;
};

/// Pieces of work that several threads share, each to be done once.
class Claims {
 public:
  explicit Claims(std::size_t count) : taken_(count) {}
  std::size_t size() const { return taken_.size(); }
  /// Whether the caller is to do it.
  bool take(std::size_t i) {
    return !taken_[i].load(std::memory_order_relaxed) &&
           !taken_[i].exchange(true, std::memory_order_relaxed);
  }

 private:
  std::vector<std::atomic<bool>> taken_;
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
  std::mutex lanes_mutex;
  std::vector<std::unique_ptr<Lane>> lanes;
  bool legend_sealed = false;

  /// The lane that this thread had before, if it can be.
  Lane& enter_lane();
  void leave(Lane& lane);
};

struct UnitEncryptor::State {
  State(UploadEncryptor::State& owner, const format::UnitId& unit_id);

  /// Encrypts one chunk; the mask chunk when `sources` is empty.
  base::Status encrypt(Sources sources, base::ThreadPool& pool, const ChunkSink& sink);
  base::Status check_sources(Sources sources) const;
  /// h of a chunk; kBadInput where a value is outside the set's range.
  base::Result<base::Secret<32>> hash(Sources sources, const ChunkKeyInputs& inputs,
                                      base::ThreadPool& pool) const;
  struct Chunk;
  /// One thread's share of a chunk.
  void work_on(Chunk& chunk);
  void draw_masks(const Chunk& chunk, Lane& lane) const;
  void add_to_sums(std::size_t prime, Lane& lane);
  base::Status encrypt_family(const Family& family, const Chunk& chunk, Lane& lane);
  base::Status encrypt_message(std::uint32_t column, std::span<const std::uint64_t> message,
                               const Chunk& chunk, Lane& lane);
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

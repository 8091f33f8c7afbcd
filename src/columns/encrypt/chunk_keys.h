// SPDX-License-Identifier: Apache-2.0
// The hedged keys of one chunk's randomness. h = hash of all the chunk's plaintext, chained from
// the hash of the column plans over all earlier chunks of the unit (h' = that of the chunk before),
// rho = 32 fresh bytes, D = the device's secret:
//   leaf key  = BLAKE2b(K || D; "leaf",  set, unit, chunk, h', rho), for the hash of the plaintext
//   mask key  = BLAKE2b(K || D; "mask",  set, unit, chunk, h, rho)
//   noise key = BLAKE2b(K || D; "noise", set, unit, chunk, h, rho)
// and from each, by AES-256-CTR, one stream key per prime or per column. So a mask is never used
// with two plaintexts, even where the system's randomness was cloned or rewound: not when a column
// means something else, and the mask chunk, whose own plaintext is nothing, repeats only with its
// whole unit. K alone, which the gatekeeper gets, gives neither masks nor noise.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/secret_memory.h"
#include "base/threads.h"
#include "columns/encrypt/encryptor.h"
#include "columns/format/ids.h"
#include "columns/format/parameter_set.h"

namespace cryptonet::columns::encrypt {

/// Which chunk, and whose secrets.
struct ChunkPlace {
  format::ParameterSetId set = format::ParameterSetId::kWide;
  format::UnitId unit;
  std::uint32_t chunk = 0;
};

using Sources = std::span<const std::span<const std::int64_t>>;

/// What h of a unit's first chunk is chained from: which source, value and check makes each column.
base::Secret<32> hash_plans(std::span<const ColumnPlan> plans);
struct ChunkKeyInputs {
  const base::Secret<32>& upload_key;
  const base::Secret<32>& device_secret;
  const base::Secret<32>& plaintext_hash;
  const base::Secret<32>& fresh;
};

/// h: 32 bytes over the h of the chunk before (at first hash_plans), which `inputs` bring as their
/// plaintext_hash, the number of sources, the number of rows and every value: a universal hash per
/// source, under a key of this chunk that nobody can know, and BLAKE2b over all. Two plaintexts
/// share their h with probability at most 2^-90. As secret as the plaintext. `beside` is called
/// once for each source by the thread that reads it.
base::Secret<32> hash_plaintext(const ChunkPlace& place, const ChunkKeyInputs& inputs,
                                Sources sources, base::ThreadPool& pool,
                                const std::function<void(std::size_t source)>& beside);

/// One 32-byte stream key per prime (masks) or per column (noise).
class StreamKeys {
 public:
  StreamKeys(const base::Secret<32>& key, std::size_t count);
  std::span<const std::uint8_t, 32> operator[](std::size_t i) const {
    return keys_.span().subspan(32 * i).first<32>();
  }

 private:
  base::SecretVector<std::uint8_t> keys_;
};

struct ChunkKeys {
  StreamKeys masks;
  StreamKeys noise;
};

ChunkKeys derive_chunk_keys(const ChunkPlace& place, const ChunkKeyInputs& inputs,
                            std::size_t primes, std::size_t columns);

}  // namespace cryptonet::columns::encrypt

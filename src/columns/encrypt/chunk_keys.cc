// SPDX-License-Identifier: Apache-2.0
#include "columns/encrypt/chunk_keys.h"

#include <algorithm>
#include <string_view>

#include "he/ring/key_stream.h"

namespace cryptonet::columns::encrypt {
namespace {

base::Bytes place_bytes(std::string_view label, const ChunkPlace& place) {
  base::ByteWriter writer;
  writer.block(base::view_of(label));
  writer.u8(static_cast<std::uint8_t>(place.set));
  writer.raw(place.unit.bytes);
  writer.u32(place.chunk);
  return std::move(writer).take();
}

/// BLAKE2b(K || D; label, place, hash, rho).
base::Secret<32> derive(std::string_view label, const ChunkPlace& place,
                        const ChunkKeyInputs& inputs) {
  base::Secret<64> key;
  std::copy_n(inputs.upload_key.data(), 32, key.data());
  std::copy_n(inputs.device_secret.data(), 32, key.data() + 32);
  base::Blake2bStream hash(key.span(), 32);
  hash.update(place_bytes(label, place));
  hash.update(inputs.plaintext_hash.span());
  hash.update(inputs.fresh.span());
  base::Secret<32> derived;
  hash.finish(derived.span());
  return derived;
}

}  // namespace

base::Secret<32> hash_plans(std::span<const ColumnPlan> plans) {
  base::ByteWriter writer;
  writer.block(base::view_of("column plans"));
  writer.u32(static_cast<std::uint32_t>(plans.size()));
  for (const ColumnPlan& plan : plans) {
    writer.raw(plan.id.bytes);
    writer.u32(plan.source);
    writer.u8(plan.equals ? 1 : 0);
    writer.u64(static_cast<std::uint64_t>(plan.equals.value_or(0)));
    writer.u8(plan.check_of ? static_cast<std::uint8_t>(1 + plan.check) : 0);
    writer.u32(plan.check_of.value_or(0));
  }
  base::Blake2bStream hash({}, 32);
  hash.update(writer.bytes());
  base::Secret<32> result;
  hash.finish(result.span());
  return result;
}

base::Secret<32> hash_plaintext(const ChunkPlace& place, const ChunkKeyInputs& inputs,
                                Sources sources, base::ThreadPool& pool,
                                const std::function<void(std::size_t source)>& beside) {
  const base::Secret<32> leaf_key = derive("leaf", place, inputs);
  base::SecretVector<std::uint8_t> leaves(16 * sources.size());
  pool.for_each(sources.size(), [&](std::size_t i) {
    beside(i);
    const auto bytes = std::as_bytes(sources[i]);
    auto leaf = base::poly1305(leaf_key.span(),
                               {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::copy(leaf.begin(), leaf.end(), leaves.data() + 16 * i);
    base::wipe(leaf.data(), leaf.size());
  });
  base::ByteWriter shape;
  shape.u32(static_cast<std::uint32_t>(sources.size()));
  shape.u64(sources.empty() ? 0 : sources.front().size());
  base::Blake2bStream hash({}, 32);
  hash.update(place_bytes("chunk plaintext", place));
  hash.update(inputs.plaintext_hash.span());
  hash.update(shape.bytes());
  hash.update(leaves.span());
  base::Secret<32> result;
  hash.finish(result.span());
  return result;
}

StreamKeys::StreamKeys(const base::Secret<32>& key, std::size_t count) : keys_(32 * count) {
  he::ring::KeyStream stream(key.span());
  stream.fill(keys_.span());
}

ChunkKeys derive_chunk_keys(const ChunkPlace& place, const ChunkKeyInputs& inputs,
                            std::size_t primes, std::size_t columns) {
  const base::Secret<32> mask_key = derive("mask", place, inputs);
  const base::Secret<32> noise_key = derive("noise", place, inputs);
  return {StreamKeys(mask_key, primes), StreamKeys(noise_key, columns)};
}

}  // namespace cryptonet::columns::encrypt

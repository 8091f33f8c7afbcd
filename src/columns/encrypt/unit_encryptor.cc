// SPDX-License-Identifier: Apache-2.0
// One unit, chunk by chunk: b_c = m + t*e - a*s_c in transformed form, and the sums A1 += a, A2 +=
// a^2, u_c += a*b_c that become the hints. The mask chunk has m = 0 and a mask without zero words.
//
// Threads share little: each draws the masks of a chunk for itself and takes the columns that it
// had in the chunk before, because memory that another core has written is slow to come. Eight
// columns on two threads, ns per row and column, one thread 9.8 to 10: 5.6 so, and 9.0 when whoever
// was free took the next column and all read the same masks (cores of the host far apart; 5.3
// and 6.1 near).
#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "base/declassify.h"
#include "columns/encrypt/upload_state.h"
#include "he/arith/dispatch.h"
#include "he/ring/sampling.h"

namespace cryptonet::columns::encrypt {
namespace {

base::Error refuse(const char* rule, const std::string& why) {
  return base::Error(base::ErrorCode::kBadInput, rule, "encrypt: " + why);
}

/// A sum by its coefficients, one prime after the other. The sum itself stays as it is.
void pack_coefficients(const he::ring::Ring& ring, const he::ring::NttPoly& sum, std::size_t prime,
                       base::Bytes& packed) {
  const auto words = sum.residue(prime);
  std::vector<std::uint64_t> coefficients(words.begin(),
                                          words.end());  // no secret once it is whole
  ring.table(prime).inverse(coefficients);
  base::pack_u48(coefficients,
                 std::span(packed).subspan(6 * prime * words.size(), 6 * words.size()));
}

}  // namespace

UnitEncryptor::State::State(UploadEncryptor::State& owner, const format::UnitId& unit_id)
    : upload(owner),
      unit(unit_id),
      plaintext_hash(hash_plans(owner.plans)),
      mask_sum(owner.ring),
      mask_square_sum(owner.ring) {
  for (std::size_t i = 0; i < owner.plans.size(); ++i) hints.emplace_back(owner.ring);
}

base::Status UnitEncryptor::State::check_sources(Sources sources) const {
  const std::size_t rows = sources.empty() ? 0 : sources.front().size();
  if (rows == 0 || rows > upload.set.ring_degree()) {
    return refuse("encrypt.chunk_rows", "a chunk has " + std::to_string(rows) +
                                            " rows; it must have 1 to " +
                                            std::to_string(upload.set.ring_degree()));
  }
  for (const auto& source : sources) {
    if (source.size() != rows) {
      return refuse("encrypt.chunk_rows", "the sources of a chunk differ in length");
    }
  }
  for (const ColumnPlan& plan : upload.plans) {
    if (!plan.check_of && plan.source >= sources.size()) {
      return refuse("encrypt.sources", "a stored column names source " +
                                           std::to_string(plan.source) + " of " +
                                           std::to_string(sources.size()));
    }
  }
  return base::ok();
}

/// A chunk while its columns are encrypted.
struct UnitEncryptor::State::Chunk {
  Sources sources;  ///< none: the mask chunk
  const ChunkKeys& keys;
  const ChunkSink& sink;
  std::size_t threads;
  Claims families;
  Claims sums;  ///< of each prime's masks, into the hints
  std::mutex mutex;
  base::Status first_failure;
};

void UnitEncryptor::State::draw_masks(const Chunk& chunk, Lane& lane) const {
  for (std::size_t j = 0; j < upload.ring.primes(); ++j) {
    const he::arith::Modulus& modulus = upload.ring.modulus(j);
    he::ring::KeyStream stream(chunk.keys.masks[j]);
    const auto masks = lane.masks.values.residue(j);
    if (chunk.sources.empty()) {
      he::ring::sample_uniform_nonzero(stream, modulus, masks);
    } else {
      he::ring::sample_uniform(stream, modulus, masks);
    }
    he::arith::kernels().divide_mask(masks.data(), masks.size(), modulus.value(),
                                     lane.masks.quotients.residue(j).data());
  }
}

void UnitEncryptor::State::add_to_sums(std::size_t prime, Lane& lane) {
  const auto masks = lane.masks.values.residue(prime);
  he::arith::kernels().sum_mask({.count = masks.size(),
                                 .modulus = upload.ring.modulus(prime).value(),
                                 .mask = masks.data(),
                                 .quotients = lane.masks.quotients.residue(prime).data(),
                                 .sum = mask_sum.residue(prime).data(),
                                 .square_sum = mask_square_sum.residue(prime).data()});
}

void UnitEncryptor::State::work_on(Chunk& chunk) {
  Lane& lane = upload.enter_lane();
  const std::size_t own = lane.index % chunk.threads;
  bool drawn = false;
  const auto take = [&](Claims& claims, std::size_t i) {
    if (!claims.take(i)) return false;
    if (!drawn) draw_masks(chunk, lane);
    drawn = true;
    return true;
  };
  const auto add = [&](std::size_t prime) {
    if (take(chunk.sums, prime)) add_to_sums(prime, lane);
  };
  const auto encrypt_one = [&](std::size_t i) {
    if (!take(chunk.families, i)) return;
    base::Status status = encrypt_family(upload.families[i], chunk, lane);
    const std::lock_guard lock(chunk.mutex);
    if (!status.ok() && chunk.first_failure.ok()) chunk.first_failure = std::move(status);
  };
  // First what this thread did of the chunk before, then what others have not begun.
  for (std::size_t j = own; j < chunk.sums.size(); j += chunk.threads) add(j);
  for (std::size_t i = own; i < chunk.families.size(); i += chunk.threads) encrypt_one(i);
  for (std::size_t i = chunk.families.size(); i-- > 0;) encrypt_one(i);
  for (std::size_t j = 0; j < chunk.sums.size(); ++j) add(j);
  if (drawn) lane.masks.wipe();
  upload.leave(lane);
}

void UnitEncryptor::State::encode(std::uint32_t column, Sources sources,
                                  std::span<std::uint64_t> message) const {
  const std::size_t rows = sources.empty() ? 0 : sources.front().size();
  if (rows < message.size()) std::fill(message.begin(), message.end(), std::uint64_t{0});
  if (rows == 0) return;  // the message of the mask chunk is zero in either form
  const ColumnPlan& plan = upload.plans[column];
  he::arith::kernels().place_slots({.values = sources[plan.source].data(),
                                    .count = rows,
                                    .indicator = plan.equals.has_value(),
                                    .equals = plan.equals.value_or(0),
                                    .modulus = upload.encoder.plaintext_modulus().value(),
                                    .places = upload.encoder.slot_places().data(),
                                    .message = message.data()});
  upload.encoder.interpolate(message);
}

base::Status UnitEncryptor::State::encrypt_family(const Family& family, const Chunk& chunk,
                                                  Lane& lane) {
  encode(family.column, chunk.sources, lane.message());
  CN_RETURN_IF_ERROR(encrypt_message(family.column, lane.message(), chunk, lane));
  for (const std::uint32_t check : family.checks) {
    const he::arith::ShoupFactor& alpha = upload.alpha_factors[upload.plans[check].check];
    he::arith::kernels().scale_words({.count = lane.degree,
                                      .modulus = upload.encoder.plaintext_modulus().value(),
                                      .factor = alpha.value,
                                      .factor_quotient = alpha.quotient >> 12,
                                      .words = lane.message().data(),
                                      .out = lane.check_message().data()});
    CN_RETURN_IF_ERROR(encrypt_message(check, lane.check_message(), chunk, lane));
  }
  return base::ok();
}

base::Status UnitEncryptor::State::encrypt_message(std::uint32_t column,
                                                   std::span<const std::uint64_t> message,
                                                   const Chunk& chunk, Lane& lane) {
  he::ring::KeyStream stream(chunk.keys.noise[column]);
  he::ring::sample_noise(stream, lane.noise.span());
  for (std::size_t j = 0; j < upload.ring.primes(); ++j) {
    const he::arith::NttPlan plan = upload.ring.table(j).plan();
    he::arith::kernels().mask_column({.plan = &plan,
                                      .plaintext_modulus = upload.set.bgv.plaintext_modulus(),
                                      .message = message.data(),
                                      .noise = lane.noise.data(),
                                      .mask = lane.masks.values.residue(j).data(),
                                      .mask_quotients = lane.masks.quotients.residue(j).data(),
                                      .secret = upload.secrets[column].poly().residue(j).data(),
                                      .work = lane.phase().data(),
                                      .hint = hints[column].residue(j).data(),
                                      .packed = lane.packed.data() + j * lane.degree * 6});
  }
  return chunk.sink(column, chunks, lane.packed);
}

base::Result<base::Secret<32>> UnitEncryptor::State::hash(Sources sources,
                                                          const ChunkKeyInputs& inputs,
                                                          base::ThreadPool& pool) const {
  const auto limit = static_cast<std::int64_t>(upload.set.bgv.plaintext_modulus() / 2);
  std::atomic<bool> inside = true;
  base::Secret<32> hash =
      hash_plaintext({upload.set.id, unit, chunks}, inputs, sources, pool, [&](std::size_t source) {
        const auto values = sources[source];
        const bool within = he::arith::kernels().within(values.data(), values.size(), limit);
        if (!base::declassified(within)) inside = false;  // public: it is what the refusal says
      });
  if (inside) return hash;
  return refuse("encrypt.range", "a value is outside +-" + std::to_string(limit) +
                                     ", the range of this parameter set");
}

base::Status UnitEncryptor::State::encrypt(Sources sources, base::ThreadPool& pool,
                                           const ChunkSink& sink) {
  const ChunkPlace place = {upload.set.id, unit, chunks};
  base::Secret<32> fresh;
  upload.randomness.fill(fresh.span());
  // borrows plaintext_hash: the keys below see the new h
  const ChunkKeyInputs inputs = {upload.key, upload.device_secret, plaintext_hash, fresh};
  CN_ASSIGN(plaintext_hash, hash(sources, inputs, pool));
  const std::size_t primes = upload.ring.primes();
  const ChunkKeys chunk_keys = derive_chunk_keys(place, inputs, primes, upload.plans.size());
  Chunk chunk = {.sources = sources,
                 .keys = chunk_keys,
                 .sink = sink,
                 .threads = pool.size(),
                 .families = Claims(upload.families.size()),
                 .sums = Claims(primes),
                 .mutex = {},
                 .first_failure = base::ok()};
  pool.for_each(chunk.threads, [&](std::size_t) { work_on(chunk); });
  ++chunks;
  failed = !chunk.first_failure.ok();
  return std::move(chunk.first_failure);
}

UnitEncryptor::UnitEncryptor(std::unique_ptr<State> state) : state_(std::move(state)) {}
UnitEncryptor::~UnitEncryptor() = default;
UnitEncryptor::UnitEncryptor(UnitEncryptor&&) noexcept = default;

base::Status UnitEncryptor::encrypt_chunk(Sources sources, base::ThreadPool& pool,
                                          const ChunkSink& sink) {
  CHECK(!state_->closed && !state_->failed);
  CN_RETURN_IF_ERROR(state_->check_sources(sources));
  if (state_->chunks + 1 >= state_->upload.set.max_unit_chunks) {
    return base::Error(
        base::ErrorCode::kRefused, "encrypt.unit_rows",
        "encrypt: a unit has more rows than " + std::string(state_->upload.set.name) +
            " holds: " + std::to_string(state_->upload.set.max_unit_chunks - 1) + " chunks of rows",
        "partition the table");
  }
  return state_->encrypt(sources, pool, sink);
}

base::Result<UnitHints> UnitEncryptor::close(base::ThreadPool& pool, const ChunkSink& sink) {
  CHECK(!state_->closed && !state_->failed);
  if (state_->chunks == 0) return refuse("encrypt.empty_unit", "a unit has no rows");
  CN_RETURN_IF_ERROR(state_->encrypt({}, pool, sink));
  state_->closed = true;
  std::vector<const he::ring::NttPoly*> sums = {&state_->mask_sum, &state_->mask_square_sum};
  for (const he::ring::NttPoly& hint : state_->hints) sums.push_back(&hint);
  const std::size_t size = state_->upload.set.packed_bytes();
  std::vector<base::Bytes> packed(sums.size(), base::Bytes(size));
  const std::size_t primes = state_->upload.ring.primes();
  pool.for_each(sums.size() * primes, [&](std::size_t i) {
    pack_coefficients(state_->upload.ring, *sums[i / primes], i % primes, packed[i / primes]);
  });
  UnitHints hints;
  hints.shared = std::move(packed[0]);
  hints.shared.insert(hints.shared.end(), packed[1].begin(), packed[1].end());
  hints.columns.assign(std::make_move_iterator(packed.begin() + 2),
                       std::make_move_iterator(packed.end()));
  return hints;
}

std::uint32_t UnitEncryptor::chunks() const { return state_->chunks; }

}  // namespace cryptonet::columns::encrypt

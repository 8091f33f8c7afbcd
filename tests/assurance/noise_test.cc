// SPDX-License-Identifier: Apache-2.0
// The accountant's bounds against measured phases, over random plans of masked columns: random
// small rings and primes, chunk counts, values, digit widths, and all pairs of a unit's columns.
// Encryption, totals and blinding are the product's; the key part and the lift are done here in
// exact integers. Every total must decrypt to the clear one, before blinding and after, and no
// phase may pass its bound. CRYPTONET_ASSURANCE_TIMES multiplies the 2,000 units.
#include <gtest/gtest.h>

#include <map>

#include "columns/encrypt/unit_inspector_testing.h"
#include "columns/total/total.h"
#include "he/arith/dispatch.h"
#include "table/stored_columns.h"
#include "tests/assurance/draws.h"

namespace cryptonet::columns {
namespace {

using assurance::draw_prime;
using assurance::log2_of;
using assurance::SeededRandomness;
using he::bgv::Accountant;
using he::bgv::Integer;
using table::WideInteger;

/// What one unit is made of.
struct UnitPlan {
  format::ParameterSet set = format::wide_set();
  std::uint32_t chunks = 0;  ///< the mask chunk included
  std::size_t rows = 0;
  table::DigitPlan digits;
};

/// A tiny and insecure ring whose products over the unit's chunks the accountant just admits or
/// admits by far.
UnitPlan insecure_draw_plan(std::mt19937_64& engine) {
  for (;;) {
    UnitPlan plan;
    const std::size_t degree = std::size_t{64} << engine() % 2;
    std::vector<std::uint64_t> moduli;
    for (std::size_t count = 1 + engine() % 3; moduli.size() < count;) {
      moduli.push_back(draw_prime(engine, degree, 48, moduli));
    }
    const std::uint64_t t =
        draw_prime(engine, degree, static_cast<unsigned>(12 + engine() % 37), moduli);
    plan.set.bgv = *he::bgv::BgvParameters::insecure_create({degree, moduli, t});
    plan.set.max_unit_chunks = 64;
    plan.chunks = static_cast<std::uint32_t>(2 + engine() % 4);
    const Accountant accountant(plan.set.bgv);
    if (!accountant.admits_masked_total(accountant.masked_total(plan.chunks, true))) continue;
    plan.rows = (plan.chunks - 2) * degree + 1 + engine() % degree;
    // the sum of all rows' digits stays below t/2
    const double room = std::log2(static_cast<double>(t) / static_cast<double>(plan.rows));
    plan.digits.count = static_cast<std::uint32_t>(4 + engine() % 5);
    const double width_max = std::clamp(room, 1.0, 62.0 / plan.digits.count);
    plan.digits.width_bits = 1 + static_cast<unsigned>(engine() % static_cast<unsigned>(width_max));
    if (room >= 2) return plan;
  }
}

constexpr std::uint32_t kValue = 0;
constexpr std::uint32_t kCheck = 1;
constexpr std::uint32_t kIndicator = 2;
constexpr std::uint32_t kFirstDigit = 3;

std::vector<encrypt::ColumnPlan> columns_of(const UnitPlan& plan) {
  std::vector<encrypt::ColumnPlan> columns(kFirstDigit + plan.digits.count);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c].id.bytes.fill(static_cast<std::uint8_t>(c + 1));
    if (c >= kFirstDigit) columns[c].source = static_cast<std::uint32_t>(c - 1);
  }
  columns[kCheck].check_of = kValue;
  columns[kIndicator].source = 1;
  columns[kIndicator].equals = 1;
  return columns;
}

/// A unit in clear: x, a category, the digits of z, and z itself.
struct ClearUnit {
  std::vector<std::vector<std::int64_t>> sources;
  std::vector<WideInteger> z;

  ClearUnit(const UnitPlan& plan, std::mt19937_64& engine)
      : sources(2 + plan.digits.count), z(plan.rows) {
    const auto t = plan.set.bgv.plaintext_modulus();
    // often small values, often the whole range
    const std::uint64_t reach = std::max<std::uint64_t>(1, (t / 2) >> engine() % 10);
    const unsigned z_bits = plan.digits.count * plan.digits.width_bits - 1;
    std::vector<std::int64_t> digits(plan.digits.count);
    for (std::size_t i = 0; i < plan.rows; ++i) {
      const auto x =
          static_cast<std::int64_t>(engine() % (2 * reach + 1)) - static_cast<std::int64_t>(reach);
      sources[0].push_back(x);
      sources[1].push_back(static_cast<std::int64_t>(engine() % 4));
      // the balanced digits of z reach from -2^(w-1) to 2^(w-1) - 1
      const WideInteger span = z_bits == 0 ? 1 : WideInteger{1} << z_bits;
      z[i] = -static_cast<WideInteger>(engine() % static_cast<std::uint64_t>(span));
      table::split_digits(z[i], plan.digits, digits);
      for (std::size_t d = 0; d < digits.size(); ++d) sources[2 + d].push_back(digits[d]);
    }
  }

  std::int64_t slot(std::uint32_t column, std::size_t row) const {
    if (column == kIndicator) return sources[1][row] == 1 ? 1 : 0;
    return sources[column == kValue ? 0 : column - 1][row];
  }
};

/// The unit as the cloud and the gatekeeper hold it.
struct StoredUnit {
  SeededRandomness randomness;
  std::optional<encrypt::UploadEncryptor> upload;
  std::optional<encrypt::UnitEncryptor> unit;
  std::vector<std::vector<base::Bytes>> chunks;  ///< [column][chunk]

  StoredUnit(const UnitPlan& plan, const ClearUnit& clear, std::uint64_t seed) : randomness(seed) {
    base::Secret<32> device;
    const auto columns = columns_of(plan);
    upload.emplace(*encrypt::UploadEncryptor::create(plan.set, columns, device, randomness));
    unit.emplace(upload->open_unit({}));
    chunks.resize(columns.size());
    base::ThreadPool pool(1);
    const encrypt::ChunkSink sink = [this](std::uint32_t column, std::uint32_t,
                                           base::ByteView packed) {
      chunks[column].emplace_back(packed.begin(), packed.end());
      return base::ok();
    };
    const std::size_t degree = plan.set.ring_degree();
    for (std::size_t start = 0; start < plan.rows; start += degree) {
      std::vector<std::span<const std::int64_t>> sources;
      for (const auto& source : clear.sources) {
        sources.push_back(std::span(source).subspan(start, std::min(degree, plan.rows - start)));
      }
      CHECK(unit->encrypt_chunk(sources, pool, sink).ok());
    }
    CHECK(unit->close(pool, sink).ok() && unit->chunks() == plan.chunks);
  }

  std::vector<base::ByteView> views(std::uint32_t column) const {
    return {chunks[column].begin(), chunks[column].end()};
  }
};

/// N^-1 * (number + key part), lifted centred over q: in exact integers, straight from the formulas
/// of docs/maths/masked_columns.md.
Integer measured_phase(const StoredUnit& stored, const UnitPlan& plan,
                       const format::ColumnPair& pair, const format::Residues& number) {
  const auto& state = encrypt::insecure_UnitInspector::state(*stored.unit);
  const Integer q = he::bgv::product_of(plan.set.bgv.ciphertext_moduli());
  Integer phase = 0;
  for (std::size_t j = 0; j < plan.set.primes(); ++j) {
    const he::arith::Modulus& modulus = state.upload.ring.modulus(j);
    const auto s_x = state.upload.secrets[pair.left].poly().residue(j);
    std::uint64_t sum = number[j];
    for (std::size_t i = 0; i < s_x.size(); ++i) {
      if (pair.right == format::kNoColumn) {
        sum = modulus.add(sum, modulus.multiply(state.mask_sum.residue(j)[i], s_x[i]));
        continue;
      }
      const std::uint64_t s_y = state.upload.secrets[pair.right].poly().residue(j)[i];
      sum = modulus.add(sum, modulus.multiply(state.hints[pair.left].residue(j)[i], s_y));
      sum = modulus.add(sum, modulus.multiply(state.hints[pair.right].residue(j)[i], s_x[i]));
      sum = modulus.add(sum, modulus.multiply(state.mask_square_sum.residue(j)[i],
                                              modulus.multiply(s_x[i], s_y)));
    }
    const Integer others = q / modulus.value();
    const auto others_here = static_cast<std::uint64_t>(Integer(others % modulus.value()));
    const std::uint64_t scale =
        modulus.invert(modulus.multiply(others_here, plan.set.ring_degree()));
    phase += others * modulus.multiply(sum, scale);
  }
  phase %= q;
  return phase > q / 2 ? Integer(phase - q) : phase;
}

/// N * phase mod t, centred.
std::int64_t decrypted(const UnitPlan& plan, const Integer& phase) {
  const he::arith::Modulus t(plan.set.bgv.plaintext_modulus());
  const auto total = static_cast<std::int64_t>(Integer(phase * plan.set.ring_degree() % t.value()));
  return t.centre(t.reduce_signed(total));
}

WideInteger clear_total(const ClearUnit& clear, const format::ColumnPair& pair) {
  WideInteger total = 0;
  for (std::size_t i = 0; i < clear.z.size(); ++i) {
    const WideInteger right = pair.right == format::kNoColumn ? 1 : clear.slot(pair.right, i);
    total += clear.slot(pair.left, i) * right;
  }
  return total;
}

/// What all plans together showed.
struct Seen {
  std::size_t plans = 0;
  std::size_t decryptions = 0;
  std::size_t wrong = 0;
  std::size_t past_bound = 0;
  std::vector<double> bits_to_spare;  ///< log2(bound / |phase|)
};

std::size_t count(bool found) { return found ? 1 : 0; }

/// All sums and products of one unit's columns.
void run_unit(const UnitPlan& plan, const ClearUnit& clear, const StoredUnit& stored, Seen& seen) {
  const Accountant accountant(plan.set.bgv);
  const WideInteger t = plan.set.bgv.plaintext_modulus();
  base::Secret<32> cloud_secret;
  std::vector<format::ColumnPair> pairs;
  const auto columns = static_cast<std::uint32_t>(stored.chunks.size());
  for (std::uint32_t x = 0; x < columns; ++x) {
    pairs.push_back(format::make_pair(x));
    for (std::uint32_t y = x; plan.set.products && y < columns; ++y) {
      pairs.push_back(format::make_pair(x, y));
    }
  }
  std::map<format::ColumnPair, std::int64_t> totals;
  for (const format::ColumnPair& pair : pairs) {
    const bool product = pair.right != format::kNoColumn;
    const auto right = product ? stored.views(pair.right) : std::vector<base::ByteView>{};
    const auto number = total::partial_total(plan.set, stored.views(pair.left), right);
    const auto blinded = total::blind(plan.set, cloud_secret, {}, {}, pair, number);
    const Integer bound = accountant.masked_total(plan.chunks, product);
    const Integer phase = measured_phase(stored, plan, pair, number);
    const Integer blinded_phase = measured_phase(stored, plan, pair, blinded);
    totals[pair] = decrypted(plan, phase);
    seen.plans += 1;
    seen.decryptions += 2;
    seen.past_bound += count(abs(phase) > bound);
    seen.past_bound += count(abs(blinded_phase) > bound + accountant.modulus() / 8);
    seen.wrong += count(decrypted(plan, blinded_phase) != totals[pair]);
    seen.bits_to_spare.push_back(log2_of(bound) - log2_of(abs(phase)));
    if (pair.left == kCheck || pair.right == kCheck) continue;
    const WideInteger difference = clear_total(clear, pair) - totals[pair];
    seen.wrong += count(difference % t != 0);
  }
  if (!plan.set.products) return;
  // The digits give z's total over the rows of the category, which may be far past t/2.
  WideInteger recombined = 0;
  WideInteger expected = 0;
  for (std::uint32_t d = 0; d < plan.digits.count; ++d) {
    const std::int64_t total = totals[format::make_pair(kIndicator, kFirstDigit + d)];
    recombined += static_cast<WideInteger>(total) * (WideInteger{1} << d * plan.digits.width_bits);
  }
  for (std::size_t i = 0; i < clear.z.size(); ++i) {
    expected += clear.slot(kIndicator, i) * clear.z[i];
  }
  seen.wrong += count(recombined != expected);
  // M and C of every partner agree up to one alpha: C_p * M_q = C_q * M_p.
  const he::arith::Modulus modulus(plan.set.bgv.plaintext_modulus());
  const auto m = [&](std::uint32_t partner) {
    return modulus.reduce_signed(totals[format::make_pair(kValue, partner)]);
  };
  const auto c = [&](std::uint32_t partner) {
    return modulus.reduce_signed(totals[format::make_pair(kCheck, partner)]);
  };
  seen.wrong += count(modulus.multiply(c(kIndicator), m(kFirstDigit)) !=
                      modulus.multiply(c(kFirstDigit), m(kIndicator)));
}

TEST(Noise, StaysBelowItsBoundInRandomPlans) {
  const std::size_t units = 2000 * assurance::times();
  std::mt19937_64 engine(71);
  const he::arith::Kernels& before = he::arith::kernels();
  const auto rows = he::arith::supported_kernels();
  Seen seen;
  for (std::size_t u = 0; u < units; ++u) {
    he::arith::use_kernels(*rows[u % rows.size()]);
    const UnitPlan plan = insecure_draw_plan(engine);
    const ClearUnit clear(plan, engine);
    run_unit(plan, clear, StoredUnit(plan, clear, u), seen);
    ASSERT_EQ(seen.wrong + seen.past_bound, 0U) << "unit " << u;
  }
  he::arith::use_kernels(before);
  std::sort(seen.bits_to_spare.begin(), seen.bits_to_spare.end());
  const auto at = [&](double part) {
    return seen.bits_to_spare[static_cast<std::size_t>(
        part * static_cast<double>(seen.bits_to_spare.size() - 1))];
  };
  std::printf(
      "noise: %zu plans over %zu units, %zu decryptions, 0 wrong; bits between bound and "
      "phase: min %.1f, 1%% %.1f, median %.1f, 99%% %.1f\n",
      seen.plans, units, seen.decryptions, at(0), at(0.01), at(0.5), at(0.99));
  EXPECT_GE(seen.plans, units * 35);
}

TEST(Noise, StaysBelowItsBoundInTheSetsOfTheProduct) {
  std::mt19937_64 engine(73);
  for (const format::ParameterSet* set : format::parameter_sets()) {
    Seen seen;
    for (std::uint64_t u = 0; u < 5 * assurance::times(); ++u) {
      UnitPlan plan;
      plan.set = *set;
      plan.chunks = static_cast<std::uint32_t>(2 + engine() % 3);
      plan.rows = (plan.chunks - 2) * set->ring_degree() + 1 + engine() % set->ring_degree();
      plan.digits.count = 3;
      plan.digits.width_bits = static_cast<unsigned>(1 + engine() % 15);
      const ClearUnit clear(plan, engine);
      run_unit(plan, clear, StoredUnit(plan, clear, u), seen);
      ASSERT_EQ(seen.wrong + seen.past_bound, 0U) << set->name << " unit " << u;
    }
    std::printf(
        "noise, %s: %zu plans, %zu decryptions, 0 wrong; least bits between bound and "
        "phase %.1f\n",
        set->name, seen.plans, seen.decryptions,
        *std::min_element(seen.bits_to_spare.begin(), seen.bits_to_spare.end()));
  }
}

TEST(Noise, IsSeenWhenItIsPlanted) {
  std::mt19937_64 engine(72);
  const UnitPlan plan = insecure_draw_plan(engine);
  const ClearUnit clear(plan, engine);
  const StoredUnit stored(plan, clear, 72);
  const format::ColumnPair pair = format::make_pair(kValue, kIndicator);
  const auto number =
      total::partial_total(plan.set, stored.views(pair.left), stored.views(pair.right));
  const Integer bound = Accountant(plan.set.bgv).masked_total(plan.chunks, true);
  const Integer phase = measured_phase(stored, plan, pair, number);
  const auto with = [&](const Integer& added) {
    format::Residues changed = number;
    for (std::size_t j = 0; j < plan.set.primes(); ++j) {
      const std::uint64_t q = plan.set.bgv.ciphertext_moduli()[j];
      changed[j] =
          static_cast<std::uint64_t>(Integer((changed[j] + added * plan.set.ring_degree()) % q));
    }
    return measured_phase(stored, plan, pair, changed);
  };
  const std::uint64_t t = plan.set.bgv.plaintext_modulus();
  const Integer noise = 2 * bound / t * t;  // a multiple of t: the answer stays, the bound breaks
  EXPECT_TRUE(with(noise) == phase + noise);
  EXPECT_TRUE(abs(with(noise)) > bound);
  EXPECT_EQ(decrypted(plan, with(noise)), decrypted(plan, phase));
  EXPECT_NE(decrypted(plan, with(1)), decrypted(plan, phase));
}

}  // namespace
}  // namespace cryptonet::columns

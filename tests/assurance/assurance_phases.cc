// SPDX-License-Identifier: Apache-2.0
// What the gatekeeper sees of one small unit, for tests/assurance/lattice_attack_test.py: 24
// persons, two tagged measures, 61 indicators of six dimensions; the totals of both measures by
// every indicator, each with its check. Encrypted, totalled and blinded by the product's own code
// at full size; the numbers before the blinding exist in this program alone. One JSON document on
// standard output; the only argument is the seed.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "columns/open/upload_testing.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::columns;
using nlohmann::json;

constexpr std::size_t kPersons = 24;
constexpr std::size_t kMeasures = 2;
constexpr std::array<std::int64_t, 6> kLevels = {13, 12, 10, 10, 8, 8};  // 61 in all
constexpr std::int64_t kMeasureBelow = 10;  // so small that exact totals alone tell no row

/// Sources: the measures, then the dimensions. Every level of a dimension occurs.
UnitRows draw_rows(std::mt19937_64& engine) {
  UnitRows rows(kMeasures + kLevels.size(), Source(kPersons));
  for (std::size_t m = 0; m < kMeasures; ++m) {
    for (auto& value : rows[m]) value = static_cast<std::int64_t>(engine() % kMeasureBelow);
  }
  for (std::size_t d = 0; d < kLevels.size(); ++d) {
    Source& source = rows[kMeasures + d];
    for (std::size_t i = 0; i < kPersons; ++i) {
      const auto levels = static_cast<std::size_t>(kLevels[d]);
      source[i] = static_cast<std::int64_t>(i < levels ? i : engine() % levels);
    }
    std::shuffle(source.begin(), source.end(), engine);
  }
  return rows;
}

/// Each measure with its check, then the indicators of every dimension.
std::vector<encrypt::ColumnPlan> make_plans() {
  std::vector<encrypt::ColumnPlan> plans;
  const auto next_id = [&] {
    return id_of<format::ColumnTag>(static_cast<std::uint8_t>(plans.size() + 1));
  };
  for (std::uint32_t m = 0; m < kMeasures; ++m) {
    plans.push_back({next_id(), m, std::nullopt, std::nullopt});
    plans.push_back({next_id(), m, std::nullopt, 2 * m});
  }
  for (std::uint32_t d = 0; d < kLevels.size(); ++d) {
    for (std::int64_t level = 0; level < kLevels[d]; ++level) {
      const auto source = static_cast<std::uint32_t>(kMeasures + d);
      plans.push_back({next_id(), source, level, std::nullopt});
    }
  }
  return plans;
}

/// The cloud's number before and after blinding, and the key part that turns it into a phase.
json numbers_of(const UploadForTest& upload, const format::ColumnPair& pair) {
  const auto left = upload.views(0, pair.left);
  const auto right = upload.views(0, pair.right);
  return {{"bare", total::partial_total(format::wide_set(), left, right)},
          {"blinded", upload.cloud(0, pair)},
          {"key_part", *upload.opener->key_part(0, pair, upload.hint_files[0])}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  std::mt19937_64 engine(seed);
  const UnitRows rows = draw_rows(engine);
  const auto plans = make_plans();
  const UploadForTest upload = make_upload(plans, {rows}, seed);
  const open::UploadKey key = *open::unseal_key(*upload.manifest, *upload.sealed_key,
                                                upload.gatekeeper_secret, upload.enrolment_secret);
  const auto& bgv = format::wide_set().bgv;
  json document = {{"ring_degree", bgv.ring_degree()},
                   {"ciphertext_moduli", bgv.ciphertext_moduli()},
                   {"plaintext_modulus", bgv.plaintext_modulus()},
                   {"alpha", keys::derive_alpha(key, format::wide_set(), 0)},
                   {"levels", kLevels},
                   {"rows", rows},
                   {"totals", json::array()}};
  for (std::uint32_t m = 0; m < kMeasures; ++m) {
    for (auto y = static_cast<std::uint32_t>(2 * kMeasures); y < plans.size(); ++y) {
      document["totals"].push_back(
          {{"measure", m},
           {"indicator", y - 2 * kMeasures},
           {"value", numbers_of(upload, format::make_pair(2 * m, y))},
           {"check", numbers_of(upload, format::make_pair(2 * m + 1, y))}});
    }
  }
  std::puts(document.dump().c_str());
  return 0;
}

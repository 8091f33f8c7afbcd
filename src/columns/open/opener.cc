// SPDX-License-Identifier: Apache-2.0
// Key parts, and the verdict on a total and its checks. docs/maths/masked_columns.md has the
// argument, docs/maths/bounds.md the bounds.
#include "columns/open/opener.h"

#include <algorithm>
#include <list>
#include <mutex>

#include "base/declassify.h"
#include "base/hash.h"
#include "columns/open/phase_lift.h"
#include "he/arith/dispatch.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::open {
namespace {

using he::bgv::Integer;

/// Secrets kept between calls, 196 KB each for the wide set.
constexpr std::size_t kSecretsKept = 96;

}  // namespace

struct UploadOpener::State {
  State(const format::Manifest& opened_manifest, const UploadKey& upload_key);

  std::shared_ptr<const he::secret::TernarySecret> secret(std::uint32_t column);
  format::Residues sum_part(std::uint32_t column, std::span<const std::uint64_t> shared);
  format::Residues product_part(const format::ColumnPair& pair,
                                std::span<const std::uint64_t> shared,
                                std::span<const std::uint64_t> left_hint,
                                std::span<const std::uint64_t> right_hint);

  format::Manifest manifest;
  const format::ParameterSet& set;
  UploadKey key;
  he::ring::Ring ring;
  he::arith::Modulus t;
  he::bgv::Accountant accountant;
  keys::Alphas alphas;
  PhaseLift phase_lift;

  struct KeptSecret {
    std::uint32_t column;
    // shared: a caller may still read a secret that another thread's call pushes out of the list
    std::shared_ptr<const he::secret::TernarySecret> secret;
  };
  std::mutex mutex;
  std::list<KeptSecret> kept;  ///< the latest used first
};

UploadOpener::State::State(const format::Manifest& opened_manifest, const UploadKey& upload_key)
    : manifest(opened_manifest),
      set(manifest.parameters()),
      key(UploadKey::copy_of(upload_key.span())),
      ring(keys::ring_of(set)),
      t(set.bgv.plaintext_modulus()),
      accountant(set.bgv),
      alphas(key, set),
      phase_lift(set) {}

std::shared_ptr<const he::secret::TernarySecret> UploadOpener::State::secret(std::uint32_t column) {
  const std::lock_guard lock(mutex);
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const KeptSecret& entry) { return entry.column == column; });
  if (found != kept.end()) {
    kept.splice(kept.begin(), kept, found);
  } else {
    kept.push_front(
        {column, std::make_shared<const he::secret::TernarySecret>(
                     keys::derive_column_secret(key, set, ring, manifest.body().columns[column]))});
    if (kept.size() > kSecretsKept) kept.pop_back();
  }
  return kept.front().secret;
}

format::Residues UploadOpener::State::sum_part(std::uint32_t column,
                                               std::span<const std::uint64_t> shared) {
  const auto secret_x = secret(column);
  format::Residues part{};
  for (std::size_t j = 0; j < ring.primes(); ++j) {
    const auto s = secret_x->poly().residue(j);
    const auto a1 = shared.subspan(j * s.size(), s.size());
    he::arith::Uint128 sum = 0;  // 32768 products below 2^98
    for (std::size_t i = 0; i < s.size(); ++i) sum += he::arith::Uint128{a1[i]} * s[i];
    part[j] = ring.modulus(j).reduce(sum);
  }
  return part;
}

format::Residues UploadOpener::State::product_part(const format::ColumnPair& pair,
                                                   std::span<const std::uint64_t> shared,
                                                   std::span<const std::uint64_t> left_hint,
                                                   std::span<const std::uint64_t> right_hint) {
  const auto secret_x = secret(pair.left);
  const auto secret_y = secret(pair.right);
  format::Residues part{};
  for (std::size_t j = 0; j < ring.primes(); ++j) {
    const he::arith::Modulus& modulus = ring.modulus(j);
    const auto x = secret_x->poly().residue(j);
    const auto y = secret_y->poly().residue(j);
    const std::size_t at = j * x.size();
    const he::arith::WideSum sum =
        he::arith::kernels().product_part({.count = x.size(),
                                           .modulus = modulus.value(),
                                           .x_hint = left_hint.data() + at,
                                           .y_hint = right_hint.data() + at,
                                           .squares = shared.data() + ring.words() + at,
                                           .x_secret = x.data(),
                                           .y_secret = y.data()});
    part[j] = modulus.reduce(he::arith::Uint128{sum.high} << 64 | sum.low);
  }
  return part;
}

base::Result<UploadOpener> UploadOpener::create(const format::Manifest& manifest,
                                                const UploadKey& key) {
  const bool committed = base::equal_constant_time(keys::commitment_to(key, manifest.body().upload),
                                                   manifest.body().key_commitment);
  if (!base::declassified(committed)) {  // public: both outcomes are told
    return opening_refused();
  }
  return UploadOpener(std::make_unique<State>(manifest, key));
}

UploadOpener::UploadOpener(std::unique_ptr<State> state) : state_(std::move(state)) {}
UploadOpener::~UploadOpener() = default;
UploadOpener::UploadOpener(UploadOpener&&) noexcept = default;

base::Result<format::Residues> UploadOpener::key_part(std::uint32_t unit,
                                                      const format::ColumnPair& pair,
                                                      base::ByteView hint_file) const {
  UnitHints hints(state_->manifest, unit, hint_file);
  return key_part(pair, hints);
}

base::Result<format::Residues> UploadOpener::key_part(const format::ColumnPair& pair,
                                                      UnitHints& hints) const {
  const bool product = pair.right != format::kNoColumn;
  const std::size_t columns = state_->manifest.body().columns.size();
  if (pair.left >= columns || (product && pair.right >= columns) || pair.left > pair.right) {
    return base::Error(base::ErrorCode::kBadInput, "open.pair", "the manifest has no such pair");
  }
  CN_ASSIGN(const auto shared, hints.shared());
  if (!product) return state_->sum_part(pair.left, *shared);
  CN_ASSIGN(const auto left, hints.column(pair.left));
  CN_ASSIGN(const auto right, hints.column(pair.right));
  return state_->product_part(pair, *shared, *left, *right);
}

base::Result<std::int64_t> UploadOpener::open_checked(std::uint32_t unit, const CheckedPair& pair,
                                                      const MaskedNumber& value,
                                                      std::span<const MaskedNumber> checks,
                                                      const IntegerRange& range) const {
  // A pair that was planned for another set would leave an alpha unasked.
  const unsigned alphas = state_->set.check_columns;
  CHECK(pair.checks().size() == alphas && checks.size() == alphas);
  CHECK(unit < state_->manifest.body().units.size());
  const std::uint32_t chunks = state_->manifest.body().units[unit].chunks;
  const bool product = pair.value().right != format::kNoColumn;
  const he::bgv::Accountant& accountant = state_->accountant;
  const Integer bound = accountant.masked_total(chunks, product);
  if (!accountant.admits_masked_total(bound)) {
    return base::Error(
        base::ErrorCode::kRefused, "open.bound",
        "a total over " + std::to_string(chunks) + " chunks may pass an eighth of the modulus",
        "partition the table");
  }
  // A phase is nobody's to know, so all is computed and judged before anything is decided.
  const PhaseLift::Limbs blinded = PhaseLift::limbs_of(bound + accountant.modulus() / 8);
  const he::arith::Modulus& t = state_->t;
  const auto opened = state_->phase_lift.lift(value.total, value.key_part, blinded);
  std::uint64_t right = opened.inside;
  for (unsigned i = 0; i < alphas; ++i) {
    const auto check = state_->phase_lift.lift(checks[i].total, checks[i].key_part, blinded);
    const std::uint64_t expected = t.multiply(state_->alphas[i], opened.total);
    right &= check.inside & static_cast<std::uint64_t>(check.total == expected);
  }
  const std::int64_t answer = t.centre(opened.total);
  right &= static_cast<std::uint64_t>(answer >= range.low);
  right &= static_cast<std::uint64_t>(answer <= range.high);
  if (base::declassified(right) == 0) return opening_refused();  // public: it freezes the upload
  return base::declassified(answer);                             // public: what was asked for
}

}  // namespace cryptonet::columns::open

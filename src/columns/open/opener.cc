// SPDX-License-Identifier: Apache-2.0
// Key parts, and the verdict on a total and its checks. docs/maths/masked_columns.md has the
// argument, docs/maths/bounds.md the bounds.
#include "columns/open/opener.h"

#include "base/declassify.h"
#include "base/hash.h"
#include "columns/open/key_parts.h"
#include "columns/open/phase_lift.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::open {
namespace {

using he::bgv::Integer;

}  // namespace

struct UploadOpener::State {
  State(std::shared_ptr<const format::Manifest> opened_manifest, const UploadKey& upload_key);

  // shared: many questions hold the same parsed manifest
  std::shared_ptr<const format::Manifest> shared_manifest;
  const format::Manifest& manifest;
  const format::ParameterSet& set;
  UploadKey key;
  const he::ring::Ring& ring;  ///< lives as long as the program
  he::arith::Modulus t;
  he::bgv::Accountant accountant;
  keys::Alphas alphas;
  PhaseLift phase_lift;
  ColumnSecrets secrets;
};

UploadOpener::State::State(std::shared_ptr<const format::Manifest> opened_manifest,
                           const UploadKey& upload_key)
    : shared_manifest(std::move(opened_manifest)),
      manifest(*shared_manifest),
      set(manifest.parameters()),
      key(UploadKey::copy_of(upload_key.span())),
      ring(keys::ring_of(set)),
      t(set.bgv.plaintext_modulus()),
      accountant(set.bgv),
      alphas(key, set),
      phase_lift(set),
      secrets(manifest, key) {}

base::Result<UploadOpener> UploadOpener::create(std::shared_ptr<const format::Manifest> manifest,
                                                const UploadKey& key) {
  const auto& body = manifest->body();
  const bool committed =
      base::equal_constant_time(keys::commitment_to(key, body.upload), body.key_commitment);
  if (!base::declassified(committed)) {  // public: both outcomes are told
    return opening_refused();
  }
  return UploadOpener(std::make_unique<State>(std::move(manifest), key));
}

UploadOpener::UploadOpener(std::unique_ptr<State> state) : state_(std::move(state)) {}
UploadOpener::~UploadOpener() = default;
UploadOpener::UploadOpener(UploadOpener&&) noexcept = default;

base::Result<std::vector<format::Residues>> UploadOpener::key_parts(
    std::span<const format::ColumnPair> pairs, UnitHints& hints, base::ThreadPool& pool) const {
  const std::size_t columns = state_->manifest.body().columns.size();
  for (const format::ColumnPair& pair : pairs) {
    const bool product = pair.right != format::kNoColumn;
    if (pair.left >= columns || (product && pair.right >= columns) || pair.left > pair.right) {
      return base::Error(base::ErrorCode::kBadInput, "open.pair", "the manifest has no such pair");
    }
  }
  return KeyParts(state_->secrets, state_->ring, hints, pool).of(pairs);
}

base::Result<format::Residues> UploadOpener::key_part(std::uint32_t unit,
                                                      const format::ColumnPair& pair,
                                                      base::ByteView hint_file) const {
  UnitHints hints(state_->manifest, unit, hint_file);
  base::ThreadPool alone(1);
  CN_ASSIGN(const auto parts, key_parts({&pair, 1}, hints, alone));
  return parts.front();
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

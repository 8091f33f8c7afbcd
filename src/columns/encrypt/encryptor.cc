// SPDX-License-Identifier: Apache-2.0
// The upload: its key, and the secrets that derive from it.
#include "columns/encrypt/encryptor.h"

#include <algorithm>
#include <set>
#include <string>

#include "columns/encrypt/upload_state.h"

namespace cryptonet::columns::encrypt {
namespace {

base::Error bad_plan(const std::string& why) {
  return base::Error(base::ErrorCode::kBadInput, "encrypt.columns", "encrypt: " + why);
}

base::Status check_plans(const format::ParameterSet& set, const std::vector<ColumnPlan>& plans) {
  if (plans.empty() || plans.size() > format::kMaxColumns) {
    return bad_plan("there must be 1 to " + std::to_string(format::kMaxColumns) +
                    " stored columns, not " + std::to_string(plans.size()));
  }
  std::set<format::ColumnId> ids;
  for (const ColumnPlan& plan : plans) {
    if (!ids.insert(plan.id).second) return bad_plan("two stored columns have the same id");
    if (!plan.check_of) continue;
    if (*plan.check_of >= plans.size() || plans[*plan.check_of].check_of) {
      return bad_plan("a check column does not name a column that can be checked");
    }
    if (plan.check >= set.check_columns) {
      return bad_plan(std::string("a check column names an alpha that the set '") + set.name +
                      "' does not have");
    }
  }
  return base::ok();
}

std::vector<Family> families_of(const std::vector<ColumnPlan>& plans) {
  std::vector<Family> families;
  std::vector<std::size_t> place(plans.size());
  for (std::uint32_t c = 0; c < plans.size(); ++c) {
    if (plans[c].check_of) continue;
    place[c] = families.size();
    families.push_back({c, {}});
  }
  for (std::uint32_t c = 0; c < plans.size(); ++c) {
    if (plans[c].check_of) families[place[*plans[c].check_of]].checks.push_back(c);
  }
  return families;
}

}  // namespace

UploadEncryptor::State::State(const format::ParameterSet& parameter_set,
                              std::vector<ColumnPlan> column_plans, base::Randomness& source)
    : set(parameter_set),
      plans(std::move(column_plans)),
      randomness(source),
      ring(keys::ring_of(set)),
      encoder(set.bgv) {}

Lane& UploadEncryptor::State::enter_lane() {
  const std::lock_guard lock(lanes_mutex);
  const auto thread = std::this_thread::get_id();
  Lane* lane = nullptr;
  for (const auto& known : lanes) {
    if (known->busy || (lane != nullptr && known->owner != thread)) continue;
    lane = known.get();
    if (known->owner == thread) break;
  }
  if (lane == nullptr) {
    lane = lanes.emplace_back(std::make_unique<Lane>(lanes.size(), set, ring)).get();
  }
  lane->owner = thread;
  lane->busy = true;
  return *lane;
}

void UploadEncryptor::State::leave(Lane& lane) {
  const std::lock_guard lock(lanes_mutex);
  lane.busy = false;
}

base::Result<UploadEncryptor> UploadEncryptor::create(const format::ParameterSet& set,
                                                      std::vector<ColumnPlan> columns,
                                                      const base::Secret<32>& device_secret,
                                                      base::Randomness& randomness) {
  CN_RETURN_IF_ERROR(check_plans(set, columns));
  auto state = std::make_unique<State>(set, std::move(columns), randomness);
  randomness.fill(state->upload.bytes);
  randomness.fill(state->key.span());
  std::copy_n(device_secret.data(), 32, state->device_secret.data());
  for (const ColumnPlan& plan : state->plans) {
    state->secrets.push_back(
        keys::derive_column_secret(state->key, state->set, state->ring, plan.id));
  }
  state->alphas.emplace(state->key, state->set);
  for (unsigned check = 0; check < state->set.check_columns; ++check) {
    state->alpha_factors[check] = state->encoder.plaintext_modulus().shoup((*state->alphas)[check]);
  }
  state->families = families_of(state->plans);
  return UploadEncryptor(std::move(state));
}

UploadEncryptor::UploadEncryptor(std::unique_ptr<State> state) : state_(std::move(state)) {}
UploadEncryptor::~UploadEncryptor() {
  if (state_) base::wipe(state_->alpha_factors.data(), sizeof(state_->alpha_factors));
}
UploadEncryptor::UploadEncryptor(UploadEncryptor&&) noexcept = default;

format::UploadId UploadEncryptor::upload() const { return state_->upload; }

base::Digest UploadEncryptor::key_commitment() const {
  return keys::commitment_to(state_->key, state_->upload);
}

UnitEncryptor UploadEncryptor::open_unit(const format::UnitId& unit) {
  return UnitEncryptor(std::make_unique<UnitEncryptor::State>(*state_, unit));
}

}  // namespace cryptonet::columns::encrypt

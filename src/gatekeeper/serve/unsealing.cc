// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/unsealing.h"

#include <algorithm>

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

/// Of callers that failed lately; more are joined machines than ever give wrong passphrases.
constexpr std::size_t kMostCallersRemembered = 4096;

Result<std::vector<keys::Share>> parse_lines(base::ByteView lines) {
  std::vector<keys::Share> shares;
  while (!lines.empty()) {
    const auto end = std::find(lines.begin(), lines.end(), std::uint8_t{'\n'});
    const auto line = lines.first(static_cast<std::size_t>(end - lines.begin()));
    lines = lines.subspan(std::min(line.size() + 1, lines.size()));
    const bool blank =
        std::all_of(line.begin(), line.end(), [](std::uint8_t c) { return c == ' ' || c == '\r'; });
    if (blank) continue;
    CN_ASSIGN(keys::Share share, keys::parse_share(line));
    shares.push_back(std::move(share));
  }
  return shares;
}
}  // namespace

Status Unsealing::check_delay(const base::Digest& who, Clock::time_point now) {
  const auto found = failures_.find(who);
  if (found == failures_.end() || now >= found->second.not_before) return base::ok();
  const auto wait =
      std::chrono::duration_cast<std::chrono::seconds>(found->second.not_before - now).count() + 1;
  return Error(ErrorCode::kRefused, "unseal.too_many",
               "too many tries to unseal from here were wrong",
               "try again in " + std::to_string(wait) + " s");
}

void Unsealing::note_failure(const base::Digest& who, Clock::time_point now) {
  if (failures_.size() >= kMostCallersRemembered && !failures_.contains(who)) {
    failures_.erase(failures_.begin());
  }
  Failures& failures = failures_[who];
  ++failures.count;
  if (failures.count <= kFreeFailures) return;
  const unsigned doublings = std::min(failures.count - kFreeFailures - 1, 16U);
  const auto delay = std::min(std::chrono::seconds(1) * (1U << doublings), kLongestDelay);
  failures.not_before = now + delay;
}

Result<api::SealFile> Unsealing::file_of(keys::SealMode mode) const {
  CN_ASSIGN(api::SealFile file, home_.seal_file());
  if (keys::mode_of(file) == mode) return file;
  return Error(ErrorCode::kBadInput, "unseal.mode",
               "this home is sealed by " +
                   (file.mode == "none" ? std::string("nothing") : "its " + file.mode),
               "cryptonet-gatekeeper unseal asks for what it needs");
}

Status Unsealing::open(const Result<keys::MasterKey>& master, const base::Digest& who,
                       Clock::time_point now) {
  given_.clear();
  if (!master.ok()) {
    if (master.error().code == ErrorCode::kIntegrity) note_failure(who, now);
    return master.error();
  }
  CN_RETURN_IF_ERROR(gate_.unseal(*master));
  failures_.clear();
  return base::ok();
}

Result<api::SealState> Unsealing::by_passphrase(const base::Digest& who, base::ByteView passphrase,
                                                Clock::time_point now) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return Error(ErrorCode::kRefused, "unseal.too_many", "another passphrase is being tried",
                 "try again in a second");
  }
  CN_ASSIGN(const api::SealFile file, file_of(keys::SealMode::kPassphrase));
  CN_RETURN_IF_ERROR(check_delay(who, now));
  if (gate_.sealed()) {
    CN_RETURN_IF_ERROR(open(keys::open_by_passphrase(file, passphrase), who, now));
  }
  return state_locked();
}

Result<api::SealState> Unsealing::by_shares(const base::Digest& who, base::ByteView lines,
                                            Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  CN_ASSIGN(const api::SealFile file, file_of(keys::SealMode::kShares));
  CN_RETURN_IF_ERROR(check_delay(who, now));
  forget_stale(now);
  if (!gate_.sealed()) return state_locked();
  CN_ASSIGN(std::vector<keys::Share> shares, parse_lines(lines));
  if (shares.empty()) {
    return Error(ErrorCode::kBadInput, "share.malformed", "there is no share in this");
  }
  if (shares.size() > 1) {
    CN_RETURN_IF_ERROR(keys::check_together(shares, file.share_set, file.threshold));
    CN_RETURN_IF_ERROR(open(keys::open_by_shares(file, shares), who, now));
    return state_locked();
  }
  given_.push_back(std::move(shares.front()));
  // Whether it fits those that wait; too few of them is no error here.
  const auto fits = keys::check_together(given_, file.share_set, file.threshold);
  if (!fits.ok() && fits.error().rule != "share.too_few") {
    given_.pop_back();
    return fits.error();
  }
  if (given_.size() == 1) randomness_.fill(attempt_);
  last_given_ = now;
  if (fits.ok()) CN_RETURN_IF_ERROR(open(keys::open_by_shares(file, given_), who, now));
  return state_locked();
}

void Unsealing::forget_stale(Clock::time_point now) {
  if (now - last_given_ > kPatience) given_.clear();
}

Result<api::SealState> Unsealing::reset() {
  const std::lock_guard lock(mutex_);
  given_.clear();
  return state_locked();
}

Result<api::SealState> Unsealing::state(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  forget_stale(now);
  return state_locked();
}

Result<api::SealState> Unsealing::state_locked() {
  CN_ASSIGN(const api::SealFile file, home_.seal_file());
  api::SealState state;
  state.sealed = gate_.sealed();
  state.mode = file.mode;
  state.share_set = file.share_set;
  state.shares = file.shares;
  state.threshold = file.threshold;
  state.given = static_cast<std::uint32_t>(given_.size());
  if (!given_.empty()) state.attempt = base::to_hex(attempt_);
  return state;
}

}  // namespace cryptonet::gatekeeper::serve

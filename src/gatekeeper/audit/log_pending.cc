// SPDX-License-Identifier: Apache-2.0
// What waits in the state: for the log to open, for a change to be made, for the disk to work
// again.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "gatekeeper/audit/log.h"

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Result;
using base::Status;

constexpr std::size_t kPendingAtOnce = 1024;  ///< so that segments stay as small as they are

std::string pending_line(Record record, const std::string& time) {
  record.sequence = 1;
  record.time = time;
  std::string line;
  cryptonet::audit::write_record(std::move(record), line);
  return line;
}
}  // namespace

Status Log::add_pending(Event event) {
  CN_RETURN_IF_ERROR(state_heads_.add_pending(pending_line(std::move(event.record_), now_text())));
  return base::ok();
}

Result<std::int64_t> Log::announce(Event intent) {
  const auto life = enter();
  // Held until the row is known: whoever takes what waits must not take this one.
  const std::lock_guard lock(pending_mutex_);
  CN_ASSIGN(const std::int64_t id,
            state_heads_.add_pending(pending_line(std::move(intent.record_), now_text())));
  announced_.insert(id);
  return id;
}

Status Log::settle(std::int64_t announced, std::optional<Event> made) {
  const auto life = enter();
  Status settled = base::ok();
  if (made.has_value()) settled = record_open(std::move(*made));
  if (settled.ok()) {
    // A row that stays tells of the change a second time, which is better than not at all.
    if (const Status removed = state_heads_.remove_pending({announced}); !removed.ok()) {
      spdlog::warn("a settled event waits in the state: {}", base::describe(removed.error()));
    }
  }
  const std::lock_guard lock(pending_mutex_);
  announced_.erase(announced);
  return settled;
}

/// A crash between the two steps records something twice, never not at all.
Status Log::take_pending() {
  std::vector<state::AuditHeads::Pending> pending;
  {
    const std::lock_guard lock(pending_mutex_);
    CN_ASSIGN(pending, state_heads_.pending());
    std::erase_if(pending, [this](const auto& one) { return announced_.contains(one.id); });
  }
  for (std::size_t first = 0; first < pending.size(); first += kPendingAtOnce) {
    const std::size_t last = std::min(pending.size(), first + kPendingAtOnce);
    std::vector<Event> events;
    std::vector<std::int64_t> ids;
    for (std::size_t i = first; i < last; ++i) {
      CN_ASSIGN(auto parsed, cryptonet::audit::parse_record(pending[i].record));
      events.emplace_back(Kind::kAdministration);
      events.back().record_ = std::move(parsed.record);
      ids.push_back(pending[i].id);
    }
    CN_RETURN_IF_ERROR(record_open(std::move(events)));
    CN_RETURN_IF_ERROR(state_heads_.remove_pending(ids));
  }
  return base::ok();
}

/// What could not be told when it happened is told by its number: a gap that nobody sees would look
/// like quiet.
Status Log::tell_lost() {
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    lost = lost_;
  }
  if (lost == 0 && !failing_) return base::ok();
  CN_RETURN_IF_ERROR(
      record_open(Event(Kind::kAdministration).action("log_resumed").count("lost", lost)));
  const std::lock_guard lock(mutex_);
  lost_ -= lost;
  return base::ok();
}

Status Log::keep_head() {
  const auto life = enter();
  if (!is_open_) return base::ok();
  CN_RETURN_IF_ERROR(take_pending());
  CN_RETURN_IF_ERROR(tell_lost());
  return keep_newest();
}

}  // namespace cryptonet::gatekeeper::audit

// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/audit/head_slots.h"

#include <algorithm>
#include <array>

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Bytes;
using base::Result;
using base::Status;

constexpr std::size_t kSlotBytes = cryptonet::audit::kMaxHeadBytes;
constexpr std::size_t kSlots = 2;

std::optional<Head> head_in(base::ByteView bytes, std::size_t slot) {
  if (bytes.size() < (slot + 1) * kSlotBytes) return std::nullopt;
  std::string_view text = base::text_of(bytes.subspan(slot * kSlotBytes, kSlotBytes));
  text = text.substr(0, text.find_last_not_of(" \n") + 1);
  auto head = cryptonet::audit::parse_head(text);
  if (!head.ok()) return std::nullopt;
  return std::move(*head);
}
}  // namespace

Result<HeadSlots> HeadSlots::open(LogDisk& disk, const std::filesystem::path& path) {
  CN_ASSIGN(auto file, disk.open(path));
  return HeadSlots(std::move(file));
}

Result<std::optional<Head>> HeadSlots::newest() {
  CN_ASSIGN(known_, file_->read());
  std::optional<Head> newest;
  next_ = 0;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    auto head = head_in(known_, slot);
    if (!head.has_value()) continue;
    if (newest.has_value() && head->sequence < newest->sequence) continue;
    newest = std::move(head);
    next_ = (slot + 1) % kSlots;
  }
  known_.resize(kSlots * kSlotBytes, ' ');
  return newest;
}

Result<bool> HeadSlots::unchanged() {
  CN_ASSIGN(Bytes now, file_->read());
  now.resize(kSlots * kSlotBytes, ' ');
  return now == known_;
}

Status HeadSlots::write(const Head& head) {
  std::string text = cryptonet::audit::write_head(head);
  CHECK(text.size() < kSlotBytes);
  text.resize(kSlotBytes - 1, ' ');
  text += '\n';
  CN_RETURN_IF_ERROR(file_->write_at(next_ * kSlotBytes, base::view_of(text)));
  CN_RETURN_IF_ERROR(file_->sync());
  known_.resize(kSlots * kSlotBytes, ' ');
  std::copy(text.begin(), text.end(),
            known_.begin() + static_cast<std::ptrdiff_t>(next_ * kSlotBytes));
  next_ = (next_ + 1) % kSlots;
  return base::ok();
}

}  // namespace cryptonet::gatekeeper::audit

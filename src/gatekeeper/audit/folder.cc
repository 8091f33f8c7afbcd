// SPDX-License-Identifier: Apache-2.0
// The turn is held while sizes and heads are read; the segments are read after that, up to those
// sizes, so that a long log keeps nobody waiting.
#include "gatekeeper/audit/folder.h"

#include "gatekeeper/audit/head_slots.h"

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Result;
using cryptonet::audit::Checked;
using cryptonet::audit::KnownHead;
using cryptonet::audit::Verifier;

struct Snapshot {
  std::optional<Head> head;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> segments;  ///< first sequence, size
};

Result<Snapshot> snapshot(const std::filesystem::path& folder) {
  LogDisk& disk = real_log_disk();
  CN_ASSIGN(const Turn turn, Turn::take(folder / "lock", std::chrono::seconds(10)));
  Snapshot taken;
  CN_ASSIGN(HeadSlots slots, HeadSlots::open(disk, folder / "heads"));
  CN_ASSIGN(taken.head, slots.newest());
  CN_ASSIGN(const auto names, list_segments(folder));
  for (const std::uint64_t first : names) {
    CN_ASSIGN(const auto file, disk.open(folder / segment_name(first)));
    CN_ASSIGN(const std::uint64_t size, file->size());
    taken.segments.emplace_back(first, size);
  }
  return taken;
}

/// The lines of one segment. Behind the newest head may stand what a crash left.
void feed(Verifier& verifier, std::string_view text, const std::optional<Head>& head,
          std::uint64_t& last) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const bool promised = !head.has_value() || last < head->sequence;
    const std::string_view line = text.substr(0, end);
    const bool whole = end != std::string_view::npos && cryptonet::audit::parse_record(line).ok();
    if (!promised && !whole) return;
    const auto record = verifier.line(line);
    if (record.has_value()) last = record->record.sequence;
    if (end == std::string_view::npos) {
      verifier.torn();
      return;
    }
    text.remove_prefix(end + 1);
  }
}
}  // namespace

Result<Checked> verify_folder(const std::filesystem::path& folder,
                              const cryptonet::audit::Known& known) {
  CN_ASSIGN(const Snapshot taken, snapshot(folder));
  Verifier verifier;
  if (taken.head.has_value()) verifier.expect(*taken.head, "the head in audit/heads");
  for (const KnownHead& other : known.heads) verifier.expect(other.head, other.source);
  std::uint64_t last = 0;
  for (const auto& [first, size] : taken.segments) {
    CN_ASSIGN(const auto file, real_log_disk().open(folder / segment_name(first)));
    CN_ASSIGN(base::Bytes bytes, file->read());
    if (bytes.size() > size) bytes.resize(size);
    verifier.begin_file("audit/" + segment_name(first));
    feed(verifier, base::text_of(bytes), taken.head, last);
  }
  if (taken.head.has_value()) {
    compare_keys(verifier, *taken.head, known);
  } else {
    verifier.add("audit.head_missing", 0, "there is no signed head in audit/heads");
  }
  Checked checked;
  checked.head = taken.head;
  checked.report = std::move(verifier).finish();
  return checked;
}

}  // namespace cryptonet::gatekeeper::audit

// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/audit/tail.h"

#include <algorithm>

#include "audit/verifier.h"

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using cryptonet::audit::Verifier;

constexpr const char* kMend =
    "keep a copy of the folder audit/ as it is, find out who changed it, then restore it from a "
    "backup; cryptonet-gatekeeper audit verify names every place";

Error damaged(const cryptonet::audit::Report& report) {
  CHECK(!report.findings.empty());
  const auto& finding = report.findings.front();
  return Error(ErrorCode::kIntegrity, finding.rule,
               "the audit log was changed: " + cryptonet::audit::describe(finding), kMend);
}

/// Reads one segment up to the first thing in it that is not sound.
Result<FoundTail> scan(base::ByteView bytes, std::uint64_t first,
                       const std::vector<KnownHead>& heads) {
  FoundTail found;
  found.tail = {first - 1, {}, first, 0};
  found.file_size = bytes.size();
  std::uint64_t acknowledged = 0;
  Verifier verifier(first);
  for (const KnownHead& known : heads) {
    verifier.expect(known.head, known.source);
    acknowledged = std::max(acknowledged, known.head.sequence);
  }
  verifier.begin_file("audit/" + segment_name(first));
  const std::string_view text = base::text_of(bytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    const auto record = verifier.line(text.substr(at, end - at));
    if (!verifier.sound()) break;
    found.tail.sequence = record->record.sequence;
    found.tail.hash = record->hash;
    at = found.tail.size = end + 1;
    if (found.tail.sequence <= acknowledged) found.acknowledged_size = at;
  }
  if (found.tail.sequence < acknowledged) return damaged(std::move(verifier).finish());
  const auto rest =
      bytes.subspan(found.acknowledged_size, found.tail.size - found.acknowledged_size);
  found.unacknowledged.assign(rest.begin(), rest.end());
  return found;
}

Result<FoundTail> scan_file(LogDisk& disk, const std::filesystem::path& folder, std::uint64_t first,
                            const std::vector<KnownHead>& heads) {
  CN_ASSIGN(const auto file, disk.open(folder / segment_name(first)));
  CN_ASSIGN(const base::Bytes bytes, file->read());
  return scan(bytes, first, heads);
}
}  // namespace

Result<FoundTail> find_tail(LogDisk& disk, const std::filesystem::path& folder,
                            const std::vector<KnownHead>& heads) {
  CN_ASSIGN(const auto segments, list_segments(folder));
  if (segments.empty()) return scan({}, 1, heads);
  const std::uint64_t last = segments.back();
  CN_ASSIGN(FoundTail found, scan_file(disk, folder, last, heads));
  if (found.tail.sequence >= last || segments.size() == 1) return found;
  // A crash left the last segment without a record: the last one is in the segment before it.
  CN_ASSIGN(const FoundTail before, scan_file(disk, folder, segments[segments.size() - 2], heads));
  if (before.tail.sequence != last - 1) {
    return Error(ErrorCode::kIntegrity, "audit.dropped",
                 "the audit log was changed: record " + std::to_string(last - 1) +
                     " does not stand before audit/" + segment_name(last),
                 kMend);
  }
  found.tail.hash = before.tail.hash;
  return found;
}

}  // namespace cryptonet::gatekeeper::audit

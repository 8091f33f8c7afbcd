// SPDX-License-Identifier: Apache-2.0
// An audit log that somebody else wrote: no crash, and what is accepted is what was hashed. First
// byte even: the rest is an export. Odd: the rest is the content of records, one per 16 bytes,
// which get the hashes that a real log has; a bit of one of them is flipped by the byte before.
#include <cstdint>
#include <cstdlib>

#include "audit/exported.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::audit;

constexpr std::size_t kContentBytes = 16;
constexpr const char* kTime = "2026-11-23T00:51:13.123Z";

/// Whatever the bytes are, the line is a record, and reads back as the one that was written.
std::string line_of(std::uint64_t sequence, base::ByteView content, base::Digest& previous) {
  Record record;
  record.sequence = sequence;
  record.time = kTime;
  record.kind = "release";
  record.outcome = content[0] % 2 == 0 ? "done" : "refused";
  record.rule = content[0] % 3 == 0 ? "" : "a.rule";
  const std::string text(base::text_of(content.subspan(1)));
  if (content[0] % 5 == 0) record.person = text;
  record.details[text.substr(0, 4)] = text.substr(4);
  record.previous = previous;
  std::string line;
  previous = write_record(record, line).hash;
  const auto parsed = parse_record(line);
  if (!parsed.ok() || parsed->hash != previous) std::abort();
  return line;
}

std::string log_of(base::ByteView input) {
  std::string text;
  base::Digest previous{};
  std::uint64_t sequence = 0;
  for (std::size_t at = 1; at + kContentBytes <= input.size(); at += kContentBytes) {
    text += line_of(++sequence, input.subspan(at, kContentBytes), previous) + "\n";
  }
  const base::Secret<32> seed;
  text += write_head(HeadSigner(seed).sign(sequence, previous, kTime)) + "\n";
  const auto checked = verify_exported(text, "log", {});
  if (!checked.report.findings.empty()) std::abort();
  const std::size_t flipped = input[0] / 2U;
  if (flipped != 0) {
    const std::size_t at = flipped * 131 % text.size();
    text[at] = static_cast<char>(text[at] ^ 1);
    if (verify_exported(text, "log", {}).report.findings.empty()) std::abort();
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 65536) return 0;
  const base::ByteView input(data, size);
  std::string text(base::text_of(input.subspan(1)));
  if (data[0] % 2 != 0) text = log_of(input);
  Known known;
  if (auto head = head_of_text(text); head.ok()) known.heads.push_back({*head, "itself"});
  const auto checked = verify_exported(text, "log", known);
  base::Secret<32> other;
  other.span()[0] = 1;
  known.heads.assign({{HeadSigner(other).sign(2, {}, kTime), "another log"}});
  if (verdict(verify_exported(text, "log", known)).ok()) std::abort();
  known.heads.clear();
  known.key = HeadSigner(other).key();
  if (checked.head.has_value() && verdict(verify_exported(text, "log", known)).ok()) std::abort();
  if (report_text(checked).empty() || report_json(checked).empty()) std::abort();
  // Sound means: it is the one spelling of its records.
  if (verdict(checked).ok() && !checked.head.has_value()) std::abort();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (const auto parsed = parse_record(line); parsed.ok()) {
      std::string again;
      if (write_record(parsed->record, again).hash != parsed->hash || again != line) std::abort();
    }
    at = end + 1;
  }
  return 0;
}

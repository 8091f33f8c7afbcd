// SPDX-License-Identifier: Apache-2.0
// Whatever is done to a log of 200 records is found, and named at the line where it was done.
#include "audit/verifier.h"

#include <gtest/gtest.h>

#include <random>

#include "base/hash.h"

namespace cryptonet::audit {
namespace {

using Lines = std::vector<std::string>;
constexpr std::uint64_t kRecords = 200;

Lines make_log(std::uint64_t count = kRecords) {
  Lines lines;
  base::Digest previous{};
  for (std::uint64_t i = 1; i <= count; ++i) {
    Record record;
    record.sequence = i;
    record.time = "2026-11-23T00:51:13.123Z";
    record.kind = "release";
    record.machine = "researcher";
    record.outcome = "done";
    record.details["dataset"] = "t" + std::to_string(i);
    record.previous = previous;
    lines.emplace_back();
    previous = write_record(record, lines.back()).hash;
  }
  return lines;
}

const Lines& log() {
  static const Lines lines = make_log();
  return lines;
}

HeadSigner signer() {
  base::Secret<32> seed;
  return HeadSigner(seed);
}

/// The head that was kept elsewhere when the log was whole.
Head kept_head(const Lines& lines) {
  const auto last = parse_record(lines.back());
  return signer().sign(last->record.sequence, last->hash, last->record.time);
}

Report verify(const Lines& lines, bool with_head = true) {
  Verifier verifier;
  if (with_head) verifier.expect(kept_head(log()), "the kept head");
  for (const std::string& line : lines) verifier.line(line);
  return std::move(verifier).finish();
}

std::string all(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) text += describe(finding) + "\n";
  return text;
}

/// The text of a log cut at line ends, as it is read from a file.
Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(AuditVerifier, FindsNothingInAWholeLog) {
  const Report report = verify(log());
  EXPECT_TRUE(report.findings.empty()) << all(report);
  EXPECT_EQ(report.records, kRecords);
  EXPECT_EQ(report.first, 1U);
  EXPECT_EQ(report.last, kRecords);
  EXPECT_EQ(report.last_hash, kept_head(log()).hash);
}

/// A byte of line `line` (from 1) becomes another; `at` counts from the line's start.
std::string altered_text(const Lines& lines, std::size_t line, std::size_t at, unsigned by) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t start = text.size();
    text += lines[i] + "\n";
    if (i + 1 == line)
      text[start + at] = static_cast<char>(text[start + at] ^ static_cast<char>(by));
  }
  return text;
}

TEST(AuditVerifier, NamesTheLineOfEverySingleByteChange) {
  std::mt19937 random(1);
  std::size_t changes = 0;
  for (std::size_t line = 1; line <= kRecords; ++line) {
    for (std::size_t at = 0; at <= log()[line - 1].size(); ++at) {
      const unsigned by = 1 + static_cast<unsigned>(random() % 255);
      // All of the log now and then, else the neighbours: what is found is the same.
      const bool whole = ++changes % 97 == 0;
      const std::size_t from = whole || line < 3 ? 0 : line - 3;
      const std::size_t to = whole ? kRecords : std::min<std::size_t>(line + 3, kRecords);
      const Lines part(log().begin() + static_cast<std::ptrdiff_t>(from),
                       log().begin() + static_cast<std::ptrdiff_t>(to));
      Verifier verifier(from + 1);
      verifier.expect(kept_head(part), "the kept head");
      const auto altered = lines_of(altered_text(part, line - from, at, by));
      for (const std::string& text : altered) verifier.line(text);
      const Report report = std::move(verifier).finish();
      ASSERT_FALSE(report.findings.empty()) << line << ":" << at;
      EXPECT_EQ(report.findings[0].line, line - from) << line << ":" << at << "\n" << all(report);
      EXPECT_EQ(report.findings[0].sequence, line) << line << ":" << at << "\n" << all(report);
      // One change, one finding; more where lines were joined or parted, or the end is gone too.
      const bool parted = at == log()[line - 1].size() || altered.size() != part.size();
      if (!parted) {
        EXPECT_EQ(report.findings.size(), line == kRecords ? 2U : 1U) << all(report);
      }
    }
  }
  EXPECT_GT(changes, 200U * 250U);
}

TEST(AuditVerifier, NamesEveryDroppedLine) {
  for (std::size_t i = 0; i < kRecords; ++i) {
    Lines lines = log();
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    const Report report = verify(lines);
    ASSERT_EQ(report.findings.size(), 1U) << i << "\n" << all(report);
    const Finding& finding = report.findings.front();
    EXPECT_EQ(finding.sequence, i + 1 == kRecords ? kRecords : i + 1);
    EXPECT_EQ(finding.rule, i + 1 == kRecords ? "audit.cut_off" : "audit.dropped");
    EXPECT_EQ(finding.line, i + 1 == kRecords ? i : i + 1);
  }
}

TEST(AuditVerifier, NamesEveryLineThatStandsTwice) {
  for (std::size_t i = 0; i < kRecords; ++i) {
    Lines lines = log();
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), log()[i]);
    const Report report = verify(lines);
    ASSERT_EQ(report.findings.size(), 1U) << i << "\n" << all(report);
    EXPECT_EQ(report.findings.front().rule, "audit.repeated");
    EXPECT_EQ(report.findings.front().line, i + 2);
    EXPECT_EQ(report.findings.front().sequence, i + 1);
  }
}

TEST(AuditVerifier, NamesEveryPairOfNeighboursThatWereSwapped) {
  for (std::size_t i = 0; i + 1 < kRecords; ++i) {
    Lines lines = log();
    std::swap(lines[i], lines[i + 1]);
    const Report report = verify(lines);
    ASSERT_EQ(report.findings.size(), 1U) << i << "\n" << all(report);
    EXPECT_EQ(report.findings.front().rule, "audit.moved");
    EXPECT_EQ(report.findings.front().line, i + 1);
    EXPECT_EQ(report.findings.front().sequence, i + 2);
  }
}

TEST(AuditVerifier, NamesBothPlacesOfEverySwap) {
  for (std::size_t a = 0; a < kRecords; a += 3) {
    for (std::size_t b = a + 2; b < kRecords; b += 7) {
      Lines lines = log();
      std::swap(lines[a], lines[b]);
      const Report report = verify(lines);
      ASSERT_EQ(report.findings.size(), 2U) << a << " " << b << "\n" << all(report);
      EXPECT_EQ(report.findings[0].line, a + 1);
      EXPECT_EQ(report.findings[0].sequence, b + 1);
      EXPECT_EQ(report.findings[1].line, b + 1);
      EXPECT_EQ(report.findings[1].sequence, a + 1);
    }
  }
}

TEST(AuditVerifier, NamesALineThatWasPutIn) {
  Record record;
  record.sequence = 51;
  record.time = "2026-11-23T00:51:13.123Z";
  record.kind = "release";
  record.outcome = "done";
  record.previous = parse_record(log()[49])->hash;
  std::string forged;
  write_record(record, forged);
  Lines lines = log();
  lines.insert(lines.begin() + 50, forged);  // before the true record 51
  const Report report = verify(lines);
  ASSERT_EQ(report.findings.size(), 2U) << all(report);
  EXPECT_EQ(report.findings[0].rule, "audit.inserted");
  EXPECT_EQ(report.findings[0].line, 52U);
  EXPECT_EQ(report.findings[1].rule, "audit.chain");
  EXPECT_EQ(report.findings[1].line, 53U);
}

TEST(AuditVerifier, FindsALineThatWasReplacedWithItsHash) {
  for (std::size_t i = 0; i < kRecords; ++i) {
    Record record = parse_record(log()[i])->record;
    record.details["dataset"] = "another";
    Lines lines = log();
    write_record(record, lines[i]);
    const Report report = verify(lines);
    ASSERT_EQ(report.findings.size(), 1U) << i << "\n" << all(report);
    const bool last = i + 1 == kRecords;
    EXPECT_EQ(report.findings.front().rule, last ? "audit.other_head" : "audit.chain");
    EXPECT_EQ(report.findings.front().line, last ? i + 1 : i + 2);
  }
}

TEST(AuditVerifier, FindsALogThatWasWrittenAnewByItsHeadAlone) {
  Lines lines = make_log(kRecords + 5);
  for (std::size_t i = 100; i < lines.size(); ++i) {
    Record record = parse_record(lines[i])->record;
    record.machine = "another";
    record.previous = parse_record(lines[i - 1])->hash;
    write_record(record, lines[i]);
  }
  EXPECT_TRUE(verify(lines, false).findings.empty());
  const Report report = verify(lines);
  ASSERT_EQ(report.findings.size(), 1U) << all(report);
  EXPECT_EQ(report.findings.front().rule, "audit.other_head");
  EXPECT_EQ(report.findings.front().sequence, kRecords);
}

TEST(AuditVerifier, SaysHowManyFindingsItLeavesOut) {
  const Report report = verify(Lines(kMaxFindings + 7, "x"));
  EXPECT_EQ(report.findings.size(), kMaxFindings);
  EXPECT_EQ(report.more, 8U);  // the end that was cut off too
}

TEST(AuditVerifier, TakesAPartThatBeginsLater) {
  Verifier verifier(101);
  verifier.begin_file("part");
  verifier.expect(kept_head(log()), "the kept head");
  for (std::size_t i = 100; i < kRecords; ++i) verifier.line(log()[i]);
  const Report report = std::move(verifier).finish();
  EXPECT_TRUE(report.findings.empty()) << all(report);
  EXPECT_EQ(report.first, 101U);
}

}  // namespace
}  // namespace cryptonet::audit

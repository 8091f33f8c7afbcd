// SPDX-License-Identifier: Apache-2.0
// An exported log stands for itself, and against heads that were kept before.
#include "audit/exported.h"

#include <gtest/gtest.h>

namespace cryptonet::audit {
namespace {

constexpr const char* kTime = "2026-11-23T00:51:13.123Z";

HeadSigner signer(std::uint8_t number = 1) {
  base::Secret<32> seed;
  seed.span()[0] = number;
  return HeadSigner(seed);
}

/// An export of `count` records; the same beginning for every count.
std::string exported(std::uint64_t count, std::uint8_t key = 1) {
  std::string text;
  std::string line;
  base::Digest previous{};
  for (std::uint64_t i = 1; i <= count; ++i) {
    Record record;
    record.sequence = i;
    record.time = kTime;
    record.kind = "release";
    record.outcome = "done";
    record.previous = previous;
    previous = write_record(record, line).hash;
    text += line + "\n";
  }
  return text + write_head(signer(key).sign(count, previous, kTime)) + "\n";
}

Known kept(const std::string& earlier) {
  return {{{*head_of_text(earlier), "the earlier export"}}, {}};
}

std::string first_rule(const Checked& checked) {
  return checked.report.findings.empty() ? "" : checked.report.findings.front().rule;
}

TEST(AuditExported, IsSoundAsItWasWritten) {
  for (const std::uint64_t count : {0U, 1U, 20U}) {
    const auto checked = verify_exported(exported(count), "log", {});
    EXPECT_EQ(first_rule(checked), "") << report_text(checked);
    EXPECT_EQ(checked.report.records, count);
    EXPECT_TRUE(verdict(checked).ok());
  }
}

TEST(AuditExported, GoesOnFromAnEarlierHead) {
  EXPECT_EQ(first_rule(verify_exported(exported(20), "log", kept(exported(7)))), "");
  const auto shorter = verify_exported(exported(6), "log", kept(exported(7)));
  EXPECT_EQ(first_rule(shorter), "audit.cut_off");
  EXPECT_EQ(verdict(shorter).error().code, base::ErrorCode::kIntegrity);
  EXPECT_EQ(first_rule(verify_exported(exported(20), "log", kept(exported(7, 2)))), "audit.key");
}

TEST(AuditExported, IsComparedWithAKeyFromElsewhere) {
  const std::string text = exported(5);
  const auto alone = verify_exported(text, "log", {});
  EXPECT_FALSE(alone.compared);
  EXPECT_NE(report_text(alone).find("compared with nothing"), std::string::npos);
  Known known;
  known.key = alone.head->key;
  const auto good = verify_exported(text, "log", known);
  EXPECT_TRUE(good.compared);
  EXPECT_EQ(first_rule(good), "");
  EXPECT_EQ(report_text(good).find("compared with nothing"), std::string::npos);
  EXPECT_EQ(first_rule(verify_exported(exported(5, 2), "log", known)), "audit.key");
}

TEST(AuditExported, NeedsItsHeadAndItsEnd) {
  const std::string text = exported(5);
  const std::size_t head = text.rfind("{\"format\"");
  EXPECT_EQ(first_rule(verify_exported(text.substr(0, head), "log", {})), "audit.no_head");
  EXPECT_EQ(first_rule(verify_exported("", "log", {})), "audit.no_head");
  std::string altered = text;
  altered[text.rfind("\"signature\"") + 20] ^= 1;
  EXPECT_EQ(first_rule(verify_exported(altered, "log", {})), "audit.head");
  // A head may not stand in the middle, and nothing after it.
  EXPECT_EQ(first_rule(verify_exported(text + exported(5), "log", {})), "audit.malformed");
  EXPECT_EQ(first_rule(verify_exported(text.substr(0, head - 3), "log", {})), "audit.malformed");
  // The last records and a head over what is left.
  const auto cut = verify_exported(exported(4), "log", kept(text));
  EXPECT_EQ(first_rule(cut), "audit.cut_off");
}

TEST(AuditExported, IsReportedForPeopleAndPrograms) {
  std::string text = exported(3);
  text[text.find("release")] = 'R';
  const auto checked = verify_exported(text, "log.jsonl", {});
  EXPECT_NE(report_text(checked).find("log.jsonl:1: record 1: "), std::string::npos);
  EXPECT_NE(report_text(checked).find("THE LOG WAS CHANGED"), std::string::npos);
  EXPECT_NE(report_json(checked).find("\"rule\":\"audit.malformed\",\"file\":\"log.jsonl\","
                                      "\"line\":1,\"sequence\":1"),
            std::string::npos);
}

}  // namespace
}  // namespace cryptonet::audit

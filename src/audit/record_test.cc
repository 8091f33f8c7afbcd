// SPDX-License-Identifier: Apache-2.0
// Records and heads have one spelling each, and nothing else is one.
#include "audit/record.h"

#include <gtest/gtest.h>

#include "audit/head.h"
#include "base/hash.h"

namespace cryptonet::audit {
namespace {

Record sample() {
  Record record;
  record.sequence = 7;
  record.time = "2026-11-23T00:51:13.123Z";
  record.kind = "question";
  record.person = "ada \"the first\" \xC3\xA9\n";
  record.outcome = "done";
  record.details = {{"dataset", "t"}, {"action", "asked"}};
  record.previous.fill(0xAB);
  return record;
}

TEST(AuditRecord, HasOneSpelling) {
  std::string line;
  const auto written = write_record(sample(), line);
  // Made with Python: json.dumps(…, separators=(",", ":"), ensure_ascii=False) and hashlib.sha256.
  EXPECT_EQ(line,
            "{\"seq\":7,\"time\":\"2026-11-23T00:51:13.123Z\",\"kind\":\"question\",\"person\":"
            "\"ada \\\"the first\\\" \xC3\xA9\\n\",\"machine\":null,\"address\":null,\"outcome\":"
            "\"done\",\"rule\":\"\",\"details\":{\"action\":\"asked\",\"dataset\":\"t\"},\"prev\":"
            "\"abababababababababababababababababababababababababababababababab\",\"hash\":"
            "\"60b4a58a207587c23c8887234eb25f65134abf8fa97aff59ce15a8100d924d4d\"}");
  const auto parsed = parse_record(line);
  ASSERT_TRUE(parsed.ok()) << base::describe(parsed.error());
  EXPECT_EQ(parsed->hash, written.hash);
  EXPECT_EQ(parsed->record.person, sample().person);
  EXPECT_EQ(parsed->record.machine, std::nullopt);
  EXPECT_EQ(parsed->record.details, sample().details);
  EXPECT_EQ(parsed->record.previous, sample().previous);
}

TEST(AuditRecord, RefusesEverySingleByteChange) {
  std::string line;
  write_record(sample(), line);
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string altered = line;
      altered[at] = static_cast<char>(value);
      if (altered == line) continue;
      const auto parsed = parse_record(altered);
      ASSERT_FALSE(parsed.ok()) << at << " " << value;
      EXPECT_EQ(parsed.error().code, base::ErrorCode::kIntegrity);
    }
    EXPECT_FALSE(parse_record(line.substr(0, at)).ok()) << at;
  }
}

TEST(AuditRecord, RefusesAnotherSpellingUnderItsOwnHash) {
  std::string line;
  write_record(sample(), line);
  const auto rehashed = [](std::string text) {
    text += ",\"hash\":\"" + base::to_hex(base::sha256(base::view_of(text))) + "\"}";
    return text;
  };
  const std::string hashed = line.substr(0, line.rfind(",\"hash\""));
  ASSERT_TRUE(parse_record(rehashed(hashed)).ok());
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = hashed;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    const auto parsed = parse_record(rehashed(text.replace(at, from.size(), to)));
    ASSERT_FALSE(parsed.ok()) << to;
    EXPECT_EQ(parsed.error().rule, "audit.malformed") << to;
  };
  refused("\"seq\":7", "\"seq\": 7");
  refused("\"seq\":7", "\"seq\":7.0");
  refused("\"seq\":7", "\"seq\":0");
  refused("\"seq\":7", "\"seq\":9007199254740992");
  refused("\"seq\":7", "\"seq\":7,\"seq\":7");
  refused("\"kind\":\"question\"", "\"kind\":\"Question\"");
  refused("\"machine\":null", "\"machine\":5");
  refused("\"machine\":null,", "");
  refused("\"rule\":\"\"", "\"rule\":\"\",\"more\":1");
  refused("\"outcome\":\"done\"", "\"outcome\":\"maybe\"");
  refused("2026-11-23T", "2026-11-23 ");
  refused("\"action\":\"asked\",\"dataset\":\"t\"", "\"dataset\":\"t\",\"action\":\"asked\"");
  refused("\"action\":\"asked\"", "\"action\":[]");
  refused("abab", "ABab");
  refused("\xC3\xA9", "\\u00e9");
  refused("\xC3\xA9", "\xC3");
}

TEST(AuditRecord, ReplacesBytesThatAreNoText) {
  Record record = sample();
  record.person = "\xFF\xFE";
  std::string line;
  write_record(record, line);
  const auto parsed = parse_record(line);
  ASSERT_TRUE(parsed.ok()) << base::describe(parsed.error());
  EXPECT_EQ(parsed->record.person, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(AuditHead, IsSignedAndHasOneSpelling) {
  base::Secret<32> seed;
  seed.span()[0] = 1;
  const HeadSigner signer(seed);
  base::Digest hash{};
  hash.fill(0x11);
  const std::string line = write_head(signer.sign(12, hash, "2026-11-23T00:51:13.123Z"));
  EXPECT_LT(line.size(), kMaxHeadBytes);
  EXPECT_TRUE(looks_like_head(line));
  const auto head = parse_head(line);
  ASSERT_TRUE(head.ok()) << base::describe(head.error());
  EXPECT_EQ(head->sequence, 12U);
  EXPECT_EQ(head->hash, hash);
  EXPECT_EQ(head->key, signer.key());
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string altered = line;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_FALSE(parse_head(altered).ok()) << at;
    EXPECT_FALSE(parse_head(line.substr(0, at)).ok()) << at;
  }
}

}  // namespace
}  // namespace cryptonet::audit

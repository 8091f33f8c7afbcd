// SPDX-License-Identifier: Apache-2.0
// Messages survive the way through JSON, and hostile JSON does not get in. The tables of hostile
// texts name the rule that each one breaks.
#include "api/messages.h"

#include <gtest/gtest.h>

namespace cryptonet::api {
namespace {

const std::string kHex32(32, 'a');
const std::string kHex64(64, '0');

TEST(Messages, AreReadBackAsTheyWereWritten) {
  UploadReceipt receipt;
  receipt.upload = kHex32;
  receipt.dataset = "flights \"3M\" \xC3\xA9";
  receipt.version = 9007199254740991;
  receipt.published = true;
  receipt.missing_hint_pieces = {{kHex32, 0, 2}, {kHex32, 7, 64}};
  const auto again = UploadReceipt::from_json(receipt.to_json());
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, receipt);
}

TEST(Messages, WriteTheResultInTheOrderOfTheDocument) {
  QueryResult result;
  result.dataset = "t";
  result.version = 3;
  result.columns = {{"g", "text", 0}, {"SUM(x)", "decimal", 2}, {"AVG(x)", "real", 0}};
  result.rows = {{Cell("A"), Cell("-12.50"), Cell(0.1)}, {Cell(), Cell(), Cell(1e300)}};
  result.suppressed = {{1, 1}};
  result.plan = {4, 1, 1, 100, 144, 1024};
  result.timing_ms = {0.5, 1, 2, 3.5};
  const std::string text = result.to_json();
  EXPECT_EQ(text,
            R"j({"format":"cryptonet.result.v1","dataset":"t","version":3,)j"
            R"j("columns":[{"name":"g","type":"text","scale":0},)j"
            R"j({"name":"SUM(x)","type":"decimal","scale":2},)j"
            R"j({"name":"AVG(x)","type":"real","scale":0}],)j"
            R"j("rows":[["A","-12.50",0.1],[null,null,1e+300]],"suppressed":[[1,1]],)j"
            R"j("plan":{"pairs":4,"units":1,"digits":1,"bound_bits":100,"modulus_bits":144,)j"
            R"j("bytes_read":1024},)j"
            R"j("timing_ms":{"plan":0.5,"compute":1.0,"open":2.0,"total":3.5},"cached":false})j");
  const auto again = QueryResult::from_json(text);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, result);
}

struct Hostile {
  const char* name;
  std::string text;
  const char* reason;  ///< must stand in the message
};

TEST(Messages, RefuseHostileQuestions) {
  const std::vector<Hostile> cases = {
      {"nothing", "", "not JSON"},
      {"cut", R"({"sql":"x","explain":false,"cache":tr)", "not JSON"},
      {"trailing", R"({"sql":"x","explain":false,"cache":true} {})", "not JSON"},
      {"list", "[]", "must be an object"},
      {"null", "null", "must be an object"},
      {"missing", R"({"sql":"x","explain":false})", "must have the field 'cache'"},
      {"unknown", R"({"sql":"x","explain":false,"cache":true,"admin":true})",
       "unknown field 'admin'"},
      {"doubled", R"({"sql":"x","explain":false,"cache":true,"cache":true})", "stands twice"},
      {"doubled by escape", R"({"sql":"x","explain":false,"cache":true,"cach\u0065":true})",
       "stands twice"},
      {"number as text", R"({"sql":5,"explain":false,"cache":true})", "sql must be a text"},
      {"text as bool", R"({"sql":"x","explain":"false","cache":true})", "explain must be true"},
      {"number as bool", R"({"sql":"x","explain":0,"cache":true})", "explain must be true"},
      {"empty", R"({"sql":"","explain":false,"cache":true})", "sql must be a text of 1 to 65536"},
      {"long", R"({"sql":")" + std::string(65537, 'x') + R"(","explain":false,"cache":true})",
       "sql must be a text of 1 to 65536"},
      {"huge", std::string(QueryRequest::kMaxBytes + 1, ' '), "bytes, more than"},
      {"deep", std::string(100000, '['), "deeper than"},
      {"deep object", R"({"sql":[[[[[[[[[[[[]]]]]]]]]]]],"explain":false,"cache":true})",
       "deeper than"},
      {"no UTF-8", "{\"sql\":\"\xFF\",\"explain\":false,\"cache\":true}", "not JSON"},
      {"comment", "{\"sql\":\"x\",/*c*/\"explain\":false,\"cache\":true}", "not JSON"},
  };
  for (const auto& hostile : cases) {
    const auto parsed = QueryRequest::from_json(hostile.text);
    ASSERT_FALSE(parsed.ok()) << hostile.name;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kBadInput) << hostile.name;
    EXPECT_EQ(parsed.error().rule, "api.message") << hostile.name;
    EXPECT_NE(parsed.error().message.find(hostile.reason), std::string::npos)
        << hostile.name << ": " << parsed.error().message;
  }
}

TEST(Messages, RefuseNumbersThatDoNotFit) {
  const auto dropped = [](const std::string& version) {
    return Dropped::from_json(R"({"dataset":"t","version":)" + version + "}");
  };
  EXPECT_TRUE(dropped("1").ok());
  EXPECT_TRUE(dropped("9007199254740991").ok());
  for (const char* version : {"0", "-1", "1.0", "1e3", "9007199254740992", "18446744073709551615",
                              "99999999999999999999999", "\"1\"", "null", "true"}) {
    EXPECT_FALSE(dropped(version).ok()) << version;
  }
}

TEST(Messages, RefuseTextsOutsideTheirAlphabet) {
  const auto stored = [](const std::string& sha256) {
    return SegmentStored::from_json(R"({"sha256":")" + sha256 + R"(","already_present":false})");
  };
  EXPECT_TRUE(stored(kHex64).ok());
  EXPECT_FALSE(stored("").ok());
  EXPECT_FALSE(stored(std::string(63, '0')).ok());
  EXPECT_FALSE(stored(std::string(64, 'A')).ok());
  EXPECT_FALSE(stored(std::string(64, 'g')).ok());
  const auto state = [](const std::string& digest) {
    return UploadState::from_json(R"({"upload":")" + kHex32 + R"(","manifest_digest":")" + digest +
                                  R"(","complete":false,"missing":[]})");
  };
  EXPECT_TRUE(state("").ok());
  EXPECT_TRUE(state(kHex64).ok());
  EXPECT_FALSE(state("00").ok());
}

TEST(Messages, NameThePlaceAndNeverTheValue) {
  const std::string text =
      R"({"upload":")" + kHex32 + R"(","dataset":"t","version":0,"published":false,)" +
      R"("missing_hint_pieces":[{"unit":")" + kHex32 +
      R"(","first":0,"count":2},{"unit":"secret-value","first":0,"count":2}]})";
  const auto parsed = UploadReceipt::from_json(text);
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(parsed.error().message.find("missing_hint_pieces[1].unit must be 32"),
            std::string::npos)
      << parsed.error().message;
  EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
}

TEST(Messages, KeepControlCharactersOfUnknownFieldsOutOfErrors) {
  const auto parsed =
      QueryRequest::from_json(R"({"sql":"x","explain":false,"cache":true,"\u001b[31m\n)" +
                              std::string(100, 'y') + R"(":1})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message.find('\x1b'), std::string::npos);
  EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
  EXPECT_LT(parsed.error().message.size(), 200U);
}

TEST(Messages, RefuseCellsThatAreNoCells) {
  const auto result = [](const std::string& cell) {
    return QueryResult::from_json(
        R"({"format":"cryptonet.result.v1","dataset":"t","version":1,)"
        R"("columns":[{"name":"a","type":"integer","scale":0}],"rows":[[)" +
        cell +
        R"(]],"suppressed":[],"plan":{"pairs":1,"units":1,"digits":1,"bound_bits":1,)"
        R"("modulus_bits":1,"bytes_read":1},"timing_ms":{"plan":0,"compute":0,"open":0,"total":0},)"
        R"("cached":true})");
  };
  EXPECT_TRUE(result("\"1\"").ok());
  EXPECT_TRUE(result("1.5").ok());
  EXPECT_TRUE(result("null").ok());
  EXPECT_FALSE(result("true").ok());
  EXPECT_FALSE(result("[]").ok());
  EXPECT_FALSE(result("{}").ok());
  EXPECT_FALSE(result("1e999").ok());
}

TEST(Messages, WriteBytesThatAreNoTextAsReplacements) {
  const QueryRequest request{"\xFFselect", false, true};
  const auto again = QueryRequest::from_json(request.to_json());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->sql, "\xEF\xBF\xBDselect");
}

}  // namespace
}  // namespace cryptonet::api

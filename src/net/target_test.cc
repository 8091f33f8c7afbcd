// SPDX-License-Identifier: Apache-2.0
#include "net/target.h"

#include <gtest/gtest.h>

#include "net/error_body.h"

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;

TEST(Address, ReadsHostAndPort) {
  EXPECT_EQ(parse_url("https://127.0.0.1:4443")->port, 4443);
  EXPECT_EQ(parse_url("https://cloud.example.org:1/")->host, "cloud.example.org");
  EXPECT_EQ(parse_url("https://[::1]:9")->host, "::1");
  EXPECT_EQ(host_port_text(parse_host_port("[::1]:9").value()), "[::1]:9");
  EXPECT_EQ(parse_host_port("0.0.0.0:0")->port, 0);
}

TEST(Address, RefusesEverythingElse) {
  for (const char* bad : {"", "http://a:1", "https://a", "https://a:", "https://a:0", "https://:1",
                          "https://a:65536", "https://a:1/x", "https://a b:1", "https://u@a:1",
                          "https://a:1x", "https://::1:2", "https://a:-1"}) {
    EXPECT_EQ(parse_url(bad).error().code, ErrorCode::kUsage) << bad;
  }
}

TEST(Target, DecodesAfterCutting) {
  const Target target = parse_target("/v1/a%2fb/c%20d?x=1&y=%3D").value();
  EXPECT_EQ(target.segments, (std::vector<std::string>{"v1", "a/b", "c d"}));
  EXPECT_EQ(target.query.at("x"), "1");
  EXPECT_EQ(target.query.at("y"), "=");
  EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(Target, RefusesTricks) {
  const std::string long_one = "/" + std::string(kMaxTargetBytes, 'a');
  for (const std::string& bad :
       {std::string(), std::string("v1"), std::string("/a//b"), std::string("/a/"),
        std::string("/../a"), std::string("/%2e%2e/a"), std::string("/%"), std::string("/%4"),
        std::string("/%zz"), std::string("/%00"), std::string("/\x01"), std::string("/a?x=1&x=2"),
        std::string("/a?=1"), std::string("*"), long_one}) {
    EXPECT_FALSE(parse_target(bad).ok()) << bad;
  }
}

TEST(Route, MatchesWholePatternsOnly) {
  const std::vector<Route> routes = {{"GET", "/v1/uploads/{}", {}, 0, {}},
                                     {"PUT", "/v1/uploads/{}/segments/{}", {}, 0, {}}};
  const auto find = [&](const char* method, const char* path) {
    return match_route(routes, method, parse_target(path).value());
  };
  EXPECT_EQ(find("GET", "/v1/uploads/x")->parameters, std::vector<std::string>{"x"});
  EXPECT_EQ(find("PUT", "/v1/uploads/x/segments/y")->parameters,
            (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(find("GET", "/v1/uploads").error().rule, "http.not_found");
  EXPECT_EQ(find("GET", "/v1/uploads/x/segments").error().rule, "http.not_found");
  EXPECT_EQ(find("POST", "/v1/uploads/x").error().rule, "http.method");
  EXPECT_EQ(find("GET", "/").error().rule, "http.not_found");
  const std::vector<Route> page = {{"GET", "/", {}, 0, {}}};
  EXPECT_TRUE(match_route(page, "GET", parse_target("/").value()).ok());
  EXPECT_FALSE(match_route(page, "GET", parse_target("/a").value()).ok());
}

TEST(ErrorBody, GivesTheStatusThatFits) {
  const auto status = [](ErrorCode code, const char* rule) {
    return error_response(Error(code, rule, "m")).status;
  };
  EXPECT_EQ(status(ErrorCode::kBadInput, "a"), 400);
  EXPECT_EQ(status(ErrorCode::kUsage, "a"), 400);
  EXPECT_EQ(status(ErrorCode::kBadInput, "store.not_found"), 404);
  EXPECT_EQ(status(ErrorCode::kRefused, "a"), 403);
  EXPECT_EQ(status(ErrorCode::kNotSignedIn, "a"), 401);
  EXPECT_EQ(status(ErrorCode::kRefused, "sign_in.too_many"), 429);
  EXPECT_EQ(status(ErrorCode::kIntegrity, "a"), 409);
  EXPECT_EQ(status(ErrorCode::kUnreachable, "a"), 502);
  EXPECT_EQ(status(ErrorCode::kInternal, "a"), 500);
  EXPECT_EQ(status(ErrorCode::kLocalIo, "a"), 500);
}

TEST(Target, BearerIsTheTokenOfThatSchemeAlone) {
  EXPECT_EQ(bearer_of("Bearer abc"), "abc");
  EXPECT_EQ(bearer_of("bearer abc=="), "abc==");
  EXPECT_EQ(bearer_of("Bearer "), "");
  EXPECT_EQ(bearer_of("Basic abc"), "");
  EXPECT_EQ(bearer_of("Bearerabc"), "");
  EXPECT_EQ(bearer_of(""), "");
}

TEST(ErrorBody, SurvivesWhateverAServerSends) {
  const auto read = [](int status, std::string_view body) {
    return error_from_answer(status, base::view_of(body), "cloud");
  };
  EXPECT_EQ(read(500, "").code, ErrorCode::kUnreachable);
  EXPECT_EQ(read(404, "<html>").code, ErrorCode::kBadInput);
  EXPECT_EQ(read(400, "[]").code, ErrorCode::kBadInput);
  EXPECT_EQ(read(400, R"({"error":{"code":"NOPE"}})").rule, "http.status");
  EXPECT_EQ(read(400, R"({"error":{"code":7,"line":"x"}})").rule, "http.status");
  const Error odd = read(403, R"({"error":{"code":"REFUSED","rule":1,"message":"a\u001b[31mb",
                                           "line":-5,"column":1.5}})");
  EXPECT_EQ(odd.code, ErrorCode::kRefused);
  EXPECT_EQ(odd.message, "a [31mb");
  EXPECT_EQ(odd.line, 0);
  EXPECT_EQ(odd.column, 0);
  EXPECT_EQ(read(500, R"({"error":{"code":"LOCAL_IO","message":"m"}})").code,
            ErrorCode::kUnreachable);
  EXPECT_EQ(read(400, std::string(100, '[')).code, ErrorCode::kBadInput);
}

}  // namespace
}  // namespace cryptonet::net

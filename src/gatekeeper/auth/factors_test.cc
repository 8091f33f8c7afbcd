// SPDX-License-Identifier: Apache-2.0
// Passwords and codes against other implementations (tests/vectors/sign_in.py), and their rules.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/bytes.h"
#include "gatekeeper/auth/password.h"
#include "gatekeeper/auth/totp.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::ErrorCode;
using Json = nlohmann::json;

const Json& vectors() {
  static const Json parsed = Json::parse(std::ifstream(CRYPTONET_SIGN_IN_VECTORS));
  return parsed;
}
std::string bytes_of(const Json& vector, const char* name) {
  const auto hex = vector.at(name).get<std::string>();
  base::Bytes bytes(hex.size() / 2);
  EXPECT_TRUE(base::from_hex(hex, bytes));
  return std::string(base::text_of(bytes));
}
base::Bytes seed_of(const Json& vector) {
  const std::string seed = bytes_of(vector, "seed");
  return {seed.begin(), seed.end()};
}
std::string peppered_text(std::string_view password) {
  base::Secret<32> pepper;
  EXPECT_TRUE(base::from_hex(vectors().at("pepper").get<std::string>(), pepper.span()));
  const auto secret = peppered(pepper, password);
  return {secret.data(), secret.size()};
}
std::string rule_of(std::string_view person, std::string_view password) {
  const auto checked = check_new_password(person, password);
  if (checked.ok()) return {};
  EXPECT_EQ(checked.error().code, ErrorCode::kBadInput);
  if (password.size() >= 7 && password != "password") {
    EXPECT_EQ(base::describe(checked.error()).find(password.substr(0, 12)), std::string::npos)
        << "an error shows the password";
  }
  return checked.error().rule;
}

TEST(Password, BcryptGivesThePublishedHashes) {
  for (const Json& vector : vectors().at("published")) {
    EXPECT_TRUE(bcrypt_matches(vector.at("hash"), bytes_of(vector, "password"))) << vector;
    std::string other = bytes_of(vector, "password");
    other[0] = static_cast<char>(other[0] ^ 1);
    EXPECT_FALSE(bcrypt_matches(vector.at("hash"), other)) << vector;
  }
}

// Why it gets 44 characters of an HMAC, not the password: it stops at the 72nd byte.
TEST(Password, BcryptAloneReads72Bytes) {
  std::map<std::size_t, std::string> hashes;
  for (const Json& vector : vectors().at("raw")) {
    const std::string password = bytes_of(vector, "password");
    EXPECT_TRUE(bcrypt_matches(vector.at("hash"), password)) << password.size();
    hashes[password.size()] = vector.at("hash");
  }
  EXPECT_EQ(hashes.at(72), hashes.at(73));
  EXPECT_NE(hashes.at(71), hashes.at(72));
}

TEST(Password, HashesAreThoseOfAnotherBcryptOverAnotherNormalisation) {
  for (const Json& vector : vectors().at("passwords")) {
    const std::string secret = peppered_text(bytes_of(vector, "password"));
    EXPECT_EQ(secret, vector.at("peppered").get<std::string>()) << vector;
    EXPECT_EQ(secret.size(), 44U);
    EXPECT_TRUE(bcrypt_matches(vector.at("hash"), secret)) << vector;
  }
}

TEST(Password, EveryByteCountsAndEquivalentTextIsEqual) {
  const std::string a72(72, 'a');
  EXPECT_NE(peppered_text(a72), peppered_text(a72 + "a"));
  EXPECT_NE(peppered_text(a72 + "b"), peppered_text(a72 + "c"));
  using namespace std::string_view_literals;
  EXPECT_NE(peppered_text("nul\0here"sv), peppered_text("nul\0there"sv));
  EXPECT_NE(peppered_text("nul\0"sv), peppered_text("nul"));
  EXPECT_EQ(peppered_text("\xE2\x84\xAB"), peppered_text("A\xCC\x8A"));  // ångström sign
  EXPECT_EQ(peppered_text("\xEF\xAC\x83"), peppered_text("ffi"));
  EXPECT_NE(peppered_text("password"), peppered_text("Password"));
  // What is no UTF-8 is nobody's password, and is told apart all the same.
  EXPECT_NE(peppered_text("\xFF"), peppered_text("\xFE"));
}

TEST(Password, AnotherPepperIsAnotherHash) {
  base::Secret<32> zero;
  const auto secret = peppered(zero, "correct horse");
  EXPECT_NE(std::string(secret.data(), secret.size()), peppered_text("correct horse"));
}

TEST(Password, FreshSaltAndCostTwelve) {
  base::OsRandomness randomness;
  const std::string hash = bcrypt("secret", randomness);
  EXPECT_TRUE(hash.starts_with("$2b$12$")) << hash;
  EXPECT_EQ(hash.size(), 60U);
  EXPECT_NE(bcrypt("secret", randomness, 4), bcrypt("secret", randomness, 4));
}

TEST(Password, BrokenHashesMatchNothing) {
  for (const std::string hash :
       {"", "*", "*0", "$2b$", "$2b$12$short", "secret", "$2b$04$",
        "$2b$99$wL6tnAU1pYcoX5E1T7Me8O72VsglvHNnSjDRTR8rd1SfzF3D5YUWu", "$1$salt$hash"}) {
    EXPECT_FALSE(bcrypt_matches(hash, "secret")) << hash;
    EXPECT_FALSE(bcrypt_matches(hash, "")) << hash;
  }
}

TEST(Password, RulesOfNewOnes) {
  EXPECT_EQ(rule_of("ada", "correct horse"), "");
  EXPECT_EQ(rule_of("ada", "1234567"), "password.too_short");
  EXPECT_EQ(rule_of("ada", ""), "password.too_short");
  EXPECT_EQ(rule_of("ada", "q8;Lp2_x"), "");
  EXPECT_EQ(rule_of("ada", std::string(64, 'x')), "");
  EXPECT_EQ(rule_of("ada", std::string(kLongestPassword, 'x')), "");
  EXPECT_EQ(rule_of("ada", std::string(kLongestPassword + 1, 'x')), "password.too_long");
  EXPECT_EQ(rule_of("ada", "\xFF\xFE not text at all"), "password.utf8");
  // Characters count, not bytes, and as they are after normalisation.
  EXPECT_EQ(rule_of("ada", "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F"), "password.too_short");
  EXPECT_EQ(rule_of("ada",
                    "a\xCC\x8A"
                    "b\xCC\x8A"
                    "1234"),
            "password.too_short");
  EXPECT_EQ(rule_of("ada", "\xEF\xAC\x83\xEF\xAC\x83\xEF\xAC\x83"), "");  // "ffiffiffi"
}

TEST(Password, CommonOnesAndTheNameAreRefusedInAnyCase) {
  for (const char* common : {"password", "PassWord", "12345678", "iloveyou", "qwertyuiop",
                             "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93\xEF\xBC\x94\xEF\xBC\x95"
                             "\xEF\xBC\x96\xEF\xBC\x97\xEF\xBC\x98"}) {
    EXPECT_EQ(rule_of("ada", common), "password.common") << common;
  }
  EXPECT_EQ(rule_of("ada.lovelace", "Ada.Lovelace"), "password.common");
  EXPECT_EQ(rule_of("ada.lovelace", "Ada.Lovelace2"), "");
}

TEST(Totp, CodesAreThoseOfTheStandardAndOfAnotherImplementation) {
  std::size_t six = 0;
  for (const Json& vector : vectors().at("codes")) {
    const auto code = vector.at("code").get<std::string>();
    const std::int64_t at = vector.at("at");
    EXPECT_EQ(totp_code(seed_of(vector), at / kTotpStepS, code.size()), code) << vector;
    if (code.size() != kTotpDigits) continue;
    ++six;
    EXPECT_EQ(totp_step_of(seed_of(vector), code, at), at / kTotpStepS) << vector;
  }
  EXPECT_EQ(six, 40U);
}

TEST(Totp, TakesThePresentStepAndTheOneBeforeIt) {
  base::OsRandomness randomness;
  for (int round = 0; round < 200; ++round) {
    base::Secret<kTotpSeedBytes> seed;
    randomness.fill(seed.span());
    constexpr std::int64_t kStep = 60'000'000;
    std::map<std::string, std::int64_t> codes;
    for (std::int64_t step = kStep - 3; step <= kStep + 3; ++step) {
      codes.emplace(totp_code(seed.span(), step), step);
    }
    if (codes.size() != 7) continue;  // two of a million alike
    for (const auto& [code, step] : codes) {
      for (const std::int64_t second : {0, 1, 15, 29}) {
        const auto found = totp_step_of(seed.span(), code, kStep * kTotpStepS + second);
        const bool taken = step == kStep || step == kStep - 1;
        EXPECT_EQ(found, taken ? std::optional(step) : std::nullopt) << step - kStep;
      }
    }
  }
}

TEST(Totp, MalformedCodesAreWrong) {
  const base::Bytes seed(kTotpSeedBytes, 7);
  constexpr std::int64_t kAt = 1'900'000'000;
  const std::string code = totp_code(seed, kAt / kTotpStepS);
  EXPECT_TRUE(totp_step_of(seed, code, kAt));
  EXPECT_TRUE(totp_step_of(seed, code.substr(0, 3) + " " + code.substr(3), kAt));
  EXPECT_TRUE(totp_step_of(seed, "  " + code + "  ", kAt));
  const std::string eight = totp_code(seed, kAt / kTotpStepS, 8);
  for (const std::string& wrong :
       {std::string(), std::string(" "), code.substr(1), "0" + code, code + "0", code + " 0",
        code + std::string(1, '\0'), "-" + code, eight, std::string(5000, '0'), code + code,
        std::string("\t") + code, std::string("abcdef"), std::string(6, '\0')}) {
    EXPECT_FALSE(totp_step_of(seed, wrong, kAt)) << wrong.substr(0, 20);
  }
  EXPECT_TRUE(totp_step_of(seed, totp_code(seed, 0), 0));  // no step before the first
}

TEST(Totp, SeedsAreBase32) {
  for (const Json& vector : vectors().at("seeds")) {
    EXPECT_EQ(totp_secret_text(seed_of(vector)), vector.at("text").get<std::string>()) << vector;
  }
}

/// The pairs of an otpauth URI's query, read as the key-URI format says.
std::map<std::string, std::string> query_of(const std::string& uri) {
  std::map<std::string, std::string> pairs;
  std::istringstream text(uri.substr(uri.find('?') + 1));
  for (std::string pair; std::getline(text, pair, '&');) {
    pairs[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
  }
  return pairs;
}

TEST(Totp, UriSaysWhatTheAppNeeds) {
  const std::string uri = otpauth_uri("ada@clinic", "JBSWY3DPEHPK3PXP");
  EXPECT_TRUE(uri.starts_with("otpauth://totp/Cryptonet:ada%40clinic?")) << uri;
  EXPECT_EQ(query_of(uri), (std::map<std::string, std::string>{{"secret", "JBSWY3DPEHPK3PXP"},
                                                               {"issuer", "Cryptonet"},
                                                               {"algorithm", "SHA1"},
                                                               {"digits", "6"},
                                                               {"period", "30"}}));
  // Whatever a name holds, it stays a name.
  const std::string odd = otpauth_uri("a&secret=x?#/ %\xC3\xA9", "JBSWY3DPEHPK3PXP");
  EXPECT_EQ(query_of(odd).at("secret"), "JBSWY3DPEHPK3PXP");
  EXPECT_NE(odd.find("a%26secret%3Dx%3F%23%2F%20%25%C3%A9"), std::string::npos) << odd;
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth

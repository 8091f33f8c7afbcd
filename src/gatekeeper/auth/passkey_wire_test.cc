// SPDX-License-Identifier: Apache-2.0
// Every vector is judged as its maker says, and no answer that was cut or changed is accepted.
#include "gatekeeper/auth/passkey_vectors_testing.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::ErrorCode;

TEST(PasskeyWire, JudgesEveryVectorAsItsMakerSays) {
  std::size_t accepted = 0;
  for (const Json& one : vectors().at("cases")) {
    SCOPED_TRACE(one.at("name").get<std::string>());
    const std::string rule = one.at("rule");
    accepted += rule.empty() ? 1U : 0U;
    if (!one.contains("of")) {
      const auto made = registered(one);
      EXPECT_EQ(rule_of(made), rule) << (made.ok() ? "" : describe(made.error()));
      EXPECT_TRUE(made.ok() || made.error().code == ErrorCode::kRefused);
      continue;
    }
    const auto made = registered(vector_named(one.at("of")));
    ASSERT_TRUE(made.ok()) << describe(made.error());
    const auto count =
        verify_sign_in(example(), bytes_of(one, "challenge"), sign_in_of(one, made->id), made->key);
    EXPECT_EQ(rule_of(count), rule) << (count.ok() ? "" : describe(count.error()));
    EXPECT_TRUE(!count.ok() || *count == one.at("count").get<std::uint32_t>());
  }
  EXPECT_EQ(accepted, 18U);
}

TEST(PasskeyWire, RefusesEveryAnswerThatIsCutShort) {
  const Json& made = vector_named("packed, by its maker");
  const RegistrationAnswer whole = registration_of(made);
  const Bytes challenge = bytes_of(made, "challenge");
  ASSERT_TRUE(verify_registration(example(), challenge, whole).ok());
  for (std::size_t size = 0; size < whole.attestation_object.size(); ++size) {
    RegistrationAnswer cut = whole;
    cut.attestation_object.resize(size);
    EXPECT_EQ(rule_of(verify_registration(example(), challenge, cut)), "passkey.malformed") << size;
  }
  const auto key = registered(vector_named("none ES256"));
  ASSERT_TRUE(key.ok());
  const Json& shown = vector_named("sign-in ES256");
  const SignInAnswer answer = sign_in_of(shown, key->id);
  for (std::size_t size = 0; size < answer.authenticator_data.size(); ++size) {
    SignInAnswer cut = answer;
    cut.authenticator_data.resize(size);
    EXPECT_FALSE(verify_sign_in(example(), bytes_of(shown, "challenge"), cut, key->key).ok());
  }
}

TEST(PasskeyWire, RefusesASignInInWhichAnyBitWasChanged) {
  const auto key = registered(vector_named("none ES256"));
  ASSERT_TRUE(key.ok());
  const Json& shown = vector_named("count 5, number 0");
  const SignInAnswer answer = sign_in_of(shown, key->id);
  const Bytes challenge = bytes_of(shown, "challenge");
  ASSERT_TRUE(verify_sign_in(example(), challenge, answer, key->key).ok());
  for (Bytes SignInAnswer::*part :
       {&SignInAnswer::client_data, &SignInAnswer::authenticator_data, &SignInAnswer::signature}) {
    for (std::size_t bit = 0; bit < (answer.*part).size() * 8; ++bit) {
      SignInAnswer changed = answer;
      (changed.*part)[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      EXPECT_FALSE(verify_sign_in(example(), challenge, changed, key->key).ok()) << bit;
    }
  }
}

TEST(PasskeyWire, RefusesWhatIsTooLarge) {
  const Json& made = vector_named("none ES256");
  RegistrationAnswer answer = registration_of(made);
  answer.client_data.insert(answer.client_data.end(), kMaxClientDataBytes, ' ');
  EXPECT_EQ(rule_of(verify_registration(example(), bytes_of(made, "challenge"), answer)),
            "passkey.client_data");
  answer = registration_of(made);
  answer.attestation_object.resize(kMaxAttestationBytes + 1);
  EXPECT_EQ(rule_of(verify_registration(example(), bytes_of(made, "challenge"), answer)),
            "passkey.malformed");
}

}  // namespace
}  // namespace cryptonet::gatekeeper::auth

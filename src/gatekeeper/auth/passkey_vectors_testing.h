// SPDX-License-Identifier: Apache-2.0
// For tests: authenticators' answers made by another implementation (tests/vectors/webauthn.py),
// the published vectors of the standard among them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "gatekeeper/auth/passkey_wire.h"

namespace cryptonet::gatekeeper::auth {

using Json = nlohmann::json;
using base::Bytes;

inline Bytes bytes_of(const Json& value, const char* name) {
  const auto hex = value.value(name, std::string());
  Bytes bytes(hex.size() / 2);
  EXPECT_TRUE(base::from_hex(hex, bytes)) << name;
  return bytes;
}

inline const Json& vectors() {
  static const Json parsed = Json::parse(std::ifstream(CRYPTONET_WEBAUTHN_VECTORS));
  return parsed;
}
inline const Json& vector_named(const std::string& name) {
  for (const Json& one : vectors().at("cases")) {
    if (one.at("name") == name) return one;
  }
  ADD_FAILURE() << "no vector is named " << name;
  static const Json none = Json::object();
  return none;
}
inline PasskeySite example() { return {vectors().at("rp_id"), vectors().at("origin")}; }

inline RegistrationAnswer registration_of(const Json& one) {
  return {bytes_of(one, "client_data"), bytes_of(one, "attestation_object")};
}
inline SignInAnswer sign_in_of(const Json& one, const Bytes& id) {
  return {id,
          bytes_of(one, "client_data"),
          bytes_of(one, "authenticator_data"),
          bytes_of(one, "signature"),
          {}};
}
inline base::Result<NewPasskey> registered(const Json& one) {
  return verify_registration(example(), bytes_of(one, "challenge"), registration_of(one));
}

template <typename T>
std::string rule_of(const base::Result<T>& result) {
  return result.ok() ? "" : result.error().rule;
}

}  // namespace cryptonet::gatekeeper::auth

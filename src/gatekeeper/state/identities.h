// SPDX-License-Identifier: Apache-2.0
// Who is known: enrolments (an invitation for one name and role, reusable until revoked) and the
// certificates that were given out under them. Secrets come and go sealed; this file cannot read
// them. Safe from several threads.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

enum class EnrolmentRole : std::uint8_t { kCloud, kContributor, kResearcher };
std::string_view role_word(EnrolmentRole role);
std::optional<EnrolmentRole> role_from_word(std::string_view word);

struct Enrolment {
  std::string id;    ///< 32 hex digits
  std::string name;  ///< unique; stands in certificates as common name
  EnrolmentRole role = EnrolmentRole::kResearcher;
  base::Bytes sealed_secret;
  bool revoked = false;
};

/// A certificate that was given out; `signing_key` (Ed25519 public) only for contributors.
struct Certificate {
  base::Digest hash{};
  std::string enrolment;
  std::optional<std::array<std::uint8_t, 32>> signing_key;
};

struct Principal {
  Enrolment enrolment;
  Certificate certificate;
};

class Identities {
 public:
  explicit Identities(Database& database) : database_(database) {}
  /// Adds an enrolment and then runs `deliver` (writing its file) before the commit, so that both
  /// happen or none. kBadInput when the name is taken.
  template <typename Deliver>
  base::Status enrol(const Enrolment& enrolment, std::int64_t now_s, Deliver deliver) {
    return database_.write([&](Connection& connection) -> base::Status {
      CN_RETURN_IF_ERROR(insert_enrolment(connection, enrolment, now_s));
      return deliver();
    });
  }
  base::Result<std::optional<Enrolment>> find_enrolment(const std::string& id);
  base::Result<std::optional<Enrolment>> find_enrolment_by_name(const std::string& name);
  /// Idempotent; kBadInput for an unknown name.
  base::Status revoke(const std::string& name, std::int64_t now_s);
  base::Status add_certificate(const Certificate& certificate, std::int64_t now_s);
  /// The certificate and its enrolment, revoked or not; nothing for a certificate never registered.
  base::Result<std::optional<Principal>> find_principal(const base::Digest& certificate_hash);

 private:
  static base::Status insert_enrolment(Connection& connection, const Enrolment& enrolment,
                                       std::int64_t now_s);
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

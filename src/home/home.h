// SPDX-License-Identifier: Apache-2.0
// The home of one client (a contributor or a researcher) on its own machine: who it is, where the
// servers are, and its secrets. A folder of mode 0700 with files of mode 0600:
//
//   identity.json     names, addresses, the gatekeeper's sealing key (api::Identity)
//   client.key        private key of the certificate, PEM          client.crt, authority.crt  PEM
//   sealing.json      a later sealing key of the gatekeeper's, if there is one (api::SealingKey)
//   session           the token of who signed in here last, if anybody did
//   enrolment.secret  32 bytes, shared with the gatekeeper         device.secret  32 bytes, never
//   sent signing.key       64 bytes, Ed25519; contributors only
//
// Not thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>

#include "api/messages.h"
#include "base/file_system.h"
#include "base/secret_memory.h"
#include "net/http.h"

namespace cryptonet::home {

inline constexpr const char* kIdentityFile = "identity.json";
inline constexpr const char* kKeyFile = "client.key";
inline constexpr const char* kCertificateFile = "client.crt";
inline constexpr const char* kAuthorityFile = "authority.crt";
inline constexpr const char* kEnrolmentSecretFile = "enrolment.secret";
inline constexpr const char* kDeviceSecretFile = "device.secret";
inline constexpr const char* kSigningKeyFile = "signing.key";
inline constexpr const char* kSealingFile = "sealing.json";
inline constexpr const char* kSessionFile = "session";

/// How long those wait who may be told that they ask too often for doing what they should.
inline constexpr std::chrono::seconds kPatience{60};

/// Which folder is the home: `flag`, else the environment's CRYPTONET_HOME, else ~/.cryptonet.
/// kUsage when there is none of them.
base::Result<std::filesystem::path> find_folder(const std::string& flag);

class Home {
 public:
  /// Reads the identity and checks that its folder is not open to others. kUsage when there is no
  /// home yet; kLocalIo for permissions; kBadInput for a broken identity.
  static base::Result<Home> open(const std::filesystem::path& folder);

  const api::Identity& identity() const { return identity_; }
  net::PeerRole role() const { return net::role_from_name(identity_.role); }
  const std::filesystem::path& folder() const { return folder_; }
  /// The latest key that this home was told of, to which `encrypt` seals.
  const std::array<std::uint8_t, 32>& sealing_key() const { return sealing_key_; }
  /// Its number; 0 when it is the one that came with the enrolment.
  std::uint32_t sealing_generation() const { return sealing_generation_; }
  /// The key, if this home's authority signed it.
  base::Result<std::array<std::uint8_t, 32>> checked(const api::SealingKey& key) const;
  base::Result<base::Secret<32>> enrolment_secret() const;
  base::Result<base::Secret<32>> device_secret() const;
  /// kRefused in a researcher's home, which has none.
  base::Result<base::Secret<64>> signing_key() const;

  /// Keeps the token of a session, so that later commands are that person's. Replaces an older one.
  base::Status keep_session(base::FileSystem& files, const std::string& token) const;
  /// Forgets it; success when there was none.
  base::Status forget_session(base::FileSystem& files) const;
  /// What is sent as bearer token: the environment's CRYPTONET_TOKEN, else the kept session, else
  /// nothing. kUsage for a CRYPTONET_TOKEN that cannot be a token.
  base::Result<std::string> token() const;
  static bool environment_has_token();

  /// Connections with this client's certificate; they connect on the first request. The
  /// gatekeeper's carries token(); the cloud never gets one.
  base::Result<std::unique_ptr<net::HttpClient>> gatekeeper() const;
  /// kUsage when the home knows no cloud.
  base::Result<std::unique_ptr<net::HttpClient>> cloud() const;
  /// kRefused, naming the command, unless this is a home of that role.
  base::Status require_role(net::PeerRole role, const std::string& command) const;

 private:
  Home(std::filesystem::path folder, api::Identity identity)
      : folder_(std::move(folder)), identity_(std::move(identity)) {}
  base::Result<std::unique_ptr<net::HttpClient>> connect(const std::string& url,
                                                         net::PeerRole server) const;
  std::filesystem::path folder_;
  api::Identity identity_;
  std::array<std::uint8_t, 32> sealing_key_{};
  std::uint32_t sealing_generation_ = 0;
};

}  // namespace cryptonet::home

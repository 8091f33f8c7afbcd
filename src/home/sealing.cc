// SPDX-License-Identifier: Apache-2.0
#include "home/sealing.h"

#include <algorithm>

#include "api/call.h"
#include "api/routes.h"
#include "api/sealing_statement.h"
#include "net/statement.h"

namespace cryptonet::home {

base::Result<std::array<std::uint8_t, 32>> checked_sealing_key(const api::SealingKey& key,
                                                               const std::string& authority_pem) {
  const auto bytes = base::from_base64(key.public_key);
  const auto statement = base::from_base64(key.statement);
  std::array<std::uint8_t, 32> public_key{};
  if (bytes.ok() && bytes->size() == public_key.size()) {
    std::copy(bytes->begin(), bytes->end(), public_key.begin());
    if (statement.ok() &&
        net::is_statement_of(authority_pem, api::sealing_statement(key.generation, public_key),
                             *statement)) {
      return public_key;
    }
  }
  return base::Error(base::ErrorCode::kIntegrity, "home.sealing_key",
                     "the gatekeeper's sealing key is not signed by the deployment's authority",
                     "do not encrypt; ask the custodian who answers at the gatekeeper's address");
}

base::Result<bool> refresh_sealing_key(const Home& home, net::HttpClient& gatekeeper,
                                       base::FileSystem& files) {
  CN_ASSIGN(const auto status,
            api::call<api::GatekeeperStatus>(gatekeeper, api::gatekeeper::kGetStatus, {}));
  CN_ASSIGN(const auto key, home.checked(status.sealing_key));
  if (status.sealing_key.generation <= home.sealing_generation()) return false;
  CN_RETURN_IF_ERROR(base::write_atomically(files, home.folder() / kSealingFile,
                                            base::view_of(status.sealing_key.to_json() + "\n"),
                                            0600));
  return key != home.sealing_key();
}

}  // namespace cryptonet::home

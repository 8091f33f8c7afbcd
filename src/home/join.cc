// SPDX-License-Identifier: Apache-2.0
// The steps of joining, in order: read the enrolment, look at the folder, make keys, ask the
// gatekeeper, write the home.
#include "home/join.h"

#include <sodium.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "api/call.h"
#include "api/join_proof.h"
#include "api/routes.h"
#include "base/stop.h"
#include "home/home.h"
#include "home/sealing.h"
#include "net/certificate.h"

namespace cryptonet::home {
namespace {

constexpr unsigned kFolderMode = 0700;
constexpr unsigned kFileMode = 0600;

base::Error bad_enrolment(const JoinOptions& options, std::string message, std::string hint) {
  return base::Error(base::ErrorCode::kBadInput, "join.enrolment", std::move(message),
                     std::move(hint))
      .at(options.enrolment_file.string());
}

base::Result<api::Enrolment> read_enrolment(const JoinOptions& options) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(options.enrolment_file, api::Enrolment::kMaxBytes));
  auto enrolment = api::Enrolment::from_json(base::text_of(bytes));
  const bool of_cloud =
      !enrolment.ok() && api::CloudEnrolment::from_json(base::text_of(bytes)).ok();
  base::wipe(bytes.data(), bytes.size());
  if (of_cloud) {
    return bad_enrolment(options, "this enrolment sets up a cloud, which does not join",
                         "give it to cryptonet-cloud serve --enrol");
  }
  if (!enrolment.ok()) {
    return bad_enrolment(options, "this is not an enrolment: " + enrolment.error().message,
                         "ask the custodian for the file that `cryptonet-gatekeeper enrol` writes");
  }
  return enrolment;
}

template <std::size_t Size>
base::Result<base::Secret<Size>> from_base64_secret(const std::string& text,
                                                    const JoinOptions& options) {
  auto bytes = base::from_base64(text);
  if (!bytes.ok() || bytes->size() != Size) {
    return bad_enrolment(options, "a key in it is not the base64 of 32 bytes",
                         "ask the custodian for a new one");
  }
  auto secret =
      base::Secret<Size>::copy_of(std::span<const std::uint8_t, Size>(bytes->data(), Size));
  base::wipe(bytes->data(), bytes->size());
  return secret;
}

/// What one end of a connection will be asked with; also the check that an address is well formed.
base::Result<std::unique_ptr<net::HttpClient>> client_of(const std::string& url,
                                                         net::PeerRole server,
                                                         const api::Enrolment& enrolment) {
  net::ClientOptions options;
  options.url = url;
  options.identity.authority_pem = enrolment.authority_pem;
  options.server_role = server;
  options.patience = kPatience;  // a roomful of machines may have to take turns
  return net::HttpClient::create(std::move(options));
}

base::Status check_addresses(const JoinOptions& options, const api::Enrolment& enrolment) {
  if (options.cloud.empty()) {
    if (enrolment.role != "contributor") return base::ok();
    return base::Error(base::ErrorCode::kUsage, "join.cloud", "a contributor must know the cloud",
                       "give --cloud https://HOST:PORT");
  }
  CN_RETURN_IF_ERROR(client_of(options.cloud, net::PeerRole::kCloud, enrolment));
  return base::ok();
}

api::Identity identity_of(const JoinOptions& options, const api::Enrolment& enrolment) {
  api::Identity identity;
  identity.name = enrolment.name;
  identity.role = enrolment.role;
  identity.enrolment = enrolment.id;
  identity.gatekeeper = options.gatekeeper;
  identity.cloud = options.cloud;
  identity.sealing_key = enrolment.sealing_key;
  return identity;
}

base::Bytes identity_bytes(const api::Identity& identity) {
  const std::string text = identity.to_json() + "\n";
  const auto view = base::view_of(text);
  return {view.begin(), view.end()};
}

/// True when the folder may be made or filled; an error when something else lives there.
base::Result<bool> is_free(const std::filesystem::path& folder) {
  std::error_code code;
  if (!std::filesystem::exists(folder, code)) {
    if (code) return base::local_io_error("look at", folder, code.value());
    return true;
  }
  const bool empty = std::filesystem::is_empty(folder, code);
  if (code) return base::local_io_error("look into", folder, code.value());
  if (empty) return true;
  if (std::filesystem::exists(folder / kIdentityFile, code)) return false;
  return base::Error(base::ErrorCode::kBadInput, "join.occupied",
                     "the folder is not empty and is no home", "give --home a new folder")
      .at(folder.string());
}

base::Result<Joined> join_again(const JoinOptions& options, const api::Enrolment& enrolment,
                                base::FileSystem& files) {
  CN_ASSIGN(const Home home, Home::open(options.folder));
  api::Identity wanted = identity_of(options, enrolment);
  const auto& present = home.identity();
  if (present.enrolment != wanted.enrolment || present.sealing_key != wanted.sealing_key) {
    return base::Error(base::ErrorCode::kBadInput, "join.occupied",
                       "this is already the home of '" + present.name +
                           "', who joined with another enrolment",
                       "give --home a new folder")
        .at(options.folder.string());
  }
  if (wanted.cloud.empty()) wanted.cloud = present.cloud;
  if (!(wanted == present)) {
    CN_RETURN_IF_ERROR(base::write_atomically(files, options.folder / kIdentityFile,
                                              identity_bytes(wanted), kFileMode));
  }
  // The custodian may have replaced the key since.
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  const auto refreshed = refresh_sealing_key(home, *gatekeeper, files);
  if (refreshed.ok()) return Joined{std::move(wanted), true, {}};
  if (refreshed.error().code == base::ErrorCode::kIntegrity) return refreshed.error();
  return Joined{std::move(wanted), true, base::describe(refreshed.error())};
}

/// Everything secret that a home holds.
struct Secrets {
  base::Secret<32> enrolment;
  base::Secret<32> device;
  base::Secret<64> signing;
  std::string signing_public;  ///< base64; empty unless a contributor
};

base::Result<Secrets> make_secrets(const JoinOptions& options, const api::Enrolment& enrolment,
                                   base::Randomness& randomness) {
  base::start_sodium();
  Secrets secrets;
  CN_ASSIGN(secrets.enrolment, from_base64_secret<32>(enrolment.secret, options));
  CN_RETURN_IF_ERROR(from_base64_secret<32>(enrolment.sealing_key, options));
  randomness.fill(secrets.device.span());
  if (enrolment.role == "contributor") {
    base::Secret<32> seed;
    randomness.fill(seed.span());
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key{};
    CHECK(crypto_sign_seed_keypair(public_key.data(), secrets.signing.data(), seed.data()) == 0);
    secrets.signing_public = base::to_base64(public_key);
  }
  return secrets;
}

base::Result<std::string> ask_for_certificate(const JoinOptions& options,
                                              const api::Enrolment& enrolment,
                                              const Secrets& secrets, const std::string& csr_pem) {
  api::JoinRequest request;
  request.enrolment = enrolment.id;
  request.csr_pem = csr_pem;
  request.signing_key = secrets.signing_public;
  request.proof =
      base::to_hex(api::join_proof(secrets.enrolment.span(), csr_pem, secrets.signing_public));
  CN_ASSIGN(const auto client,
            client_of(options.gatekeeper, net::PeerRole::kGatekeeper, enrolment));
  CN_ASSIGN(api::JoinReply reply, api::call<api::JoinReply>(*client, api::gatekeeper::kJoin, {},
                                                            api::json_body(request.to_json())));
  return std::move(reply.certificate_pem);
}

base::Status write_home(const std::filesystem::path& folder, base::FileSystem& files,
                        const std::vector<std::pair<const char*, base::ByteView>>& contents) {
  CN_RETURN_IF_ERROR(files.make_folders(folder, kFolderMode));
  for (const auto& [name, bytes] : contents) {
    CN_RETURN_IF_ERROR(base::write_atomically(files, folder / name, bytes, kFileMode));
  }
  return base::ok();
}

base::Result<Joined> join_anew(const JoinOptions& options, const api::Enrolment& enrolment,
                               base::FileSystem& files, base::Randomness& randomness) {
  CN_ASSIGN(const Secrets secrets, make_secrets(options, enrolment, randomness));
  CN_ASSIGN(net::KeyAndRequest key, net::make_key_and_request(enrolment.name));
  auto certificate = ask_for_certificate(options, enrolment, secrets, key.csr_pem);
  if (!certificate.ok()) {
    base::wipe(key.key_pem.data(), key.key_pem.size());
    return certificate.take_error();
  }
  const api::Identity identity = identity_of(options, enrolment);
  const base::Bytes identity_json = identity_bytes(identity);
  std::vector<std::pair<const char*, base::ByteView>> contents = {
      {kKeyFile, base::view_of(key.key_pem)},
      {kCertificateFile, base::view_of(*certificate)},
      {kAuthorityFile, base::view_of(enrolment.authority_pem)},
      {kEnrolmentSecretFile, secrets.enrolment.span()},
      {kDeviceSecretFile, secrets.device.span()},
      {kIdentityFile, identity_json}};
  if (!secrets.signing_public.empty()) {
    contents.emplace_back(kSigningKeyFile, secrets.signing.span());
  }
  // "a/home/" and "a/home" are the same folder, but only the second has a name to add to.
  std::filesystem::path target = options.folder;
  if (!target.has_filename()) target = target.parent_path();
  std::filesystem::path partial = target;
  partial += ".partial." + std::to_string(::getpid());
  base::Status written = write_home(partial, files, contents);
  base::wipe(key.key_pem.data(), key.key_pem.size());
  if (written.ok()) written = base::check_stop();
  if (written.ok()) written = files.rename(partial, target);
  if (!written.ok()) {
    static_cast<void>(files.remove_tree(partial).ok());
    return written.take_error();
  }
  const auto parent = target.parent_path();
  CN_RETURN_IF_ERROR(files.sync_folder(parent.empty() ? "." : parent));
  return Joined{identity, false, {}};
}

}  // namespace

base::Result<Joined> join(const JoinOptions& options, base::FileSystem& files,
                          base::Randomness& randomness) {
  CN_ASSIGN(api::Enrolment enrolment, read_enrolment(options));
  CN_RETURN_IF_ERROR(client_of(options.gatekeeper, net::PeerRole::kGatekeeper, enrolment));
  CN_RETURN_IF_ERROR(check_addresses(options, enrolment));
  CN_ASSIGN(const bool free, is_free(options.folder));
  auto joined = free ? join_anew(options, enrolment, files, randomness)
                     : join_again(options, enrolment, files);
  base::wipe(enrolment.secret.data(), enrolment.secret.size());
  return joined;
}

}  // namespace cryptonet::home

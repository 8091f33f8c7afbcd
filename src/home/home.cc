// SPDX-License-Identifier: Apache-2.0
// Reading a home. Secrets are read into secret memory and their plain copies wiped.
#include "home/home.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/file_system.h"
#include "home/sealing.h"

namespace cryptonet::home {
namespace {

constexpr std::uint64_t kMaxPemFileBytes = 64 * 1024;
constexpr std::size_t kMaxTokenBytes = 256;

base::Error usage(std::string rule, std::string message, std::string hint) {
  return {base::ErrorCode::kUsage, std::move(rule), std::move(message), std::move(hint)};
}

/// A folder that others can read is a mistake of somebody's: say so instead of going on.
base::Status check_private(const std::filesystem::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return base::local_io_error("look at", folder, errno);
  }
  if ((info.st_mode & 077U) == 0) return base::ok();
  return base::Error(base::ErrorCode::kLocalIo, "home.open_to_others",
                     "the home holds keys and is open to other users",
                     "chmod 700 " + folder.string())
      .at(folder.string());
}

template <std::size_t Size>
base::Result<base::Secret<Size>> read_secret(const std::filesystem::path& path) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(path, Size));
  if (bytes.size() != Size) {
    base::wipe(bytes.data(), bytes.size());
    return base::Error(base::ErrorCode::kBadInput, "home.secret",
                       "has " + std::to_string(bytes.size()) + " bytes where " +
                           std::to_string(Size) + " belong",
                       "join again into a new home")
        .at(path.string());
  }
  auto secret =
      base::Secret<Size>::copy_of(std::span<const std::uint8_t, Size>(bytes.data(), Size));
  base::wipe(bytes.data(), bytes.size());
  return secret;
}

base::Result<std::string> read_text(const std::filesystem::path& path) {
  CN_ASSIGN(base::Bytes bytes, base::read_file(path, kMaxPemFileBytes));
  std::string text(base::text_of(bytes));
  base::wipe(bytes.data(), bytes.size());
  return text;
}

}  // namespace

base::Result<std::filesystem::path> find_folder(const std::string& flag) {
  if (!flag.empty()) return std::filesystem::path(flag);
  if (const char* set = std::getenv("CRYPTONET_HOME"); set != nullptr && *set != '\0') {
    return std::filesystem::path(set);
  }
  if (const char* user = std::getenv("HOME"); user != nullptr && *user != '\0') {
    return std::filesystem::path(user) / ".cryptonet";
  }
  return usage("home.unknown", "there is no home folder: HOME is not set", "give --home FOLDER");
}

base::Result<Home> Home::open(const std::filesystem::path& folder) {
  const auto path = folder / kIdentityFile;
  std::error_code code;
  if (!std::filesystem::exists(path, code) && !code) {
    return usage("home.missing", "no one has joined here",
                 "cryptonet join --enrol FILE --home " + folder.string() + " --gatekeeper URL")
        .at(folder.string());
  }
  CN_RETURN_IF_ERROR(check_private(folder));
  CN_ASSIGN(const base::Bytes bytes, base::read_file(path, api::Identity::kMaxBytes));
  auto identity = api::Identity::from_json(base::text_of(bytes));
  if (!identity.ok()) return identity.take_error().at(path.string());
  Home home(folder, std::move(*identity));
  const auto key = base::from_base64(home.identity_.sealing_key);
  if (!key.ok() || key->size() != home.sealing_key_.size()) {
    return base::Error(base::ErrorCode::kBadInput, "home.sealing_key",
                       "sealing_key is not the base64 of 32 bytes", "join again into a new home")
        .at(path.string());
  }
  std::copy(key->begin(), key->end(), home.sealing_key_.begin());
  const auto later = folder / kSealingFile;
  if (!std::filesystem::exists(later, code)) return home;
  CN_ASSIGN(const base::Bytes text, base::read_file(later, api::SealingKey::kMaxBytes));
  auto sealing = api::SealingKey::from_json(base::text_of(text));
  if (!sealing.ok()) return sealing.take_error().at(later.string());
  CN_ASSIGN(home.sealing_key_, home.checked(*sealing));
  home.sealing_generation_ = sealing->generation;
  return home;
}

base::Result<std::array<std::uint8_t, 32>> Home::checked(const api::SealingKey& key) const {
  CN_ASSIGN(const std::string authority, read_text(folder_ / kAuthorityFile));
  return checked_sealing_key(key, authority);
}

base::Result<base::Secret<32>> Home::enrolment_secret() const {
  return read_secret<32>(folder_ / kEnrolmentSecretFile);
}

base::Result<base::Secret<32>> Home::device_secret() const {
  return read_secret<32>(folder_ / kDeviceSecretFile);
}

base::Result<base::Secret<64>> Home::signing_key() const {
  CN_RETURN_IF_ERROR(require_role(net::PeerRole::kContributor, "signing an upload"));
  return read_secret<64>(folder_ / kSigningKeyFile);
}

base::Result<std::unique_ptr<net::HttpClient>> Home::connect(const std::string& url,
                                                             net::PeerRole server) const {
  net::ClientOptions options;
  options.url = url;
  options.server_role = server;
  // An upload sends as fast as it can, and is told to wait where that is too fast.
  if (role() == net::PeerRole::kContributor) options.patience = kPatience;
  CN_ASSIGN(options.identity.certificate_pem, read_text(folder_ / kCertificateFile));
  CN_ASSIGN(options.identity.authority_pem, read_text(folder_ / kAuthorityFile));
  CN_ASSIGN(options.identity.key_pem, read_text(folder_ / kKeyFile));
  return net::HttpClient::create(std::move(options));
}

base::Status Home::keep_session(base::FileSystem& files, const std::string& token) const {
  return base::write_atomically(files, folder_ / kSessionFile, base::view_of(token + "\n"), 0600);
}

base::Status Home::forget_session(base::FileSystem& files) const {
  return files.remove_tree(folder_ / kSessionFile);
}

bool Home::environment_has_token() {
  const char* set = std::getenv("CRYPTONET_TOKEN");
  return set != nullptr && *set != '\0';
}

base::Result<std::string> Home::token() const {
  std::string token;
  if (environment_has_token()) {
    token = std::getenv("CRYPTONET_TOKEN");
    const bool printable =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!printable || token.size() > kMaxTokenBytes) {
      return usage("home.token", "CRYPTONET_TOKEN holds no access key",
                   "set it to what cryptonet token new printed, and nothing else");
    }
    return token;
  }
  const auto path = folder_ / kSessionFile;
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return token;
  CN_ASSIGN(const base::Bytes bytes, base::read_file(path, kMaxTokenBytes));
  token = base::text_of(bytes);
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

base::Result<std::unique_ptr<net::HttpClient>> Home::gatekeeper() const {
  CN_ASSIGN(auto client, connect(identity_.gatekeeper, net::PeerRole::kGatekeeper));
  CN_ASSIGN(std::string bearer, token());
  client->set_bearer(std::move(bearer));
  return client;
}

base::Result<std::unique_ptr<net::HttpClient>> Home::cloud() const {
  if (identity_.cloud.empty()) {
    return usage("home.no_cloud", "this home knows no cloud", "join again with --cloud URL")
        .at(folder_.string());
  }
  return connect(identity_.cloud, net::PeerRole::kCloud);
}

base::Status Home::require_role(net::PeerRole role, const std::string& command) const {
  if (this->role() == role) return base::ok();
  const std::string needed(net::role_name(role));
  return base::Error(
             base::ErrorCode::kRefused, "home.role",
             command + " is for a " + needed + ", and this is the home of a " + identity_.role,
             "give --home of a " + needed)
      .at(folder_.string());
}

}  // namespace cryptonet::home

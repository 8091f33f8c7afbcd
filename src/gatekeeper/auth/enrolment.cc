// SPDX-License-Identifier: Apache-2.0
// The file's JSON is put together by hand in one buffer that is wiped, because a JSON library would
// leave copies of the secret behind.
#include "gatekeeper/auth/enrolment.h"

#include <array>
#include <chrono>

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr int kCloudCertificateDays = 3650;

class WipedText {
 public:
  explicit WipedText(std::string text) : text_(std::move(text)) {}
  ~WipedText() { base::wipe(text_.data(), text_.size()); }
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  std::string& text() { return text_; }

 private:
  std::string text_;
};

/// PEM and base64 need no escapes but line ends.
void append_field(std::string& json, std::string_view name, std::string_view value) {
  json += json.empty() ? "{\n  \"" : ",\n  \"";
  json += name;
  json += "\": \"";
  for (const char character : value) {
    if (character == '\n') {
      json += "\\n";
    } else {
      CHECK(character >= ' ' && character != '"' && character != '\\' && character != '\x7f');
      json += character;
    }
  }
  json += '"';
}

struct EnrolmentFile {
  const state::Enrolment& enrolment;
  const base::Secret<32>& secret;
  const Authority& authority;
  const net::KeyAndCertificate& own;  ///< of the cloud; empty otherwise
};

Status write_file(const EnrolmentFile& content, const std::filesystem::path& file,
                  base::FileSystem& files) {
  WipedText json{std::string()};
  WipedText secret(base::to_base64(content.secret.span()));
  std::string& text = json.text();
  text.reserve(64 * 1024);  // never grows, so no copy is left behind
  append_field(text, "format", "cryptonet.enrolment.v1");
  append_field(text, "id", content.enrolment.id);
  append_field(text, "name", content.enrolment.name);
  append_field(text, "role", state::role_word(content.enrolment.role));
  append_field(text, "secret", secret.text());
  append_field(text, "authority_pem", content.authority.certificate.certificate_pem);
  append_field(text, "sealing_key", base::to_base64(content.authority.keys.public_key()));
  if (!content.own.key_pem.empty()) {
    append_field(text, "certificate_pem", content.own.certificate_pem);
    append_field(text, "key_pem", content.own.key_pem);
  }
  text += "\n}\n";
  CHECK(text.size() < 64 * 1024);
  CN_ASSIGN(auto out, files.open_append(file, 0600, true));
  auto written = out->append(base::view_of(text));
  if (written.ok()) written = out->sync();
  const std::filesystem::path folder = file.parent_path();
  if (written.ok()) written = files.sync_folder(folder.empty() ? "." : folder);
  if (!written.ok()) static_cast<void>(files.remove_tree(file).ok());
  return written;
}
}  // namespace

net::PeerRole peer_role(state::EnrolmentRole role) {
  switch (role) {
    case state::EnrolmentRole::kCloud:
      return net::PeerRole::kCloud;
    case state::EnrolmentRole::kContributor:
      return net::PeerRole::kContributor;
    case state::EnrolmentRole::kResearcher:
      return net::PeerRole::kResearcher;
  }
  return net::PeerRole::kNone;
}

std::int64_t unix_seconds(net::TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Result<base::Secret<32>> enrolment_secret(const keys::KeyRing& keys,
                                          const state::Enrolment& enrolment) {
  CN_ASSIGN(const auto clear, keys.unseal(keys::RecordKind::kEnrolmentSecret,
                                          base::view_of(enrolment.id), enrolment.sealed_secret));
  CHECK(clear.size() == 32);  // sealed by enrol()
  return base::Secret<32>::copy_of(std::span<const std::uint8_t, 32>(clear.data(), 32));
}

Status enrol(const Authority& authority, const Invitation& invitation,
             const std::filesystem::path& file, base::FileSystem& files,
             base::Randomness& randomness, net::TimePoint now) {
  if (std::error_code missing; std::filesystem::exists(file, missing)) {
    return Error(ErrorCode::kBadInput, "enrol.file_exists", "the enrolment file exists already",
                 "choose another --out, or remove the file")
        .at(file.string());
  }
  // Issuing checks the name too, so it is done for every role; only the cloud's is kept.
  CN_ASSIGN(
      net::KeyAndCertificate own,
      net::issue_with_new_key(authority.certificate, {peer_role(invitation.role), invitation.name},
                              net::valid_from(now, kCloudCertificateDays)));
  const bool keeps_own = invitation.role == state::EnrolmentRole::kCloud;
  if (!keeps_own) {
    base::wipe(own.key_pem.data(), own.key_pem.size());
    own = {};
  }
  std::array<std::uint8_t, 16> id{};
  randomness.fill(id);
  base::Secret<32> secret;
  randomness.fill(secret.span());
  state::Enrolment enrolment;
  enrolment.id = base::to_hex(id);
  enrolment.name = invitation.name;
  enrolment.role = invitation.role;
  enrolment.sealed_secret = authority.keys.seal(keys::RecordKind::kEnrolmentSecret,
                                                base::view_of(enrolment.id), secret.span());
  const auto status = authority.identities.enrol(enrolment, unix_seconds(now), [&]() {
    return write_file({enrolment, secret, authority, own}, file, files);
  });
  base::wipe(own.key_pem.data(), own.key_pem.size());
  return status;
}

Status revoke(const Authority& authority, const std::string& name, net::TimePoint now) {
  CN_ASSIGN(const auto enrolment, authority.identities.find_enrolment_by_name(name));
  if (enrolment.has_value() && enrolment->role == state::EnrolmentRole::kCloud) {
    return Error(ErrorCode::kBadInput, "revoke.cloud",
                 "the cloud's enrolment cannot be revoked: the cloud never calls the gatekeeper",
                 "stop the gatekeeper from calling it (serve --cloud), or make a new home");
  }
  return authority.identities.revoke(name, unix_seconds(now));
}

}  // namespace cryptonet::gatekeeper::auth

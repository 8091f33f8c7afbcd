// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/people/bootstrap.h"

#include <array>

#include "base/hash.h"
#include "gatekeeper/people/administration.h"

namespace cryptonet::gatekeeper::people {
namespace {
using base::Result;

constexpr std::size_t kCodeBytes = 16;
constexpr std::size_t kMaxFileBytes = 256;

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}
}  // namespace

Result<std::optional<std::string>> Bootstrap::prepare(state::People& people,
                                                      base::Randomness& randomness) {
  const std::lock_guard lock(mutex_);
  CN_ASSIGN(const bool nobody, people.empty());
  const bool there = std::filesystem::exists(file_);
  if (!nobody) {
    if (there) CN_RETURN_IF_ERROR(files_.remove_tree(file_));
    return std::optional<std::string>();
  }
  if (there) {
    CN_ASSIGN(const base::Bytes text, base::read_file(file_, kMaxFileBytes));
    return std::optional(trimmed(base::text_of(text)));
  }
  std::array<std::uint8_t, kCodeBytes> bits{};
  randomness.fill(bits);
  const std::string code = base::to_hex(bits);
  CN_RETURN_IF_ERROR(base::write_atomically(files_, file_, base::view_of(code + "\n"), 0600));
  return std::optional(code);
}

Result<api::Enrolled> Bootstrap::redeem(auth::Gate& gate, const api::BootstrapRequest& request) {
  const std::lock_guard lock(mutex_);
  CN_ASSIGN(const bool nobody, gate.people.empty());
  if (!nobody || !std::filesystem::exists(file_)) return auth::not_signed_in();
  CN_ASSIGN(const base::Bytes text, base::read_file(file_, kMaxFileBytes));
  const std::string code = trimmed(base::text_of(text));
  if (code.size() != 2 * kCodeBytes ||
      !base::equal_constant_time(base::view_of(code), base::view_of(trimmed(request.code)))) {
    return auth::not_signed_in();
  }
  CN_ASSIGN(auto credential, gate.sign_in.make_credential(request.user, request.password));
  CN_RETURN_IF_ERROR(gate.people.add(request.user, state::Role::kCustodian, credential.stored,
                                     gate.clock->now_s(), true));
  CN_RETURN_IF_ERROR(files_.remove_tree(file_));
  return enrolled(request.user, "custodian", std::move(credential));
}

}  // namespace cryptonet::gatekeeper::people

// SPDX-License-Identifier: Apache-2.0
// Who is behind a bearer token, and for how long: admits sessions and access keys, makes, lists and
// ends them. A key that expired, lay idle, was revoked, or whose person may not come in any more is
// refused from the next request on, and asked about again before an answer leaves. Any thread.
#pragma once

#include <map>

#include "api/messages.h"
#include "base/randomness.h"
#include "gatekeeper/auth/clock.h"
#include "gatekeeper/state/people.h"
#include "net/http.h"

namespace cryptonet::gatekeeper::auth {

inline constexpr std::int64_t kLongestAccessKeyS = 900;
inline constexpr std::size_t kMostKeysOfOne = 256;  ///< live sessions and keys of one person
inline constexpr std::int64_t kExpiredKeptS = 30 * 86400;

/// A person who was let in, and by what.
struct Caller {
  state::Person person;
  state::AccessKey key;
};

class Access {
 public:
  Access(state::AccessKeys& keys, state::People& people, Clock& clock, base::Randomness& randomness)
      : keys_(keys), people_(people), clock_(clock), randomness_(randomness) {}

  /// kNotSignedIn (auth::not_signed_in) for whatever is wrong with the token. A session is good on
  /// the machine alone that signed in.
  base::Result<Caller> admit(std::string_view token, const net::Peer& machine);
  /// Whether the caller would still be let in, without counting as use.
  base::Result<Caller> still_admitted(const Caller& caller);
  /// Whether the second factor was shown less than kFreshS ago.
  bool is_fresh(const Caller& caller);

  /// kRefused when the person has too many. The scope is the caller's to check.
  base::Result<api::AccessKeyMade> make(const Caller& caller, const api::AccessKeyRequest& request);
  /// One's own, or everybody's.
  base::Result<api::AccessKeyList> list(const Caller& caller, bool everybody);
  /// The person whose key it is; nothing for an unknown id.
  base::Result<std::optional<std::string>> owner(const std::string& id);
  /// On disk when it returns. False: it had ended already.
  base::Result<bool> end(const std::string& id);
  /// Removes keys that expired more than kExpiredKeptS ago.
  base::Status remove_long_expired();

 private:
  /// The key and its person as they stand now; kNotSignedIn when either may not come in any more.
  base::Result<Caller> live(const base::Digest& hash, std::int64_t now_s);
  std::int64_t last_used(const state::AccessKey& key);
  /// In memory at once; on disk once a minute, so that a crash can only make a key look idle early.
  base::Status note_use(const state::AccessKey& key, std::int64_t now_s);

  state::AccessKeys& keys_;
  state::People& people_;
  Clock& clock_;
  base::Randomness& randomness_;
  std::mutex mutex_;
  struct Use {
    std::int64_t last_s = 0;
    std::int64_t written_s = 0;
  };
  std::map<std::string, Use> uses_;
};

}  // namespace cryptonet::gatekeeper::auth

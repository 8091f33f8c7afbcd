// SPDX-License-Identifier: Apache-2.0
// What is about to be recorded. There is no way to put free text in: words are literals of the
// program, names go through the setter of what they name, everything that must not be readable goes
// in as a keyed fingerprint. Never a cell, key, token, code, password, literal of a question or
// label. Of an error only the rule is kept, for its text may quote what somebody typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"

namespace cryptonet::gatekeeper::audit {

using cryptonet::audit::Record;

enum class Kind : std::uint8_t {
  kBootstrap,       ///< the first custodian
  kSignIn,          ///< a person signed in
  kSignInDenied,    ///< …or did not
  kSignOut,         ///< a session ended
  kStepUp,          ///< the second factor was shown again
  kFactor,          ///< a factor was added, used up or taken away
  kAccessKey,       ///< made, revoked
  kUser,            ///< added, disabled, reset
  kProject,         ///< added; members and datasets
  kQuestion,        ///< somebody asks
  kPlan,            ///< what the question would take
  kOpening,         ///< totals were opened with an upload's key
  kRelease,         ///< an answer leaves
  kRefusal,         ///< something was asked for and not given
  kFreeze,          ///< an opening failed
  kUnfreeze,        ///< the custodian lifted a freeze
  kUpload,          ///< an upload was offered
  kPublish,         ///< a version came into being
  kDrop,            ///< …and went
  kEnrolment,       ///< made, joined, revoked
  kSeal,            ///< keys were thrown out of memory
  kUnseal,          ///< …and brought back
  kRotation,        ///< of a key
  kBackup,          ///< made, restored
  kAuditRead,       ///< this log was read
  kAdministration,  ///< start, stop, and what else the custodian does
  kRateLimited      ///< somebody asked too much
};
inline constexpr std::size_t kKinds = 27;
std::string_view kind_word(Kind kind);

/// A word that stands in the program's text: it cannot be made of anything that comes from outside.
class Word {
 public:
  template <std::size_t Size>
  consteval Word(const char (&text)[Size]) : text_(text, Size - 1) {  // NOLINT
    if (Size < 2 || Size > 33) throw "a word has 1 to 32 letters";
    for (const char c : text_) {
      if ((c < 'a' || c > 'z') && c != '_') throw "a word has the letters a to z and '_'";
    }
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// A keyed fingerprint: the same text gives the same one under the same gatekeeper; without its key
/// it tells nothing and cannot be tried out. Log::fingerprint makes them.
struct Fingerprint {
  std::array<std::uint8_t, 16> bytes{};
};

class Event {
 public:
  explicit Event(Kind kind);

  /// Who. A name that somebody claims to have is no person: that goes in as a fingerprint.
  Event& person(std::string_view user);
  Event& machine(std::string_view enrolment, std::string_view address);
  /// What is done, where the kind leaves it open: "made", "revoked".
  Event& action(Word action);
  /// How it ended: refused or failed, by the error's code; its rule is kept and nothing else of it.
  Event& error(const base::Error& error);

  /// What it is about. Names are those that the gatekeeper knows, not what somebody sent.
  Event& dataset(std::string_view name) { return named("dataset", name); }
  Event& project(std::string_view name) { return named("project", name); }
  Event& user(std::string_view name) { return named("user", name); }
  Event& enrolment(std::string_view name) { return named("enrolment", name); }
  Event& role(std::string_view word);
  Event& version(std::uint64_t version) { return count("version", version); }
  Event& versions(const std::vector<std::uint64_t>& versions);
  Event& upload(const std::array<std::uint8_t, 16>& id);
  /// The public id of a session or access key, never the key.
  Event& key_id(std::string_view id) { return short_id("key_id", id); }
  /// …of another session or access key than the one that asks.
  Event& about_key(std::string_view id) { return short_id("about_key", id); }
  /// A route of the API, as it stands in the program's text.
  Event& route(std::string_view method, std::string_view pattern);
  /// Names of functions of a question, as the planner spells them.
  Event& functions(const std::vector<std::string>& names);
  Event& count(Word name, std::uint64_t value);
  Event& word(Word name, Word value);
  Event& fingerprint(Word name, const Fingerprint& value);

  Kind kind() const { return kind_; }

 private:
  friend class Log;
  Event& named(Word name, std::string_view value);
  Event& short_id(Word name, std::string_view id);
  Kind kind_;
  Record record_;
};

}  // namespace cryptonet::gatekeeper::audit

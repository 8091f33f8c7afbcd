// SPDX-License-Identifier: Apache-2.0
// Verifying a whole log and saying what came of it: for the file of an export, and for whoever
// reads a log in another way. Pure functions.
#pragma once

#include <array>
#include <optional>

#include "audit/verifier.h"

namespace cryptonet::audit {

/// A head that somebody kept, and where.
struct KnownHead {
  Head head;
  std::string source;
};

/// What somebody knows of the log from elsewhere. Without any of it, a log that was written anew as
/// a whole and signed with a key of the writer's own looks like the true one.
struct Known {
  std::vector<KnownHead> heads;
  std::optional<std::array<std::uint8_t, 32>> key;  ///< that signs
  bool anything() const { return !heads.empty() || key.has_value(); }
};

struct Checked {
  Report report;
  std::optional<Head> head;  ///< the newest that the log brought itself
  bool compared = false;     ///< with a head or key from elsewhere
};

/// Records from 1 on and a head as the last line. Heads that are known must be of the same log and
/// the same key.
Checked verify_exported(std::string_view text, const std::string& name, const Known& known);
/// A finding for every known head or key that is not of the log's own key.
void compare_keys(Verifier& verifier, const Head& own, const Known& known);
/// The head of a file: one line, or the last line of an export. kIntegrity when there is none.
base::Result<Head> head_of_text(std::string_view text);

/// For people, with every finding on a line of its own.
std::string report_text(const Checked& checked);
/// {"records", "first", "last", "hash", "head", "compared", "findings": […], "more"}
std::string report_json(const Checked& checked);
/// kIntegrity naming the first finding; nothing when there is none.
base::Status verdict(const Checked& checked);

}  // namespace cryptonet::audit

// SPDX-License-Identifier: Apache-2.0
// Verifying a whole log and saying what came of it: for the file of an export, and for whoever
// reads a log in another way. Pure functions.
#pragma once

#include "audit/verifier.h"

namespace cryptonet::audit {

/// A head that somebody kept, and where.
struct KnownHead {
  Head head;
  std::string source;
};

struct Checked {
  Report report;
  std::optional<Head> head;  ///< the newest that the log brought itself
};

/// Records from 1 on and a head as the last line. Heads that were `kept` must be of the same log
/// and the same key.
Checked verify_exported(std::string_view text, const std::string& name,
                        const std::vector<KnownHead>& kept);
/// A finding for every kept head that was signed with another key than the log's own.
void compare_keys(Verifier& verifier, const Head& own, const std::vector<KnownHead>& kept);
/// The head of a file: one line, or the last line of an export. kIntegrity when there is none.
base::Result<Head> head_of_text(std::string_view text);

/// For people, with every finding on a line of its own.
std::string report_text(const Checked& checked);
/// {"records", "first", "last", "hash", "head", "findings": […], "more"}
std::string report_json(const Checked& checked);
/// kIntegrity naming the first finding; nothing when there is none.
base::Status verdict(const Checked& checked);

}  // namespace cryptonet::audit

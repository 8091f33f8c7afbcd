// SPDX-License-Identifier: Apache-2.0
// The last signed head of the audit log that the state remembers: one row, so that cutting off the
// log's end takes a change of this file too. Safe from several threads.
#pragma once

#include <optional>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

class AuditHeads {
 public:
  explicit AuditHeads(Database& database) : database_(database) {}
  /// The head's text (docs/formats/audit.md); nothing before the first.
  base::Result<std::optional<std::string>> find();
  base::Status keep(const std::string& head);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

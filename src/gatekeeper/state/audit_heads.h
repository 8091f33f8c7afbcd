// SPDX-License-Identifier: Apache-2.0
// What the state remembers of the audit log: the last signed head that was put here, so that
// cutting off the log's end takes a change of this file too; and records made while the log was
// closed, until it opens. Safe from several threads.
#pragma once

#include <optional>
#include <vector>

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

class AuditHeads {
 public:
  explicit AuditHeads(Database& database) : database_(database) {}
  /// The head's text (docs/formats/audit.md); nothing before the first.
  base::Result<std::optional<std::string>> find();
  base::Status keep(const std::string& head);

  struct Pending {
    std::int64_t id = 0;
    std::string record;
  };
  base::Result<std::int64_t> add_pending(const std::string& record);
  /// In the order in which they were added.
  base::Result<std::vector<Pending>> pending();
  base::Status remove_pending(const std::vector<std::int64_t>& ids);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

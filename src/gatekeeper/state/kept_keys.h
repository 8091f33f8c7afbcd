// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's keys as they lie in its state, each sealed under a master key that this file
// does not know. While a master key is being replaced there are two sets; the one that counts is
// named by seal.json. Safe from several threads and processes.
#pragma once

#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

struct KeptKey {
  std::string name;
  base::Bytes sealed;
};

class KeptKeys {
 public:
  explicit KeptKeys(Database& database) : database_(database) {}

  /// All keys under that master key, by name; none when there is no such set.
  base::Result<std::vector<KeptKey>> find(base::ByteView master);
  /// Adds a whole set, in place of what an earlier attempt left of it.
  base::Status add(base::ByteView master, const std::vector<KeptKey>& keys);
  /// From here on no other set is left in the file.
  base::Status keep_only(base::ByteView master);

  /// Parts of a transaction of the caller's.
  static base::Status put(Connection& connection, base::ByteView master, const KeptKey& key);
  static base::Status remove(Connection& connection, base::ByteView master,
                             const std::string& name);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

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
  /// From here on no other set is left in the file.
  base::Status keep_only(base::ByteView master);

  /// Parts of a transaction of the caller's. replace() keeps these keys and no others under that
  /// master key.
  static base::Status replace(Connection& connection, base::ByteView master,
                              const std::vector<KeptKey>& keys);
  static base::Status put(Connection& connection, base::ByteView master, const KeptKey& key);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

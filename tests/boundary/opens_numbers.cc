// SPDX-License-Identifier: Apache-2.0
// The twin that must compile with the rights of the gatekeeper: totals of the cloud are opened, one
// number per prime.
#include "columns/open/opener.h"

namespace open = cryptonet::columns::open;
using FromCloud = cryptonet::columns::format::Residues;

bool opens(const open::UploadOpener& opener, const open::CheckedPair& pair, const FromCloud& total,
           const cryptonet::columns::format::Residues& key_part) {
  const open::MaskedNumber number{total, key_part};
  const open::MaskedNumber checks[] = {number};
  return opener.open_checked(0, pair, number, checks, {}).ok();
}

int main() { return 0; }

// SPDX-License-Identifier: Apache-2.0
// Must not compile with the rights of the gatekeeper: a polynomial where a total of the cloud
// belongs. Differs from opens_numbers.cc in FromCloud alone.
#include "columns/open/opener.h"

namespace open = cryptonet::columns::open;
using FromCloud = cryptonet::he::ring::NttPoly;

bool opens(const open::UploadOpener& opener, const open::CheckedPair& pair, const FromCloud& total,
           const cryptonet::columns::format::Residues& key_part) {
  const open::MaskedNumber number{total, key_part};
  const open::MaskedNumber checks[] = {number};
  return opener.open_checked(0, pair, number, checks, {}).ok();
}

int main() { return 0; }

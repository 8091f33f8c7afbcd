// SPDX-License-Identifier: Apache-2.0
// The twin that must compile with the rights of the cloud.
#include "columns/total/total.h"

int main() {
  const cryptonet::columns::format::Residues total{};
  return static_cast<int>(total[0]);
}

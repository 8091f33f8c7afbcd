// SPDX-License-Identifier: Apache-2.0
#include "columns/format/merkle_tree.h"

#include <array>

#include "base/hash.h"

namespace cryptonet::columns::format {

base::Digest merkle_leaf(base::ByteView bytes) {
  base::Sha256Stream hash;
  hash.update(std::array<std::uint8_t, 1>{0});
  hash.update(bytes);
  return hash.finish();
}

base::Digest merkle_root(std::vector<base::Digest> leaves) {
  CHECK(!leaves.empty());
  while (leaves.size() > 1) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i + 1 < leaves.size(); i += 2) {
      base::Sha256Stream hash;
      hash.update(std::array<std::uint8_t, 1>{1});
      hash.update(leaves[i]);
      hash.update(leaves[i + 1]);
      leaves[parents++] = hash.finish();
    }
    if (leaves.size() % 2 == 1) leaves[parents++] = leaves.back();
    leaves.resize(parents);
  }
  return leaves.front();
}

}  // namespace cryptonet::columns::format

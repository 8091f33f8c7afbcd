// SPDX-License-Identifier: Apache-2.0
// The tree of RFC 6962, section 2.1, over SHA-256: leaf = H(0 || bytes), node = H(1 || left ||
// right), an unpaired node rises as it is.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace cryptonet::columns::format {

base::Digest merkle_leaf(base::ByteView bytes);
/// The root over at least one leaf.
base::Digest merkle_root(std::vector<base::Digest> leaves);

}  // namespace cryptonet::columns::format

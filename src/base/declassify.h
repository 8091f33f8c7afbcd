// SPDX-License-Identifier: Apache-2.0
// Where a value computed from secrets becomes public by design. The constant-time test
// (tests/assurance) runs the product's own libraries with all secrets marked undefined under
// Valgrind and reports every branch and address that depends on one; a call of declassify() is the
// only way to say that a branch may. Each stands beside a sentence that says why.
#pragma once

#include <cstddef>

namespace cryptonet::base {

/// Marks the bytes as defined under Valgrind; elsewhere a few instructions without effect.
void declassify(const void* data, std::size_t size);

/// The same for one value: if (declassified(verdict)) ...
template <typename T>
T declassified(T value) {
  declassify(&value, sizeof(value));
  return value;
}

}  // namespace cryptonet::base

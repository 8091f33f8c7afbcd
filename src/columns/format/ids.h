// SPDX-License-Identifier: Apache-2.0
// Opaque random names of uploads, columns and units: 16 bytes each, drawn by the contributor. They
// tell the cloud nothing, and one kind cannot be passed for another.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"

namespace cryptonet::columns::format {

template <typename Tag>
struct Id {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Id&) const = default;
  std::string hex() const { return base::to_hex(bytes); }
};
using UploadId = Id<struct UploadTag>;
using ColumnId = Id<struct ColumnTag>;
using UnitId = Id<struct UnitTag>;

}  // namespace cryptonet::columns::format

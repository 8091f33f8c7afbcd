// SPDX-License-Identifier: Apache-2.0
#include "columns/format/parameter_set.h"

#include <string>

namespace cryptonet::columns::format {

const ParameterSet& wide_set() {
  static const ParameterSet set = {
      ParameterSetId::kWide,
      "wide",
      *he::bgv::BgvParameters::create(
          {8192, {281474976694273, 281474976546817, 281474976317441}, 562949952847873}),
      1,
      std::uint64_t{1} << 32,
      1U << 19};
  return set;
}

base::Result<const ParameterSet*> find_parameter_set(std::uint8_t id) {
  if (id == static_cast<std::uint8_t>(ParameterSetId::kWide)) return &wide_set();
  return base::Error(base::ErrorCode::kBadInput, "format.parameter_set",
                     "parameter set " + std::to_string(id) + " is not known to this program",
                     "use a newer cryptonet");
}

}  // namespace cryptonet::columns::format

// SPDX-License-Identifier: Apache-2.0
#include "columns/open/phase_bound.h"

#include "he/bgv/accountant.h"

namespace cryptonet::columns::open {

unsigned phase_bound_bits(const format::ParameterSet& set, std::uint32_t chunks, bool product) {
  return he::bgv::bits_of(he::bgv::Accountant(set.bgv).masked_total(chunks, product));
}

bool admits_total(const format::ParameterSet& set, std::uint32_t chunks, bool product) {
  const he::bgv::Accountant accountant(set.bgv);
  return accountant.admits_masked_total(accountant.masked_total(chunks, product));
}

}  // namespace cryptonet::columns::open

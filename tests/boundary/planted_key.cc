// SPDX-License-Identifier: Apache-2.0
// A program like the cloud's into which somebody has linked what can open: the check of symbols
// must find it.
#include "columns/open/opener.h"
#include "columns/total/total.h"

int main(int count, char**) {
  using namespace cryptonet;
  const auto& set = columns::format::wide_set();
  const auto total = columns::total::merge(set, {}, {});
  if (count > 1) return static_cast<int>(columns::open::opening_refused().code);
  return static_cast<int>(total[0]);
}

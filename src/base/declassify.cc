// SPDX-License-Identifier: Apache-2.0
#include "base/declassify.h"

#include <valgrind/memcheck.h>

namespace cryptonet::base {

void declassify(const void* data, std::size_t size) { VALGRIND_MAKE_MEM_DEFINED(data, size); }

}  // namespace cryptonet::base

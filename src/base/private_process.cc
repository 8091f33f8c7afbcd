// SPDX-License-Identifier: Apache-2.0
// The flag also stops a core that the system pipes to a program, which the limit does not.
#include "base/private_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/result.h"

namespace cryptonet::base {

void keep_memory_private() {
  CHECK(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  const rlimit none = {0, 0};
  CHECK(::setrlimit(RLIMIT_CORE, &none) == 0);
}

}  // namespace cryptonet::base

// SPDX-License-Identifier: Apache-2.0
// What a process says of itself after it has asked for a private memory.
#include "base/private_process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

namespace cryptonet::base {
namespace {

[[noreturn]] void exit_with_whether_private() {
  keep_memory_private();
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_CORE, &limit) == 0;
  const bool no_core = known && limit.rlim_cur == 0 && limit.rlim_max == 0;
  std::exit(no_core && ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
}

TEST(PrivateProcessDeathTest, LeavesNoCoreFile) {
  EXPECT_EXIT(exit_with_whether_private(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cryptonet::base

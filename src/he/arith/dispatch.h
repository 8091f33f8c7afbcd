// SPDX-License-Identifier: Apache-2.0
// Which row of the kernel table runs: the best that the processor has, or the one that the
// environment variable CRYPTONET_KERNELS names (portable, avx2, avx512ifma). Chosen once, on first
// use.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "he/arith/kernels.h"

namespace cryptonet::he::arith {

/// The rows that this processor can run, slowest (portable) first.
std::span<const Kernels* const> supported_kernels();
/// The row of that name; kUsage when there is none or the processor cannot run it.
base::Result<const Kernels*> find_kernels(std::string_view name);
/// The row in use. A wrong CRYPTONET_KERNELS ends the program with a message and exit code 2.
const Kernels& kernels();
/// For tests and benchmarks: makes `row` the one in use. Not while other threads compute.
void use_kernels(const Kernels& row);

}  // namespace cryptonet::he::arith

// SPDX-License-Identifier: Apache-2.0
// The kernel table and the choice of its row.
#include "he/arith/dispatch.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace cryptonet::he::arith {
namespace {

constexpr Kernels kPortable = {
    "portable",
    portable::sum_u48,
    portable::unpack_u48,
    portable::dot_tile,
    portable::ntt_forward,
    portable::ntt_inverse,
    portable::mask_column,
    portable::divide_mask,
    portable::sum_mask,
    portable::unpack_candidates,
    portable::toss_coins,
    portable::place_slots,
    portable::scale_words,
    portable::within,
    portable::lift_small,
    portable::weigh_words,
    portable::small_forward,
    portable::small_product,
};

#ifdef CRYPTONET_X86_KERNELS
constexpr Kernels kAvx2 = {
    "avx2",
    avx2::sum_u48,
    avx2::unpack_u48,
    avx2::dot_tile,
    avx2::ntt_forward,
    avx2::ntt_inverse,
    avx2::mask_column,
    avx2::divide_mask,
    avx2::sum_mask,
    portable::unpack_candidates,
    portable::toss_coins,
    portable::place_slots,
    portable::scale_words,
    portable::within,
    portable::lift_small,
    avx2::weigh_words,
    avx2::small_forward,
    avx2::small_product,
};

constexpr Kernels kAvx512Ifma = {
    "avx512ifma",
    avx512ifma::sum_u48,
    avx512ifma::unpack_u48,
    avx512ifma::dot_tile,
    avx512ifma::ntt_forward,
    avx512ifma::ntt_inverse,
    avx512ifma::mask_column,
    avx512ifma::divide_mask,
    avx512ifma::sum_mask,
    avx512ifma::unpack_candidates,
    avx512ifma::toss_coins,
    avx512ifma::place_slots,
    avx512ifma::scale_words,
    avx512ifma::within,
    avx512ifma::lift_small,
    avx512ifma::weigh_words,
    avx512ifma::small_forward,
    avx512ifma::small_product,
};

/// The compiler's own test asks the processor and the operating system.
bool has_avx512ifma() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vnni");
}
#endif

std::vector<const Kernels*> probe() {
  std::vector<const Kernels*> rows = {&kPortable};
#ifdef CRYPTONET_X86_KERNELS
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) rows.push_back(&kAvx2);
  if (has_avx512ifma()) rows.push_back(&kAvx512Ifma);
#endif
  return rows;
}

const Kernels* choose() {
  const char* name = std::getenv("CRYPTONET_KERNELS");
  if (name == nullptr || *name == '\0') return supported_kernels().back();
  auto found = find_kernels(name);
  if (!found.ok()) {
    std::fprintf(stderr, "cryptonet: USAGE: CRYPTONET_KERNELS: %s\n",
                 found.error().message.c_str());
    std::exit(2);
  }
  return *found;
}

std::atomic<const Kernels*>& current() {
  static std::atomic<const Kernels*> row{choose()};
  return row;
}

}  // namespace

std::span<const Kernels* const> supported_kernels() {
  static const std::vector<const Kernels*> rows = probe();
  return rows;
}

base::Result<const Kernels*> find_kernels(std::string_view name) {
  std::string known;
  for (const Kernels* row : supported_kernels()) {
    if (name == row->name) return row;
    known += std::string(known.empty() ? "" : ", ") + row->name;
  }
  return base::Error(
      base::ErrorCode::kUsage, "kernels.name",
      "no kernels named '" + std::string(name) + "' run on this processor; it has " + known);
}

const Kernels& kernels() { return *current().load(std::memory_order_relaxed); }

void use_kernels(const Kernels& row) { current().store(&row, std::memory_order_relaxed); }

}  // namespace cryptonet::he::arith

// SPDX-License-Identifier: Apache-2.0
#include "bench/timing.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace cryptonet::bench {
namespace {

constexpr double kJobNanoseconds = 4e8;
constexpr std::size_t kRepeatsMin = 7;
constexpr std::size_t kRepeatsMax = 101;

volatile std::uint64_t kept = 0;

}  // namespace

Timing time_rows(std::uint64_t rows, const std::function<void()>& body) {
  std::vector<double> times;
  double spent = 0;
  while (times.size() < kRepeatsMin || (spent < kJobNanoseconds && times.size() < kRepeatsMax)) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count() / static_cast<double>(rows));
    spent += elapsed.count();
  }
  std::sort(times.begin(), times.end());
  return {{times.front(), times[times.size() / 2], times.back()}, times.size()};
}

void keep_alive(std::uint64_t value) { kept = value; }

}  // namespace cryptonet::bench

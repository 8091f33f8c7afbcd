// SPDX-License-Identifier: Apache-2.0
// One fault for each sanitizer, named by the argument; `nothing` has none. Sizes come from the
// command line so that no compiler can see the fault coming.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

namespace {

int g_shared = 0;

int overflow(int count) {
  const std::vector<int> numbers(static_cast<std::size_t>(count), 1);
  return numbers.data()[count];
}

int freed(int count) {
  auto* const numbers = new int[static_cast<std::size_t>(count)]();
  delete[] numbers;
  return numbers[0];
}

int race() {
  std::thread other([] { ++g_shared; });
  ++g_shared;
  other.join();
  return g_shared;
}

int leak(int count) {
  auto* lost = new int[static_cast<std::size_t>(count)]();
  std::memset(&lost, 0, sizeof lost);
  return 0;
}

int run(const char* fault, int count) {
  if (std::strcmp(fault, "overflow") == 0) return overflow(count);
  if (std::strcmp(fault, "freed") == 0) return freed(count);
  if (std::strcmp(fault, "signed") == 0) return std::numeric_limits<int>::max() - 1 + count;
  if (std::strcmp(fault, "shift") == 0) return 1 << (31 + count);
  if (std::strcmp(fault, "race") == 0) return race();
  if (std::strcmp(fault, "leak") == 0) return leak(count);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::printf("%d\n", run(arguments[1], count));
  return 0;
}

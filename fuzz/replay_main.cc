// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over kept inputs, without libFuzzer: replay CORPUS... prints how many inputs
// it ran and fails when there were none. Any compiler, any sanitizer, coverage. An input that
// crashes is named last.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  std::vector<fs::path> inputs;
  for (int i = 1; i < count; ++i) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(arguments[i], error)) {
      inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  for (const fs::path& input : inputs) {
    std::fprintf(stderr, "\r%s ", input.c_str());
    std::ifstream file(input, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("\n%zu inputs\n", inputs.size());
  return inputs.empty() ? 1 : 0;
}

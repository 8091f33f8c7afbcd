// SPDX-License-Identifier: Apache-2.0
// Reads commands from stdin and answers on stdout, until stdin ends. A command is a line of words;
// a last word "#n" says that n bytes follow the line. An answer is "ok TEXT", "ok #n" with n bytes
// after it, or "error RULE TEXT".
#include <cstdio>
#include <iostream>
#include <sstream>

#include "tests/seal_compat/engine.h"

namespace {

using namespace cryptonet;

constexpr std::size_t kPayloadMax = std::size_t{1} << 30;

bool read_request(seal_compat::Request& request) {
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  request = {};
  std::istringstream words(line);
  for (std::string word; words >> word;) request.words.push_back(word);
  if (!request.words.empty() && request.words.back().starts_with('#')) {
    const std::size_t size = std::stoull(request.words.back().substr(1));
    if (size > kPayloadMax) return false;
    request.payload.resize(size);
    std::cin.read(reinterpret_cast<char*>(request.payload.data()),
                  static_cast<std::streamsize>(size));
    request.words.pop_back();
  }
  return static_cast<bool>(std::cin);
}

void answer(base::Result<seal_compat::Reply> result) {
  if (!result.ok()) {
    std::cout << "error " << result.error().rule << " " << result.error().message << "\n";
  } else if (const auto* bytes = std::get_if<base::Bytes>(&*result)) {
    std::cout << "ok #" << bytes->size() << "\n";
    std::cout.write(reinterpret_cast<const char*>(bytes->data()),
                    static_cast<std::streamsize>(bytes->size()));
  } else {
    std::cout << "ok " << std::get<std::string>(*result) << "\n";
  }
  // Commands come in bursts: answers are written when none is waiting.
  if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  seal_compat::Engine engine;
  for (seal_compat::Request request; read_request(request);) answer(engine.run(request));
  return 0;
}

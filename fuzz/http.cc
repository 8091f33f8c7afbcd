// SPDX-License-Identifier: Apache-2.0
// What strangers send around the bodies of HTTP: request targets, error answers, certificates and
// certificate requests. No crash; a decoded path holds no control character.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/certificate.h"
#include "net/error_body.h"
#include "net/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cryptonet;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      const auto target = net::parse_target(text);
      if (!target.ok()) break;
      for (const char c : target->path) {
        if (static_cast<unsigned char>(c) < 0x20) std::abort();
      }
      break;
    }
    case 1: {
      const auto error = net::error_from_answer(400, base::view_of(text), "cloud");
      for (const char c : error.message) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n') std::abort();
      }
      break;
    }
    case 2:
      static_cast<void>(net::read_certificate(text).ok());
      break;
    default: {
      static const auto validity = net::valid_from(std::chrono::system_clock::now(), 1);
      static const auto authority = net::make_authority("fuzz", validity).value();
      static_cast<void>(
          net::issue_certificate(authority, text, {net::PeerRole::kCloud, "c"}, validity).ok());
      break;
    }
  }
  return 0;
}

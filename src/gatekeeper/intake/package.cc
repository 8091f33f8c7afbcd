// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/intake/package.h"

namespace cryptonet::gatekeeper::intake {
using base::Error;
using base::ErrorCode;
using base::Result;

Result<state::Package> parse_package(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  const auto block = [&] {
    const base::ByteView view = reader.block(bytes.size());
    return base::Bytes(view.begin(), view.end());
  };
  state::Package package;
  package.manifest = block();
  package.sealed_key = block();
  package.sealed_legend = block();
  if (!reader.finished()) {
    return Error(ErrorCode::kBadInput, "upload.package",
                 "the package is not three blocks: manifest, sealed key, sealed legend");
  }
  return package;
}

}  // namespace cryptonet::gatekeeper::intake

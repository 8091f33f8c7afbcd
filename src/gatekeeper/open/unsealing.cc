// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/open/unsealing.h"

#include "columns/keys/sealing.h"

namespace cryptonet::gatekeeper::open {
namespace {
using base::Result;
using columns::format::Manifest;

Result<columns::open::UploadKey> unseal(const Unsealer& unsealer, const Manifest& manifest,
                                        base::ByteView sealed_key) {
  CN_ASSIGN(const auto sealed, columns::format::parse_sealed_key(sealed_key));
  // Which generation it was sealed to does not stand in it; there are few.
  for (const keys::SealingKey& key : unsealer.keys.sealing_keys()) {
    auto opened =
        columns::open::unseal_key(manifest, sealed, key.secret, unsealer.enrolment_secret);
    if (opened.ok()) return opened;
  }
  return columns::open::opening_refused();
}
}  // namespace

Result<UploadParts> read_package(const Unsealer& unsealer, const state::Package& package) {
  CN_ASSIGN(Manifest manifest, Manifest::parse(package.manifest));
  CN_ASSIGN(const auto key, unseal(unsealer, manifest, package.sealed_key));
  CN_ASSIGN(const base::Bytes text,
            columns::open::unseal_legend(manifest, key, package.sealed_legend));
  CN_ASSIGN(table::Legend legend, table::parse_legend(base::text_of(text)));
  return UploadParts{std::make_shared<const Manifest>(std::move(manifest)),
                     std::make_shared<const table::Legend>(std::move(legend))};
}

Result<base::Bytes> reseal_key(const Unsealer& unsealer, const state::Package& package,
                               base::Randomness& randomness) {
  CN_ASSIGN(const Manifest manifest, Manifest::parse(package.manifest));
  CN_ASSIGN(const auto key, unseal(unsealer, manifest, package.sealed_key));
  CN_ASSIGN(const auto sealed,
            columns::keys::seal_upload_key(key,
                                           {manifest.body().upload, unsealer.keys.public_key(),
                                            unsealer.enrolment_secret, manifest.merkle_root()},
                                           randomness));
  return columns::format::write_sealed_key(sealed);
}

Result<columns::open::UploadOpener> make_opener(const Unsealer& unsealer, ManifestPointer manifest,
                                                base::ByteView sealed_key) {
  CN_ASSIGN(const auto key, unseal(unsealer, *manifest, sealed_key));
  return columns::open::UploadOpener::create(std::move(manifest), key);
}

}  // namespace cryptonet::gatekeeper::open

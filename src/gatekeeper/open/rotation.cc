// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/open/rotation.h"

#include <algorithm>

#include "gatekeeper/auth/enrolment.h"
#include "gatekeeper/keys/key_store.h"
#include "gatekeeper/keys/resealing.h"
#include "gatekeeper/open/unsealing.h"

namespace cryptonet::gatekeeper::open {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

struct Work {
  home::Home& home;
  const keys::MasterKey& master;
  base::FileSystem& files;
  base::Randomness& randomness;
  net::TimePoint now;
};

/// The new key is on the disk before anything is sealed to it.
Status add_sealing_key(const Work& work, keys::RingKeys& ring, Rotation& rotation) {
  rotation.generation = ring.sealing.front().generation + 1;
  CN_ASSIGN(keys::SealingKey key,
            home::make_generation(work.home.database(), rotation.generation,
                                  {work.master, work.home.authority().certificate.key_pem,
                                   work.randomness, work.now}));
  ring.sealing.insert(ring.sealing.begin(), std::move(key));
  return base::ok();
}

/// Nothing: the key of the upload does not open.
Result<bool> reseal_upload(const Work& work, const state::Upload& upload,
                           const keys::KeyRing& ring) {
  CN_ASSIGN(const auto enrolment, work.home.identities().find_enrolment(upload.enrolment));
  CHECK(enrolment.has_value());  // a foreign key of the table
  CN_ASSIGN(const auto secret, auth::enrolment_secret(ring, *enrolment));
  state::UploadFiles uploads(work.home.uploads_folder(), work.files);
  CN_ASSIGN(state::Package package, uploads.read_package(upload.id));
  auto sealed = reseal_key({ring, secret}, package, work.randomness);
  if (!sealed.ok() && sealed.error().code == ErrorCode::kIntegrity) return false;
  if (!sealed.ok()) return sealed.take_error();
  package.sealed_key = std::move(*sealed);
  CN_RETURN_IF_ERROR(uploads.store_sealed_key(upload.id, package.sealed_key));
  return true;
}

Status reseal_uploads(const Work& work, const keys::KeyRing& ring, Rotation& rotation) {
  state::Uploads uploads(work.home.database());
  CN_ASSIGN(const auto all, uploads.openings());
  for (const state::Openings& one : all) {
    CN_ASSIGN(const auto upload, uploads.find(one.id));
    if (!upload.has_value() || upload->state == state::UploadState::kDropped) continue;
    CN_ASSIGN(const bool resealed, reseal_upload(work, *upload, ring));
    if (resealed) {
      ++rotation.upload_keys;
    } else {
      rotation.unopened.push_back(one.id);
    }
  }
  return base::ok();
}

/// The first generation that something may still need: the last before the new one, for packages on
/// their way; all of them while a key that was taken in does not open.
std::uint32_t first_needed(const Rotation& rotation, const RotationOptions& options,
                           const keys::RingKeys& ring) {
  if (!rotation.unopened.empty()) return ring.sealing.back().generation;
  return options.wipe_last ? rotation.generation : rotation.generation - 1;
}

keys::RingKeys copy_of(const keys::RingKeys& ring) {
  keys::RingKeys copy;
  copy.root = base::Secret<32>::copy_of(ring.root.span());
  copy.records = base::Secret<32>::copy_of(ring.records.span());
  for (const keys::SealingKey& key : ring.sealing) {
    copy.sealing.push_back(
        keys::sealing_key_of(key.generation, base::Secret<32>::copy_of(key.secret.span())));
  }
  return copy;
}
}  // namespace

Result<Rotation> rotate(home::Home& home, const keys::MasterKey& master,
                        const RotationOptions& options, base::FileSystem& files,
                        base::Randomness& randomness, net::TimePoint now) {
  CHECK(!home.sealed());
  const Work work{home, master, files, randomness, now};
  Rotation rotation;
  CN_ASSIGN(keys::KeptSecrets secrets, keys::load(home.database(), master));
  CN_RETURN_IF_ERROR(add_sealing_key(work, secrets.ring, rotation));
  keys::KeyRing before(randomness);
  before.fill(copy_of(secrets.ring));
  CN_RETURN_IF_ERROR(reseal_uploads(work, before, rotation));

  keys::RingKeys fresh = copy_of(secrets.ring);
  randomness.fill(fresh.records.span());
  const std::uint32_t needed = first_needed(rotation, options, fresh);
  std::erase_if(fresh.sealing,
                [&](const keys::SealingKey& key) { return key.generation < needed; });
  for (const keys::SealingKey& key : secrets.ring.sealing) {
    if (key.generation < needed) rotation.wiped.push_back(key.generation);
  }
  keys::KeyRing after(randomness);
  after.fill(copy_of(fresh));
  secrets.ring = std::move(fresh);
  const Status committed = home.database().write([&](state::Connection& connection) -> Status {
    CN_ASSIGN(rotation.records, keys::reseal_records(connection, before, after));
    CN_RETURN_IF_ERROR(keys::keep(connection, master, secrets, randomness));
    return state::SealingGenerations::wiped_before(connection, needed, auth::unix_seconds(now));
  });
  if (!committed.ok()) return committed.error();
  CN_RETURN_IF_ERROR(home.database().empty_log());
  home.seal();
  CN_RETURN_IF_ERROR(home.unseal(master));
  return rotation;
}

}  // namespace cryptonet::gatekeeper::open

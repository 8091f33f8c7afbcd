// SPDX-License-Identifier: Apache-2.0
// Microsoft SEAL's objects from hostile bytes, the secret key among them: no crash, and what is
// accepted is written as bytes that are accepted again and give the same object. The first byte
// chooses.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "he/seal/objects.h"
#include "he/secret/seal_secret_key.h"

namespace {

using namespace cryptonet;
using he::seal::Compression;

const he::bgv::Chain& chain() {
  // N = 16: primes = 1 mod 32
  static const auto parameters =
      he::bgv::BgvParameters::insecure_create({16, {12289, 13313, 15361}, 97}).value();
  static const auto made = he::bgv::Chain::create(parameters).value();
  return made;
}

/// A ciphertext whose second polynomial comes from a seed: written with the seed in every mode, it
/// reads as itself. The input: mode, kind of seed, seed.
void check_seeded(base::ByteView input) {
  if (input.size() < 2) return;
  he::seal::Seed seed;
  if (input[1] % 2 == 1) seed.kind = he::seal::SeedKind::kShake256;
  const base::ByteView rest = input.subspan(2);
  std::copy_n(rest.begin(), std::min(rest.size(), seed.bytes.size()), seed.bytes.begin());
  he::bgv::Ciphertext made(chain(), chain().data_primes(), 2);
  he::seal::expand_seed(seed, chain(), made.primes(), made.polynomial(1));
  const auto mode = static_cast<Compression>(input[0] % 3);
  const auto read =
      he::seal::read_ciphertext(chain(), he::seal::write_seeded_ciphertext(made, seed, mode));
  if (!read.ok() || he::seal::write_ciphertext(*read, Compression::kNone) !=
                        he::seal::write_ciphertext(made, Compression::kNone)) {
    std::abort();
  }
}

/// Reads, writes, reads again and writes again: both writings must agree.
template <typename Read, typename Write>
void check(base::ByteView bytes, Read read, Write write) {
  const auto first = read(bytes);
  if (!first.ok()) {
    if (first.error().code != base::ErrorCode::kBadInput) std::abort();
    return;
  }
  const base::Bytes written = write(*first);
  const auto second = read(written);
  if (!second.ok() || write(*second) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace seal = he::seal;
  if (size == 0) return 0;
  const base::ByteView bytes(data + 1, size - 1);
  const auto in = [](auto read) { return [read](base::ByteView b) { return read(chain(), b); }; };
  const auto none = [](auto write) {
    return [write](const auto& object) { return write(object, Compression::kNone); };
  };
  const auto keys = [](const auto& object) {
    return seal::write_switching_keys(chain(), object, Compression::kNone);
  };
  switch (data[0] % 8) {
    case 0:
      check(
          bytes,
          [](base::ByteView b) -> base::Result<he::bgv::BgvParameters> {
            CN_ASSIGN(const auto literal, seal::read_parameters(b));
            return he::bgv::BgvParameters::insecure_create(literal);
          },
          none(seal::write_parameters));
      break;
    case 1:
      check(bytes, in(seal::read_plaintext), none(seal::write_plaintext));
      break;
    case 2:
      check(bytes, in(seal::read_ciphertext), none(seal::write_ciphertext));
      break;
    case 3:
      check(bytes, in(seal::read_public_key), none(seal::write_public_key));
      break;
    case 4:
      check(bytes, in(seal::read_relinearisation_keys), keys);
      break;
    case 5:
      check(bytes, in(seal::read_galois_keys), keys);
      break;
    case 6:
      check(bytes, in(he::secret::read_secret_key),
            [](const auto& key) { return he::secret::write_secret_key(chain(), key); });
      break;
    default:
      check_seeded(bytes);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// rho = (R mod (2F + 1)) - F for F = floor(q / 8t) and R the 512 bits of BLAKE2b under the cloud's
// secret: uniform up to 2^-400, and the same for the same total for ever. The multiple of t
// vanishes when the total is opened; what it hides is the noise of the phase
// (docs/maths/masked_columns.md).
#include "base/hash.h"
#include "columns/total/total.h"
#include "he/arith/modulus.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::total {
namespace {

using he::bgv::Integer;

Integer blinding_of(const format::ParameterSet& set, const base::Secret<32>& cloud_secret,
                    const format::UploadId& upload, const format::UnitId& unit,
                    const format::ColumnPair& pair) {
  base::ByteWriter message;
  message.block(base::view_of("cryptonet blinding 1"));
  message.u8(static_cast<std::uint8_t>(set.id));
  message.raw(upload.bytes);
  message.raw(unit.bytes);
  message.u32(pair.left);
  message.u32(pair.right);
  std::array<std::uint8_t, 64> random{};
  base::Blake2bStream prf(cloud_secret.span(), random.size());
  prf.update(message.bytes());
  prf.finish(random);
  Integer uniform;
  for (const std::uint8_t byte : random) uniform = uniform * 256 + byte;
  base::wipe(random.data(), random.size());
  const Integer range = he::bgv::Accountant(set.bgv).blinding_range();
  return uniform % (2 * range + 1) - range;
}

}  // namespace

format::Residues blind(const format::ParameterSet& set, const base::Secret<32>& cloud_secret,
                       const format::UploadId& upload, const format::UnitId& unit,
                       const format::ColumnPair& pair, const format::Residues& total) {
  CHECK(pair.left <= pair.right);
  const Integer multiple = blinding_of(set, cloud_secret, upload, unit, pair) * set.ring_degree() *
                           set.bgv.plaintext_modulus();
  format::Residues blinded{};
  for (std::size_t j = 0; j < set.primes(); ++j) {
    const he::arith::Modulus modulus(set.bgv.ciphertext_moduli()[j]);
    const Integer remainder = multiple % modulus.value();  // the sign of `multiple`
    const auto magnitude = static_cast<std::uint64_t>(Integer(abs(remainder)));
    blinded[j] = remainder < 0 ? modulus.subtract(modulus.reduce(total[j]), magnitude)
                               : modulus.add(modulus.reduce(total[j]), magnitude);
  }
  return blinded;
}

}  // namespace cryptonet::columns::total

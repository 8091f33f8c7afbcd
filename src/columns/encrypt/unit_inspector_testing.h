// SPDX-License-Identifier: Apache-2.0
// For tests only: what the product never shows. Reads the state of a unit before its mask chunk,
// where the hints of a single chunk give every row to the key holder.
#pragma once

#include "columns/encrypt/upload_state.h"
#include "he/bgv/accountant.h"

namespace cryptonet::columns::encrypt {

struct insecure_UnitInspector {
  static const UnitEncryptor::State& state(const UnitEncryptor& unit) { return *unit.state_; }

  /// Whether no word of the last chunk's masks is left.
  static bool masks_are_wiped(const UnitEncryptor& unit) {
    bool wiped = !unit.state_->upload.lanes.empty();
    for (const auto& lane : unit.state_->upload.lanes) {
      for (const auto* poly : {&lane->masks.values, &lane->masks.quotients}) {
        for (const std::uint64_t word : poly->words()) wiped &= word == 0;
      }
    }
    return wiped;
  }

  /// The phase that a key holder computes from A1 and u_c as if they came from one chunk:
  /// u / A1 + A1 * s, as centred coefficients.
  static std::vector<he::bgv::Integer> phase_from_hints(const UnitEncryptor& unit,
                                                        std::uint32_t column) {
    const auto& upload = unit.state_->upload;
    const he::bgv::Integer q = he::bgv::product_of(upload.set.bgv.ciphertext_moduli());
    std::vector<he::bgv::Integer> phase(upload.set.ring_degree());
    for (std::size_t j = 0; j < upload.ring.primes(); ++j) {
      const he::arith::Modulus& modulus = upload.ring.modulus(j);
      const auto a = unit.state_->mask_sum.residue(j);
      const auto u = unit.state_->hints[column].residue(j);
      const auto s = upload.secrets[column].poly().residue(j);
      std::vector<std::uint64_t> words(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        const std::uint64_t b = a[i] == 0 ? 0 : modulus.multiply(u[i], modulus.invert(a[i]));
        words[i] = modulus.add(b, modulus.multiply(a[i], s[i]));
      }
      upload.ring.table(j).inverse(words);
      const he::bgv::Integer others = q / modulus.value();
      const auto residue = static_cast<std::uint64_t>(he::bgv::Integer(others % modulus.value()));
      const std::uint64_t inverse = modulus.invert(residue);
      for (std::size_t i = 0; i < words.size(); ++i) {
        phase[i] += others * modulus.multiply(words[i], inverse);
      }
    }
    for (he::bgv::Integer& coefficient : phase) {
      coefficient %= q;
      if (coefficient > q / 2) coefficient -= q;
    }
    return phase;
  }

  /// The slots that such a phase decodes to.
  static std::vector<std::int64_t> rows_from_hints(const UnitEncryptor& unit,
                                                   std::uint32_t column) {
    const auto& upload = unit.state_->upload;
    const he::arith::Modulus& t = upload.encoder.plaintext_modulus();
    std::vector<std::uint64_t> message;
    for (const he::bgv::Integer& coefficient : phase_from_hints(unit, column)) {
      message.push_back(
          t.reduce_signed(static_cast<std::int64_t>(he::bgv::Integer(coefficient % t.value()))));
    }
    std::vector<std::uint64_t> slots(message.size());
    upload.encoder.decode(message, slots);
    std::vector<std::int64_t> rows;
    for (const std::uint64_t slot : slots) rows.push_back(t.centre(slot));
    return rows;
  }
};

}  // namespace cryptonet::columns::encrypt

// SPDX-License-Identifier: Apache-2.0
// Runs a plan: encrypts the numbers with a key made for this run alone, computes on ciphertext,
// opens the result. The key is wiped when the run ends. Nothing that was not made here is ever
// decrypted, so the key cannot be fished for.
#pragma once

#ifndef CRYPTONET_LINKS_HE_SECRET_BGV
#error "expression/run makes keys: name cn_he_expression_run among the target's DEPS"
#endif

#include <string>

#include "base/randomness.h"
#include "he/expression/plan.h"

namespace cryptonet::he::expression {

/// What a cloud would hold of one value: the first 8 bytes of the SHA-256 of its ciphertext as
/// Microsoft SEAL stores it, in 16 hexadecimal digits, and how large that is.
struct Trace {
  std::string fingerprint;
  std::size_t bytes = 0;
};

struct Outcome {
  std::vector<Trace> steps;  ///< of Plan::steps()
  std::int64_t value = 0;
  std::size_t evaluation_key_bytes = 0;  ///< of the relinearisation key; 0 when none is needed
};

/// kInternal when what was opened is not the expected integer; a stop signal's error in between.
base::Result<Outcome> run(const Plan& plan, const bgv::Chain& chain, base::Randomness& randomness);

}  // namespace cryptonet::he::expression

// SPDX-License-Identifier: Apache-2.0
// The engine as the differential test drives it: named objects, one command at a time. Keeps the
// phase bound of every ciphertext beside it, so that each one can be held against its real phase.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/randomness.h"
#include "he/bgv/encoder.h"
#include "he/bgv/evaluator.h"
#include "he/bgv/noise_bounds.h"
#include "he/secret/decryptor.h"
#include "he/secret/key_generator.h"
#include "tests/seal_compat/masked_columns.h"

namespace cryptonet::seal_compat {

namespace bgv = he::bgv;
namespace secret = he::secret;

/// One command: its words, and the bytes that came with it.
struct Request {
  std::vector<std::string> words;
  base::Bytes payload;
  const std::string& word(std::size_t i) const;
};

/// A line of text, or bytes.
using Reply = std::variant<std::string, base::Bytes>;
/// Out of line, because GCC 12 sees a wrong deallocation where it is not.
Reply text_reply(std::string text);

struct Bounded {
  bgv::Ciphertext ciphertext;
  bgv::Integer bound;
};

/// What follows from parameters, fixed once they are set.
struct Scheme {
  explicit Scheme(bgv::Chain made);
  bgv::Chain chain;
  bgv::Encoder encoder;
  bgv::Evaluator evaluator;
  bgv::NoiseBounds bounds;
};

class Engine {
 public:
  base::Result<Reply> run(const Request& request);

 private:
  base::Result<Reply> set_parameters(const Request& request);
  base::Result<Reply> load(const Request& request);
  base::Result<Reply> save(const Request& request);
  base::Result<Reply> operate(const Request& request);
  base::Result<Reply> generate(const Request& request);
  base::Result<Reply> encrypt(const Request& request);
  base::Result<Reply> decrypt(const Request& request);
  base::Result<Reply> check(const Request& request);
  base::Result<Reply> code(const Request& request);
  base::Result<Reply> masked(const Request& request);

  base::Result<Bounded> combine(const Request& request, const Bounded& a, const Bounded& b) const;
  base::Result<Bounded> change(const Request& request, const Bounded& a) const;
  base::Result<Bounded> with_plain(const Request& request, const Bounded& a,
                                   const bgv::Message& m) const;
  const bgv::Chain& chain() const { return scheme_->chain; }
  secret::Decryptor decryptor() const { return secret::Decryptor(scheme_->chain, *secret_); }

  base::OsRandomness randomness_;
  std::unique_ptr<Scheme> scheme_;
  std::unique_ptr<secret::TernarySecret> secret_;
  std::map<std::string, Bounded> ciphertexts_;
  std::map<std::string, bgv::Message> messages_;
  std::map<std::string, secret::SeededCiphertext> seeded_;
  std::unique_ptr<bgv::PublicKey> public_key_;
  bgv::RelinearisationKeys relinearisation_keys_;
  bgv::GaloisKeys galois_keys_;
  std::unique_ptr<MaskedUnit> masked_;
};

}  // namespace cryptonet::seal_compat

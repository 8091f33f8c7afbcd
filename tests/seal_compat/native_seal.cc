// SPDX-License-Identifier: Apache-2.0
// The third party: a native Microsoft SEAL, where the system has one. Built only there. SEAL makes
// keys and encrypts, both engines multiply, relinearise, switch and add, and every result is
// compared as bytes; then SEAL decrypts what we encrypted.
#include <gtest/gtest.h>
#include <seal/seal.h>

#include <sstream>

#include "he/bgv/evaluator.h"
#include "he/seal/objects.h"
#include "he/secret/decryptor.h"
#include "he/secret/seal_secret_key.h"

namespace cryptonet {
namespace {

namespace bgv = he::bgv;

template <typename Object>
base::Bytes bytes_of(const Object& object) {
  std::ostringstream out;
  object.save(out, seal::compr_mode_type::none);
  const std::string text = out.str();
  base::Bytes bytes(text.begin(), text.end());
  // versions 4.1 to 4.4 are one format; ours is written as 4.1
  bytes[4] = 1;
  return bytes;
}

TEST(NativeSeal, AgreesWithTheEngine) {
  seal::EncryptionParameters parameters(seal::scheme_type::bgv);
  parameters.set_poly_modulus_degree(8192);
  parameters.set_coeff_modulus(seal::CoeffModulus::Create(8192, {50, 50, 50, 50}));
  parameters.set_plain_modulus(seal::PlainModulus::Batching(8192, 33));
  const seal::SEALContext context(parameters);
  ASSERT_TRUE(context.parameters_set());
  const auto literal = he::seal::read_parameters(bytes_of(parameters));
  ASSERT_TRUE(literal.ok()) << literal.error().message;
  const auto chain = *bgv::Chain::create(*bgv::BgvParameters::create(*literal));

  seal::KeyGenerator generator(context);
  seal::RelinKeys keys;
  generator.create_relin_keys(keys);
  const auto our_keys = *he::seal::read_relinearisation_keys(chain, bytes_of(keys));
  const auto secret = *he::secret::read_secret_key(chain, bytes_of(generator.secret_key()));

  seal::BatchEncoder encoder(context);
  seal::Encryptor encryptor(context, generator.secret_key());
  seal::Decryptor decryptor(context, generator.secret_key());
  const seal::Evaluator theirs(context);
  const bgv::Evaluator ours(chain);
  seal::Plaintext plain;
  encoder.encode(std::vector<std::uint64_t>{1, 2, 3, 4000000000}, plain);
  seal::Ciphertext a;
  encryptor.encrypt_symmetric(plain, a);
  auto b = *he::seal::read_ciphertext(chain, bytes_of(a));
  const auto compare = [&](const char* step) {
    // nested headers carry the version too: compare what is read, not what is written
    const auto read = he::seal::read_ciphertext(chain, bytes_of(a));
    ASSERT_TRUE(read.ok()) << step;
    EXPECT_EQ(*read, b) << step;
  };
  theirs.square_inplace(a);
  b = *ours.multiply(b, b);
  compare("multiply");
  theirs.relinearize_inplace(a, keys);
  b = *ours.relinearise(b, our_keys);
  compare("relinearise");
  theirs.mod_switch_to_next_inplace(a);
  b = *ours.switch_modulus(b);
  compare("switch_modulus");
  theirs.add_plain_inplace(a, plain);
  b = *ours.add_plain(b, *he::seal::read_plaintext(chain, bytes_of(plain)));
  compare("add_plain");
  seal::Plaintext opened;
  decryptor.decrypt(a, opened);
  EXPECT_EQ(*he::seal::read_plaintext(chain, bytes_of(opened)),
            he::secret::Decryptor(chain, secret).decrypt(b)->trimmed());

  base::OsRandomness randomness;
  const auto message = *he::seal::read_plaintext(chain, bytes_of(plain));
  const auto made = *he::secret::encrypt_symmetric(chain, secret, message, randomness);
  const base::Bytes bytes = he::seal::write_ciphertext(made, he::seal::Compression::kZstd);
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  seal::Ciphertext loaded;
  loaded.load(context, in);
  decryptor.decrypt(loaded, opened);
  EXPECT_EQ(*he::seal::read_plaintext(chain, bytes_of(opened)), message.trimmed());
}

}  // namespace
}  // namespace cryptonet

// SPDX-License-Identifier: Apache-2.0
// Constant time by memory poisoning: every secret is marked undefined, the product's own libraries
// run under Valgrind's memcheck, and a branch or an address that depends on an undefined bit is an
// error. What is public by design is declassified where it becomes so (base/declassify), or below
// where the test plays the world outside. CRYPTONET_KERNELS is portable or avx2: Valgrind knows
// no AVX-512.
//
//   valgrind --quiet constant_time clean [CHUNKS]   fails when any section leaks
//   valgrind --quiet constant_time planted          fails when a planted leak is not caught
#include <valgrind/memcheck.h>

#include <cstdio>
#include <cstring>
#include <functional>

#include "columns/open/upload_testing.h"
#include "he/arith/dispatch.h"
#include "he/arith/prime.h"
#include "he/bgv/accountant.h"
#include "he/ring/sampling.h"
#include "he/secret/decryptor.h"
#include "he/secret/key_generator.h"

namespace {

using namespace cryptonet;
using namespace cryptonet::columns;

template <typename T, std::size_t Size>
void poison(std::span<T, Size> values) {
  VALGRIND_MAKE_MEM_UNDEFINED(values.data(), values.size_bytes());
}

/// Whether any bit of the bytes is undefined. A section whose output is wholly defined has lost
/// the poison on the way, and its silence would prove nothing.
bool is_poisoned(base::ByteView bytes) {
  std::vector<std::uint8_t> undefined(bytes.size());
  VALGRIND_GET_VBITS(bytes.data(), undefined.data(), bytes.size());
  return std::any_of(undefined.begin(), undefined.end(), [](auto bits) { return bits != 0; });
}

template <typename T>
bool is_poisoned(std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return is_poisoned({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// Reproducible bytes, all secret.
class SecretRandomness final : public base::Randomness {
 public:
  void fill(std::span<std::uint8_t> out) override {
    randomness_.fill(out);
    poison(out);
  }

 private:
  ClonedRandomness randomness_{7};
};

he::ring::KeyStream secret_stream(std::uint8_t number) {
  base::Secret<32> key;
  std::fill_n(key.data(), 32, number);
  poison(key.span());
  return he::ring::KeyStream(key.span());
}

/// Runs one section and says whether memcheck stayed silent and the poison arrived.
bool run_section(const char* name, const std::function<bool()>& body) {
  const auto before = VALGRIND_COUNT_ERRORS;
  const bool arrived = body();
  const auto leaks = VALGRIND_COUNT_ERRORS - before;
  std::printf("constant time: %-28s %s\n", name,
              leaks != 0 ? "LEAKS" : (arrived ? "clean" : "PROVES NOTHING: the poison got lost"));
  return leaks == 0 && arrived;
}

bool samplers() {
  bool poisoned = true;
  std::uint64_t just_above = std::uint64_t{1} << 47;
  while (!he::arith::is_prime(just_above)) ++just_above;
  for (const std::uint64_t q : {just_above, std::uint64_t{281474976694273}}) {
    auto stream = secret_stream(1);
    std::vector<std::uint64_t> words(5000);
    he::ring::sample_uniform(stream, he::arith::Modulus(q), words);
    he::ring::sample_uniform_nonzero(stream, he::arith::Modulus(q), words);
    poisoned &= is_poisoned<std::uint64_t>(words);
  }
  auto stream = secret_stream(2);
  std::vector<std::int8_t> small(8192);
  he::ring::sample_noise(stream, small);
  poisoned &= is_poisoned<std::int8_t>(small);
  he::ring::sample_ternary(stream, small);
  return poisoned && is_poisoned<std::int8_t>(small);
}

bool modular_arithmetic() {
  const he::arith::Modulus q(281474976694273);
  std::uint64_t a = 281474976690000;
  std::int64_t small = -17;
  poison(std::span(&a, 1));
  poison(std::span(&small, 1));
  const auto factor = q.shoup(a);
  std::uint64_t sum = q.add(a, q.multiply(factor, q.reduce(a + 5)));
  sum = q.subtract(sum, q.multiply(q.negate(a), q.reduce_signed(small)));
  const std::int64_t centred = q.centre(sum);
  return is_poisoned<std::int64_t>({&centred, 1});
}

bool ternary_secret_and_transform() {
  const auto& ring = keys::ring_of(format::wide_set());
  auto stream = secret_stream(3);
  const auto secret = he::secret::TernarySecret::sample(ring, stream);
  he::ring::NttPoly copy(ring);
  std::copy(secret.poly().words().begin(), secret.poly().words().end(), copy.words().begin());
  for (std::size_t j = 0; j < ring.primes(); ++j) ring.table(j).inverse(copy.residue(j));
  return is_poisoned<std::uint64_t>(std::as_const(copy).words());
}

/// The whole right of the contributor: keys, chunks, the mask chunk, hints, sealing.
bool encryption(std::size_t chunks) {
  SecretRandomness randomness;
  base::ThreadPool pool(1);
  base::Secret<32> device;
  randomness.fill(device.span());
  auto upload =
      *encrypt::UploadEncryptor::create(format::wide_set(), usual_plans(), device, randomness);
  bool poisoned = true;
  const encrypt::ChunkSink sink = [&](std::uint32_t, std::uint32_t, base::ByteView packed) {
    poisoned &= is_poisoned(packed);
    return base::ok();
  };
  auto unit = upload.open_unit(id_of<format::UnitTag>(1));
  for (std::size_t k = 0; k < chunks; ++k) {
    UnitRows rows = random_rows(k % 2 == 0 ? 8192 : 1000, k);
    std::vector<std::span<const std::int64_t>> sources;
    for (Source& source : rows) {
      poison(std::span(source));
      sources.emplace_back(source);
    }
    CHECK(unit.encrypt_chunk(sources, pool, sink).ok());
  }
  const auto hints = *unit.close(pool, sink);
  for (const auto& hint : hints.columns) poisoned &= is_poisoned(hint);
  poisoned &= is_poisoned(upload.key_commitment());

  base::Bytes legend(200, 'x');
  poison(std::span(legend));
  poisoned &= is_poisoned(upload.seal_legend(legend));
  base::Secret<32> gatekeeper_secret;
  base::Secret<32> enrolment_secret;
  std::array<std::uint8_t, 32> gatekeeper_public{};
  ClonedRandomness(3).fill(gatekeeper_secret.span());
  CHECK(crypto_scalarmult_base(gatekeeper_public.data(), gatekeeper_secret.data()) == 0);
  poison(enrolment_secret.span());
  const auto sealed = *upload.seal_key(gatekeeper_public, enrolment_secret, {});
  return poisoned && is_poisoned(sealed.ciphertext);
}

/// The right of the gatekeeper, once the key is unsealed: key parts of `pairs`, and their openings
/// (also one that is refused) with phases that nobody may learn.
bool open_all(UploadForTest made, const std::vector<open::CheckedPair>& pairs) {
  std::vector<std::int64_t> honest;
  for (const auto& pair : pairs) honest.push_back(*made.answer(0, pair));
  open::UploadKey key = *open::unseal_key(*made.manifest, *made.sealed_key, made.gatekeeper_secret,
                                          made.enrolment_secret);
  poison(key.span());
  made.opener.emplace(*open::UploadOpener::create(*made.manifest, key));
  bool as_expected = true;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto part = *made.opener->key_part(0, pairs[i].value(), made.hint_files[0]);
    as_expected &= is_poisoned<std::uint64_t>(std::span(part).first(made.set().primes()));
    as_expected &= *made.answer(0, pairs[i]) == honest[i];
    auto wrong = made.cloud(0, pairs[i].value());
    wrong[0] ^= 1;
    as_expected &= !made.open_with_checks(0, pairs[i], wrong, made.cloud_checks(0, pairs[i])).ok();
  }
  return as_expected;
}

bool opening() {
  bool as_expected = open_all(make_upload(usual_plans(), {random_rows(9000, 5)}, 5, 1),
                              {sum_of(kX), product_of(kX, kIndicator), product_of(kX, kX)});
  for (const auto* set : {&format::narrow_set(), &format::sums_set()}) {
    std::vector<open::CheckedPair> pairs = {two_check_pair(kX, std::nullopt)};
    if (set->products) pairs.push_back(two_check_pair(kX, kTwoCheckIndicator));
    as_expected &=
        open_all(make_upload(two_check_plans(), {random_rows(3000, 6, 300)}, 6, 1, *set), pairs);
  }
  return as_expected;
}

/// Keys, encryption and decryption of general BGV.
bool general_bgv() {
  const auto chain = *he::bgv::Chain::create(
      *he::bgv::BgvParameters::create({4096, {34359410689, 34359451649, 34359697409}, 1032193}));
  SecretRandomness randomness;
  const auto secret = he::secret::generate_secret(chain, randomness);
  const auto public_key = he::secret::generate_public_key(chain, secret, randomness);
  const auto keys = *he::secret::generate_relinearisation_keys(chain, secret, 2, randomness);
  bool poisoned = is_poisoned(public_key.zero.words());
  poisoned &= is_poisoned(keys.keys[0][0].words());
  he::bgv::Message message{std::vector<std::uint64_t>(4096, 1234)};
  poison(std::span(message.coefficients));
  const he::secret::Decryptor decryptor(chain, secret);
  for (const auto& ciphertext :
       {*he::secret::encrypt_public(chain, public_key, message, randomness),
        *he::secret::encrypt_symmetric(chain, secret, message, randomness),
        he::secret::encrypt_seeded(chain, secret, message, randomness)->ciphertext}) {
    const auto opened = *decryptor.decrypt(ciphertext);
    poisoned &= is_poisoned(ciphertext.words());
    poisoned &= is_poisoned(std::span<const std::uint64_t>(opened.coefficients));
  }
  return poisoned;
}

int run_clean(std::size_t chunks) {
  bool clean = run_section("modular arithmetic", modular_arithmetic);
  clean &= run_section("samplers", samplers);
  clean &= run_section("ternary secret, transform", ternary_secret_and_transform);
  clean &= run_section("encryption and sealing", [&] { return encryption(chunks); });
  clean &= run_section("key parts and opening", opening);
  clean &= run_section("general BGV", general_bgv);
  return clean ? 0 : 1;
}

// The harness must see what it is there for.
volatile int sink_of_leaks = 0;
const std::array<int, 256> kTable = {1, 2, 3};

[[gnu::noinline]] void branch_on(std::uint8_t secret) {
  if ((secret & 1) != 0) sink_of_leaks = sink_of_leaks + 1;
}
[[gnu::noinline]] void look_up(std::uint8_t secret) { sink_of_leaks = kTable[secret]; }
/// Modulus::power branches on the bits of its exponent: fine for public ones, wrong for this.
[[gnu::noinline]] void power_of(std::uint8_t secret) {
  const he::arith::Modulus q(281474976694273);
  sink_of_leaks = static_cast<int>(q.power(3, secret)) & 1;
}
[[gnu::noinline]] void divide(std::uint8_t secret) {
  const he::bgv::Integer wide = he::bgv::Integer(secret) << 100;
  sink_of_leaks = static_cast<int>(wide % 97);
}

int run_planted() {
  const std::array<std::pair<const char*, void (*)(std::uint8_t)>, 4> planted = {
      {{"branch", branch_on},
       {"table lookup", look_up},
       {"exponent", power_of},
       {"integer division", divide}}};
  bool all_caught = true;
  for (const auto& [name, leak] : planted) {
    std::uint8_t secret = 0;
    secret_stream(9).fill({&secret, 1});  // through AES, as a real secret comes
    const auto before = VALGRIND_COUNT_ERRORS;
    leak(secret);
    const bool caught = VALGRIND_COUNT_ERRORS != before;
    std::printf("planted leak: %-18s %s\n", name, caught ? "caught" : "MISSED");
    all_caught &= caught;
  }
  return all_caught ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::fputs("constant_time: run it under valgrind, or nothing is proved\n", stderr);
    return 2;
  }
  if (he::arith::kernels().name == std::string_view("avx512ifma")) {
    std::fputs("constant_time: Valgrind knows no AVX-512; set CRYPTONET_KERNELS\n", stderr);
    return 2;
  }
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "planted") return run_planted();
  if (what == "clean") return run_clean(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2);
  std::fputs("usage: valgrind --quiet constant_time clean [CHUNKS] | planted\n", stderr);
  return 2;
}

// SPDX-License-Identifier: Apache-2.0
// Phases of general BGV against NoiseBounds, over random circuits on tiny insecure chains: fresh
// encryptions by both keys, sums, products, plain operations, relinearisation and modulus switches
// in any order. Every result's phase must stay inside its bound and decrypt to the polynomial that
// schoolbook arithmetic modulo t gives. What the bounds do not admit is not computed.
// CRYPTONET_ASSURANCE_TIMES multiplies the 10,000 circuits.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "he/bgv/evaluator.h"
#include "he/bgv/noise_bounds.h"
#include "he/secret/key_generator.h"
#include "he/secret/phase_inspector_testing.h"
#include "tests/assurance/draws.h"

namespace cryptonet::he {
namespace {

using assurance::draw_prime;
using assurance::log2_of;
using assurance::SeededRandomness;
using bgv::Ciphertext;
using bgv::Integer;
using bgv::Message;

/// What a circuit knows of one of its values.
struct Value {
  Ciphertext ciphertext;
  std::vector<std::uint64_t> clear;  ///< N coefficients modulo t
  Integer bound;
};

bgv::BgvParameters insecure_draw_parameters(std::mt19937_64& engine) {
  const std::size_t degree = std::size_t{16} << engine() % 2;
  const std::uint64_t t = draw_prime(engine, degree, 8 + engine() % 14, {});
  std::vector<std::uint64_t> primes;
  for (std::size_t count = 3 + engine() % 3; primes.size() < count;) {
    primes.push_back(draw_prime(engine, degree, 36 + engine() % 15, primes));
  }
  return *bgv::BgvParameters::insecure_create({degree, primes, t});
}

/// Keys of one chain, and the operations with their bounds.
class Circuit {
 public:
  Circuit(const bgv::BgvParameters& parameters, std::uint64_t seed)
      : engine_(seed),
        randomness_(seed),
        chain_(*bgv::Chain::create(parameters)),
        bounds_(parameters),
        evaluator_(chain_),
        secret_(secret::generate_secret(chain_, randomness_)),
        public_key_(secret::generate_public_key(chain_, secret_, randomness_)),
        relinearisation_(*secret::generate_relinearisation_keys(chain_, secret_, 3, randomness_)),
        decryptor_(chain_, secret_) {}

  Value fresh() {
    const std::vector<std::uint64_t> clear = draw_message();
    if (engine_() % 2 == 0) {
      return {*secret::encrypt_symmetric(chain_, secret_, {clear}, randomness_), clear,
              bounds_.fresh_symmetric()};
    }
    return {*secret::encrypt_public(chain_, public_key_, {clear}, randomness_), clear,
            bounds_.fresh_public()};
  }

  /// A random operation on random values; nothing when it is not defined or not admitted.
  std::optional<Value> step(const std::vector<Value>& values, std::string& name) {
    const Value& a = values[engine_() % values.size()];
    const Value& b = values[engine_() % values.size()];
    switch (engine_() % 7) {
      case 0:
        name = "add";
        return sum(a, b, false);
      case 1:
        name = "subtract";
        return sum(a, b, true);
      case 2:
        name = "multiply";
        return product(a, b);
      case 3:
        name = "add plain";
        return plain_sum(a);
      case 4:
        name = "multiply plain";
        return plain_product(a);
      case 5:
        name = "switch modulus";
        return switched(a);
      default:
        name = "relinearise";
        return relinearised(a);
    }
  }

  const bgv::NoiseBounds& bounds() const { return bounds_; }
  Integer measured(const Value& value) const {
    return secret::insecure_PhaseInspector::largest(decryptor_, value.ciphertext);
  }
  bool decrypts(const Value& value) const {
    return decryptor_.decrypt(value.ciphertext)->coefficients == value.clear;
  }

 private:
  const arith::Modulus& t() const { return chain_.plaintext_modulus(); }

  std::vector<std::uint64_t> draw_message() {
    std::vector<std::uint64_t> clear(chain_.ring_degree());
    const bool extreme = engine_() % 4 == 0;
    for (auto& coefficient : clear) {
      coefficient = extreme ? t().value() / 2 + engine_() % 2 : engine_() % t().value();
    }
    return clear;
  }
  std::vector<std::uint64_t> multiply_clear(const std::vector<std::uint64_t>& a,
                                            const std::vector<std::uint64_t>& b) const {
    const std::size_t degree = a.size();
    std::vector<std::uint64_t> out(degree);
    for (std::size_t i = 0; i < degree; ++i) {
      for (std::size_t j = 0; j < degree; ++j) {
        std::uint64_t& place = out[(i + j) % degree];
        const std::uint64_t term = t().multiply(a[i], b[j]);
        place = i + j < degree ? t().add(place, term) : t().subtract(place, term);
      }
    }
    return out;
  }
  /// The value when the bound admits it and the evaluator takes it (it refuses transparent ones).
  template <typename Compute>
  std::optional<Value> admitted(const Integer& bound, std::size_t primes, const Compute& compute) {
    if (!bounds_.admits(bound, primes)) return std::nullopt;
    base::Result<Ciphertext> made = compute();
    if (!made.ok()) {
      EXPECT_EQ(made.error().rule, "bgv.transparent");
      return std::nullopt;
    }
    return Value{std::move(*made), {}, bound};
  }

  std::optional<Value> sum(const Value& a, const Value& b, bool subtract) {
    if (a.ciphertext.primes() != b.ciphertext.primes()) return std::nullopt;
    const std::uint64_t left = a.ciphertext.correction_factor();
    const std::uint64_t right = b.ciphertext.correction_factor();
    const auto factors =
        left == right ? bgv::BalancedFactors{} : bgv::balance_factors(left, right, t());
    auto made = admitted(bounds_.sum(a.bound, b.bound, factors), a.ciphertext.primes(), [&] {
      return subtract ? evaluator_.subtract(a.ciphertext, b.ciphertext)
                      : evaluator_.add(a.ciphertext, b.ciphertext);
    });
    if (!made) return made;
    for (std::size_t i = 0; i < a.clear.size(); ++i) {
      made->clear.push_back(subtract ? t().subtract(a.clear[i], b.clear[i])
                                     : t().add(a.clear[i], b.clear[i]));
    }
    return made;
  }
  std::optional<Value> product(const Value& a, const Value& b) {
    if (a.ciphertext.primes() != b.ciphertext.primes()) return std::nullopt;
    if (a.ciphertext.polynomials() + b.ciphertext.polynomials() > 5) return std::nullopt;
    auto made = admitted(bounds_.product(a.bound, b.bound), a.ciphertext.primes(),
                         [&] { return evaluator_.multiply(a.ciphertext, b.ciphertext); });
    if (made) made->clear = multiply_clear(a.clear, b.clear);
    return made;
  }
  std::optional<Value> plain_sum(const Value& a) {
    const Message message{draw_message()};
    auto made = admitted(bounds_.plain_sum(a.bound), a.ciphertext.primes(),
                         [&] { return evaluator_.add_plain(a.ciphertext, message); });
    if (!made) return made;
    for (std::size_t i = 0; i < a.clear.size(); ++i) {
      made->clear.push_back(t().add(a.clear[i], message.coefficients[i]));
    }
    return made;
  }
  std::optional<Value> plain_product(const Value& a) {
    const Message message{draw_message()};
    auto made = admitted(bounds_.plain_product(a.bound), a.ciphertext.primes(),
                         [&] { return evaluator_.multiply_plain(a.ciphertext, message); });
    if (made) made->clear = multiply_clear(a.clear, message.coefficients);
    return made;
  }
  std::optional<Value> switched(const Value& a) {
    const std::size_t primes = a.ciphertext.primes();
    if (primes <= chain_.last_primes()) return std::nullopt;
    auto made = admitted(bounds_.switched(a.bound, primes, a.ciphertext.polynomials()), primes - 1,
                         [&] { return evaluator_.switch_modulus(a.ciphertext); });
    if (made) made->clear = a.clear;
    return made;
  }
  std::optional<Value> relinearised(const Value& a) {
    if (a.ciphertext.polynomials() < 3) return std::nullopt;
    Integer bound = a.bound;
    for (std::size_t n = a.ciphertext.polynomials(); n > 2; --n) {
      bound = bounds_.key_switched(bound, a.ciphertext.primes());
    }
    auto made = admitted(bound, a.ciphertext.primes(),
                         [&] { return evaluator_.relinearise(a.ciphertext, relinearisation_); });
    if (made) made->clear = a.clear;
    return made;
  }

  std::mt19937_64 engine_;
  SeededRandomness randomness_;
  bgv::Chain chain_;
  bgv::NoiseBounds bounds_;
  bgv::Evaluator evaluator_;
  secret::TernarySecret secret_;
  bgv::PublicKey public_key_;
  bgv::RelinearisationKeys relinearisation_;
  secret::Decryptor decryptor_;
};

TEST(Circuits, PhasesStayBelowTheirBounds) {
  const std::size_t circuits = 10000 * assurance::times();
  std::mt19937_64 engine(91);
  std::map<std::string, std::vector<double>> bits_to_spare;  // by the operation that came last
  std::size_t decryptions = 0;
  std::optional<Circuit> circuit;
  for (std::size_t c = 0; c < circuits; ++c) {
    if (c % 10 == 0) circuit.emplace(insecure_draw_parameters(engine), c);
    std::vector<Value> values;
    const auto judge = [&](Value value, const std::string& operation) {
      const Integer largest = circuit->measured(value);
      ASSERT_TRUE(largest <= value.bound) << operation << " in circuit " << c;
      ASSERT_TRUE(circuit->decrypts(value)) << operation << " in circuit " << c;
      bits_to_spare[operation].push_back(log2_of(value.bound) - log2_of(largest));
      ++decryptions;
      values.push_back(std::move(value));
    };
    judge(circuit->fresh(), "fresh");
    judge(circuit->fresh(), "fresh");
    for (int i = 0; i < 12; ++i) {
      std::string operation;
      auto made = circuit->step(values, operation);
      if (made) judge(std::move(*made), operation);
      if (HasFatalFailure()) return;
    }
  }
  std::printf("%zu circuits, %zu decryptions, 0 wrong; bits between bound and phase:\n", circuits,
              decryptions);
  for (auto& [operation, bits] : bits_to_spare) {
    std::sort(bits.begin(), bits.end());
    std::printf("  %-15s %7zu times   min %5.2f   median %5.2f   max %5.2f\n", operation.c_str(),
                bits.size(), bits.front(), bits[bits.size() / 2], bits.back());
    EXPECT_GT(bits.size(), circuits / 20) << operation;
  }
  EXPECT_GT(decryptions, 8 * circuits);
  EXPECT_LT(bits_to_spare["fresh"].front(), 3.0);  // the measure sees the noise that is there
}

TEST(Circuits, ABoundTooSmallOrAWrongAnswerIsSeen) {
  std::mt19937_64 engine(92);
  int past = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto parameters = insecure_draw_parameters(engine);
    Circuit circuit(parameters, seed);
    Value value = circuit.fresh();
    EXPECT_TRUE(circuit.decrypts(value));
    // as if errors were at most 3 instead of 21
    past += circuit.measured(value) > Integer(parameters.plaintext_modulus()) * 7 / 2 ? 1 : 0;
    value.clear[0] = (value.clear[0] + 1) % parameters.plaintext_modulus();
    EXPECT_FALSE(circuit.decrypts(value));
  }
  EXPECT_GT(past, 40);
}

}  // namespace
}  // namespace cryptonet::he

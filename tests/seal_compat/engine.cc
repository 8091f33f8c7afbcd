// SPDX-License-Identifier: Apache-2.0
#include "tests/seal_compat/engine.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "he/secret/phase_inspector_testing.h"
#include "he/secret/seal_secret_key.h"

namespace cryptonet::seal_compat {
namespace {

namespace seal = he::seal;

base::Error unknown(const std::string& what) {
  return {base::ErrorCode::kUsage, "test.command", "no such thing: " + what};
}

std::uint64_t number(const std::string& text) { return std::stoull(text); }

base::Result<seal::Compression> compression_of(const std::string& word) {
  if (word == "none") return seal::Compression::kNone;
  if (word == "zlib") return seal::Compression::kZlib;
  if (word == "zstd") return seal::Compression::kZstd;
  return unknown(word);
}

std::vector<std::uint64_t> words_of(base::ByteView bytes) {
  base::ByteReader in(bytes);
  std::vector<std::uint64_t> words(bytes.size() / 8);
  for (auto& word : words) word = in.u64();
  return words;
}

base::Bytes bytes_of(std::span<const std::uint64_t> words) {
  base::ByteWriter out(8 * words.size());
  for (const std::uint64_t word : words) out.u64(word);
  return std::move(out).take();
}

}  // namespace

const std::string& Request::word(std::size_t i) const {
  static const std::string none;
  return i < words.size() ? words[i] : none;
}

Reply text_reply(std::string text) { return Reply(std::move(text)); }

Scheme::Scheme(bgv::Chain made)
    : chain(std::move(made)),
      encoder(chain.parameters()),
      evaluator(chain),
      bounds(chain.parameters()) {}

base::Result<Reply> Engine::run(const Request& request) {
  const std::string& command = request.word(0);
  if (command == "parameters") return set_parameters(request);
  if (!scheme_) return unknown("parameters");
  if (command == "load") return load(request);
  if (command == "save") return save(request);
  if (command == "generate") return generate(request);
  if (command == "encrypt") return encrypt(request);
  if (command == "decrypt") return decrypt(request);
  if (command == "check") return check(request);
  if (command == "encode" || command == "decode") return code(request);
  if (command == "masked") return masked(request);
  if (command == "ternary") {  // a secret key by its coefficients -1, 0, 1 as bytes
    std::vector<std::int8_t> coefficients(request.payload.begin(), request.payload.end());
    const auto poly = he::ring::transform_signed(chain().ring(), coefficients);
    CN_ASSIGN(const auto key, secret::TernarySecret::from_words(chain().ring(), poly.words()));
    return Reply(secret::write_secret_key(chain(), key));
  }
  if (command == "forget") {
    ciphertexts_.clear();
    messages_.clear();
    seeded_.clear();
    return Reply(std::string());
  }
  return operate(request);
}

base::Result<Reply> Engine::set_parameters(const Request& request) {
  CN_ASSIGN(const auto literal, seal::read_parameters(request.payload));
  auto parameters = request.word(1) == "insecure" ? bgv::BgvParameters::insecure_create(literal)
                                                  : bgv::BgvParameters::create(literal);
  if (!parameters.ok()) return parameters.take_error();
  CN_ASSIGN(auto made, bgv::Chain::create(*parameters));
  const base::Bytes again = seal::write_parameters(made.parameters(), seal::Compression::kNone);
  *this = Engine();
  scheme_ = std::make_unique<Scheme>(std::move(made));
  std::string ids = again == request.payload ? "same" : "different";
  for (std::size_t primes = chain().key_primes(); primes >= chain().last_primes(); --primes) {
    ids += " " + base::to_hex(chain().id(primes));
  }
  return Reply(ids);
}

base::Result<Reply> Engine::load(const Request& request) {
  const std::string& kind = request.word(1);
  const std::string& name = request.word(2);
  if (kind == "plaintext") {
    CN_ASSIGN(auto message, seal::read_plaintext(chain(), request.payload));
    messages_.insert_or_assign(name, std::move(message));
  } else if (kind == "ciphertext") {
    const auto& bounds = scheme_->bounds;
    const bgv::Integer bound =
        request.word(3) == "symmetric" ? bounds.fresh_symmetric() : bounds.fresh_public_divided();
    CN_ASSIGN(auto ciphertext, seal::read_ciphertext(chain(), request.payload));
    ciphertexts_.insert_or_assign(name, Bounded{std::move(ciphertext), bound});
  } else if (kind == "secret_key") {
    CN_ASSIGN(auto key, secret::read_secret_key(chain(), request.payload));
    secret_ = std::make_unique<secret::TernarySecret>(std::move(key));
  } else if (kind == "public_key") {
    CN_ASSIGN(auto key, seal::read_public_key(chain(), request.payload));
    public_key_ = std::make_unique<bgv::PublicKey>(std::move(key));
  } else if (kind == "relinearisation_keys") {
    CN_ASSIGN(relinearisation_keys_, seal::read_relinearisation_keys(chain(), request.payload));
  } else if (kind == "galois_keys") {
    CN_ASSIGN(galois_keys_, seal::read_galois_keys(chain(), request.payload));
  } else {
    return unknown(kind);
  }
  return Reply(std::string());
}

base::Result<Reply> Engine::save(const Request& request) {
  const std::string& kind = request.word(1);
  const std::string& name = request.word(2);
  CN_ASSIGN(const auto compression, compression_of(request.word(3)));
  if (kind == "plaintext" && messages_.contains(name)) {
    return Reply(seal::write_plaintext(messages_.at(name), compression));
  }
  if (kind == "ciphertext" && ciphertexts_.contains(name)) {
    return Reply(seal::write_ciphertext(ciphertexts_.at(name).ciphertext, compression));
  }
  if (kind == "digest" && ciphertexts_.contains(name)) {
    return Reply(base::to_hex(
        base::sha256(seal::write_ciphertext(ciphertexts_.at(name).ciphertext, compression))));
  }
  if (kind == "seeded" && seeded_.contains(name)) {
    const auto& made = seeded_.at(name);
    return Reply(seal::write_seeded_ciphertext(made.ciphertext, made.seed, compression));
  }
  if (kind == "secret_key" && secret_) {
    return Reply(secret::write_secret_key(chain(), *secret_));
  }
  if (kind == "public_key" && public_key_) {
    return Reply(seal::write_public_key(*public_key_, compression));
  }
  if (kind == "relinearisation_keys") {
    return Reply(seal::write_switching_keys(chain(), relinearisation_keys_, compression));
  }
  if (kind == "galois_keys") {
    return Reply(seal::write_switching_keys(chain(), galois_keys_, compression));
  }
  return unknown(kind + " " + name);
}

base::Result<Reply> Engine::generate(const Request& request) {
  const std::string& kind = request.word(1);
  if (kind == "secret_key") {
    secret_ =
        std::make_unique<secret::TernarySecret>(secret::generate_secret(chain(), randomness_));
    return Reply(std::string());
  }
  if (!secret_) return unknown("secret key");
  if (kind == "public_key") {
    public_key_ = std::make_unique<bgv::PublicKey>(
        secret::generate_public_key(chain(), *secret_, randomness_));
  } else if (kind == "relinearisation_keys") {
    CN_ASSIGN(relinearisation_keys_, secret::generate_relinearisation_keys(
                                         chain(), *secret_, number(request.word(2)), randomness_));
  } else if (kind == "galois_keys") {
    std::vector<std::uint64_t> elements;
    for (std::size_t i = 2; i < request.words.size(); ++i) {
      elements.push_back(bgv::galois_element(chain().ring_degree(), std::stoi(request.words[i])));
    }
    CN_ASSIGN(galois_keys_, secret::generate_galois_keys(chain(), *secret_, elements, randomness_));
  } else {
    return unknown(kind);
  }
  return Reply(std::string());
}

/// encrypt symmetric|seeded|public OUT MESSAGE
base::Result<Reply> Engine::encrypt(const Request& request) {
  const std::string& kind = request.word(1);
  if (!secret_ || !messages_.contains(request.word(3))) return unknown(request.word(3));
  const bgv::Message& message = messages_.at(request.word(3));
  bgv::Integer bound = scheme_->bounds.fresh_symmetric();
  std::optional<bgv::Ciphertext> made;
  if (kind == "symmetric") {
    CN_ASSIGN(made, secret::encrypt_symmetric(chain(), *secret_, message, randomness_));
  } else if (kind == "public" && public_key_) {
    CN_ASSIGN(made, secret::encrypt_public(chain(), *public_key_, message, randomness_));
    bound = scheme_->bounds.fresh_public();
  } else if (kind == "seeded") {
    CN_ASSIGN(auto seeded, secret::encrypt_seeded(chain(), *secret_, message, randomness_));
    made = seeded.ciphertext;
    seeded_.insert_or_assign(request.word(2), std::move(seeded));
  } else {
    return unknown(kind);
  }
  ciphertexts_.insert_or_assign(request.word(2), Bounded{std::move(*made), bound});
  return Reply(std::string());
}

/// decrypt OUT A
base::Result<Reply> Engine::decrypt(const Request& request) {
  if (!secret_ || !ciphertexts_.contains(request.word(2))) return unknown(request.word(2));
  CN_ASSIGN(const auto message, decryptor().decrypt(ciphertexts_.at(request.word(2)).ciphertext));
  messages_.insert_or_assign(request.word(1), message.trimmed());
  return Reply(std::string());
}

/// check A: "phase bits, bound bits, modulus bits, admitted or not, primes left"; fails when the
/// phase passes the bound of an admitted one.
base::Result<Reply> Engine::check(const Request& request) {
  if (!secret_ || !ciphertexts_.contains(request.word(1))) return unknown(request.word(1));
  const Bounded& a = ciphertexts_.at(request.word(1));
  const std::size_t primes = a.ciphertext.primes();
  const bool admitted = scheme_->bounds.admits(a.bound, primes);
  const auto phase = secret::insecure_PhaseInspector::largest(decryptor(), a.ciphertext);
  if (admitted && phase > a.bound) {
    return base::Error(base::ErrorCode::kInternal, "test.bound", "the phase passes its bound");
  }
  return Reply(fmt::format("{} {} {} {} {}", bgv::bits_of(phase), bgv::bits_of(a.bound),
                           bgv::bits_of(scheme_->bounds.modulus(primes)), admitted ? 1 : 0,
                           primes));
}

/// encode OUT, with slots as words; decode MESSAGE gives them.
base::Result<Reply> Engine::code(const Request& request) {
  const std::string& name = request.word(1);
  std::vector<std::uint64_t> out(chain().ring_degree());
  if (request.word(0) == "encode") {
    scheme_->encoder.encode(words_of(request.payload), out);
    messages_.insert_or_assign(name, bgv::Message{std::move(out)});
    return Reply(std::string());
  }
  if (!messages_.contains(name)) return unknown(name);
  auto coefficients = messages_.at(name).coefficients;
  coefficients.resize(chain().ring_degree());
  scheme_->encoder.decode(coefficients, out);
  return Reply(bytes_of(out));
}

/// OPERATION OUT A [B]
base::Result<Reply> Engine::operate(const Request& request) {
  const auto a = ciphertexts_.find(request.word(2));
  if (a == ciphertexts_.end()) return unknown(request.word(2));
  const std::string& operation = request.word(0);
  base::Result<Bounded> made = unknown(operation);
  if (const auto b = ciphertexts_.find(request.word(3)); b != ciphertexts_.end()) {
    made = combine(request, a->second, b->second);
  } else if (const auto m = messages_.find(request.word(3)); m != messages_.end()) {
    made = with_plain(request, a->second, m->second);
  } else {
    made = change(request, a->second);
  }
  if (!made.ok()) return made.take_error();
  ciphertexts_.insert_or_assign(request.word(1), std::move(*made));
  return Reply(std::string());
}

base::Result<Bounded> Engine::combine(const Request& request, const Bounded& a,
                                      const Bounded& b) const {
  const auto& evaluator = scheme_->evaluator;
  const std::string& operation = request.word(0);
  if (operation == "multiply") {
    CN_ASSIGN(auto made, evaluator.multiply(a.ciphertext, b.ciphertext));
    return Bounded{std::move(made), scheme_->bounds.product(a.bound, b.bound)};
  }
  if (operation != "add" && operation != "subtract") return unknown(operation);
  const std::uint64_t left = a.ciphertext.correction_factor();
  const std::uint64_t right = b.ciphertext.correction_factor();
  bgv::BalancedFactors factors{left, 1, 1};
  if (left != right) factors = bgv::balance_factors(left, right, chain().plaintext_modulus());
  auto made = operation == "add" ? evaluator.add(a.ciphertext, b.ciphertext)
                                 : evaluator.subtract(a.ciphertext, b.ciphertext);
  if (!made.ok()) return made.take_error();
  return Bounded{std::move(*made), scheme_->bounds.sum(a.bound, b.bound, factors)};
}

base::Result<Bounded> Engine::with_plain(const Request& request, const Bounded& a,
                                         const bgv::Message& m) const {
  const auto& evaluator = scheme_->evaluator;
  const std::string& operation = request.word(0);
  if (operation == "multiply_plain") {
    CN_ASSIGN(auto made, evaluator.multiply_plain(a.ciphertext, m));
    return Bounded{std::move(made), scheme_->bounds.plain_product(a.bound)};
  }
  if (operation != "add_plain" && operation != "subtract_plain") return unknown(operation);
  auto made = operation == "add_plain" ? evaluator.add_plain(a.ciphertext, m)
                                       : evaluator.subtract_plain(a.ciphertext, m);
  if (!made.ok()) return made.take_error();
  return Bounded{std::move(*made), scheme_->bounds.plain_sum(a.bound)};
}

base::Result<Bounded> Engine::change(const Request& request, const Bounded& a) const {
  const auto& evaluator = scheme_->evaluator;
  const auto& bounds = scheme_->bounds;
  const std::string& operation = request.word(0);
  const std::size_t primes = a.ciphertext.primes();
  if (operation == "negate") {
    CN_ASSIGN(auto made, evaluator.negate(a.ciphertext));
    return Bounded{std::move(made), a.bound};
  }
  if (operation == "switch_modulus") {
    CN_ASSIGN(auto made, evaluator.switch_modulus(a.ciphertext));
    return Bounded{std::move(made), bounds.switched(a.bound, primes, a.ciphertext.polynomials())};
  }
  if (operation == "relinearise") {
    CN_ASSIGN(auto made, evaluator.relinearise(a.ciphertext, relinearisation_keys_));
    bgv::Integer bound = a.bound;
    for (std::size_t k = 2; k < a.ciphertext.polynomials(); ++k) {
      bound = bounds.key_switched(bound, primes);
    }
    return Bounded{std::move(made), bound};
  }
  if (operation == "rotate") {
    const std::uint64_t element =
        bgv::galois_element(chain().ring_degree(), std::stoi(request.word(3)));
    CN_ASSIGN(auto made, evaluator.apply_galois(a.ciphertext, element, galois_keys_));
    return Bounded{std::move(made), bounds.key_switched(a.bound, primes)};
  }
  return unknown(operation);
}

}  // namespace cryptonet::seal_compat

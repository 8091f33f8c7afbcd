// SPDX-License-Identifier: Apache-2.0
// Microsoft SEAL at the benchmark's jobs, as an expert would use it: BGV, N = 8192, three 50-bit
// primes and a special one, t of 40 bits, seeded encryption under the secret key, sums of products
// relinearised once and folded by rotations once. No checks exist. Usage: seal-bench ROWS_FILE;
// prints one JSON document. ROWS_FILE: int64 x, y, group of each row.
#include <seal/seal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

namespace {

constexpr std::size_t kDegree = 8192;
constexpr std::size_t kGroups = 10;
constexpr std::size_t kRepeats = 7;

using Values = std::vector<std::int64_t>;
using Ciphers = std::vector<seal::Ciphertext>;

seal::EncryptionParameters make_parameters() {
  seal::EncryptionParameters parameters(seal::scheme_type::bgv);
  parameters.set_poly_modulus_degree(kDegree);
  parameters.set_coeff_modulus(seal::CoeffModulus::Create(kDegree, {50, 50, 50, 50}));
  parameters.set_plain_modulus(seal::PlainModulus::Batching(kDegree, 40));
  return parameters;
}

std::vector<int> rotation_steps() {
  std::vector<int> steps = {0};  // 0: the two rows of slots change places
  for (int step = 1; step < static_cast<int>(kDegree / 2); step *= 2) steps.push_back(step);
  return steps;
}

class Bench {
 public:
  explicit Bench(std::size_t rows)
      : context_(make_parameters()),
        generator_(context_),
        encoder_(context_),
        encryptor_(context_, generator_.secret_key()),
        decryptor_(context_, generator_.secret_key()),
        evaluator_(context_),
        rows_(rows) {
    generator_.create_relin_keys(relin_keys_);
    generator_.create_galois_keys(rotation_steps(), galois_keys_);
  }

  Ciphers encrypt(const Values& values) {
    Ciphers ciphers((rows_ + kDegree - 1) / kDegree);
    seal::Plaintext plain;
    for (std::size_t k = 0; k < ciphers.size(); ++k) {
      encoder_.encode(slots(values, k), plain);
      encryptor_.encrypt_symmetric(plain, ciphers[k]);
    }
    return ciphers;
  }

  /// As it is sent: seeded, serialised.
  void time_encryption(const Values& values) {
    std::vector<double> times;
    bool verified = true;
    for (std::size_t i = 0; i < kRepeats; ++i) {
      std::stringstream first;
      times.push_back(time_of([&] {
        seal::Plaintext plain;
        for (std::size_t k = 0; k * kDegree < rows_; ++k) {
          std::stringstream sent;
          encoder_.encode(slots(values, k), plain);
          encryptor_.encrypt_symmetric(plain).save(sent, seal::compr_mode_type::none);
          if (k == 0) first = std::move(sent);
        }
      }));
      seal::Ciphertext loaded;
      loaded.load(context_, first);
      verified = verified && decrypted(loaded) == slots(values, 0);
    }
    keep("encrypt", times, verified);
  }

  /// Each repeat is opened and compared, outside the time.
  void time_totals(const std::string& name, std::size_t repeats,
                   const std::function<Ciphers()>& body, const Values& clear) {
    std::vector<double> times;
    bool verified = true;
    for (std::size_t i = 0; i < repeats; ++i) {
      Ciphers totals;
      times.push_back(time_of([&] { totals = body(); }));
      for (std::size_t g = 0; g < totals.size(); ++g) {
        verified = verified && decrypted(totals[g])[0] == clear[g];
      }
    }
    keep(name, times, verified);
  }

  seal::Ciphertext sum(const Ciphers& a) {
    seal::Ciphertext total = a[0];
    for (std::size_t k = 1; k < a.size(); ++k) evaluator_.add_inplace(total, a[k]);
    fold(total);
    return total;
  }

  seal::Ciphertext dot(const Ciphers& a, const Ciphers& b) {
    seal::Ciphertext total;
    seal::Ciphertext product;
    evaluator_.multiply(a[0], b[0], total);
    for (std::size_t k = 1; k < a.size(); ++k) {
      evaluator_.multiply(a[k], b[k], product);
      evaluator_.add_inplace(total, product);
    }
    evaluator_.relinearize_inplace(total, relin_keys_);
    fold(total);
    return total;
  }

  const nlohmann::json& results() const { return results_; }

 private:
  Values slots(const Values& values, std::size_t k) const {
    Values own(kDegree);
    const std::size_t first = k * kDegree;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first),
                std::min(kDegree, rows_ - first), own.begin());
    return own;
  }

  /// The total in every slot.
  void fold(seal::Ciphertext& cipher) {
    seal::Ciphertext turned;
    for (const int step : rotation_steps()) {
      if (step == 0) {
        evaluator_.rotate_columns(cipher, galois_keys_, turned);
      } else {
        evaluator_.rotate_rows(cipher, step, galois_keys_, turned);
      }
      evaluator_.add_inplace(cipher, turned);
    }
  }

  Values decrypted(const seal::Ciphertext& cipher) {
    seal::Plaintext plain;
    decryptor_.decrypt(cipher, plain);
    Values values;
    encoder_.decode(plain, values);
    return values;
  }

  double time_of(const std::function<void()>& body) const {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    return spent.count() / static_cast<double>(rows_);
  }

  void keep(const std::string& name, std::vector<double> times, bool verified) {
    std::sort(times.begin(), times.end());
    results_.push_back({{"name", name},
                        {"ns_per_row", times[times.size() / 2]},
                        {"repeats", times.size()},
                        {"verified", verified}});
  }

  seal::SEALContext context_;
  seal::KeyGenerator generator_;
  seal::BatchEncoder encoder_;
  seal::Encryptor encryptor_;
  seal::Decryptor decryptor_;
  seal::Evaluator evaluator_;
  seal::RelinKeys relin_keys_;
  seal::GaloisKeys galois_keys_;
  std::size_t rows_;
  nlohmann::json results_ = nlohmann::json::array();
};

Values read_column(std::ifstream& file, std::size_t rows) {
  Values values(rows);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(8 * rows));
  return values;
}

}  // namespace

int main(int count, char** arguments) {
  std::ifstream file(count == 2 ? arguments[1] : "", std::ios::binary | std::ios::ate);
  if (!file) {
    std::fprintf(stderr, "seal-bench: USAGE: seal-bench ROWS_FILE\n");
    return 2;
  }
  const std::size_t rows = static_cast<std::size_t>(file.tellg()) / 24;
  file.seekg(0);
  const Values x = read_column(file, rows);
  const Values y = read_column(file, rows);
  const Values group = read_column(file, rows);
  Values sums(2 + kGroups);  // of x, of xy, of x by group
  std::vector<Values> indicators(kGroups, Values(rows));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto own = static_cast<std::size_t>(group[i]);
    sums[0] += x[i];
    sums[1] += x[i] * y[i];
    sums[2 + own] += x[i];
    indicators[own][i] = 1;
  }
  Bench bench(rows);
  bench.time_encryption(x);
  const Ciphers ex = bench.encrypt(x);
  bench.time_totals("sum", kRepeats, [&] { return Ciphers{bench.sum(ex)}; }, {sums[0]});
  const Ciphers ey = bench.encrypt(y);
  bench.time_totals("dot", kRepeats, [&] { return Ciphers{bench.dot(ex, ey)}; }, {sums[1]});
  std::vector<Ciphers> groups;
  for (const Values& indicator : indicators) groups.push_back(bench.encrypt(indicator));
  bench.time_totals(
      "group10", 3,
      [&] {
        Ciphers totals;
        for (const Ciphers& own : groups) totals.push_back(bench.dot(ex, own));
        return totals;
      },
      Values(sums.begin() + 2, sums.end()));
  const nlohmann::json document = {{"peer", "Microsoft SEAL, native"},
                                   {"version", SEAL_VERSION},
                                   {"rows", rows},
                                   {"results", bench.results()}};
  std::printf("%s\n", document.dump().c_str());
  return 0;
}

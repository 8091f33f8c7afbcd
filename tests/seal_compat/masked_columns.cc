// SPDX-License-Identifier: Apache-2.0
#include "tests/seal_compat/masked_columns.h"

#include <random>

#include "base/threads.h"
#include "columns/encrypt/unit_inspector_testing.h"
#include "columns/total/total.h"
#include "tests/seal_compat/engine.h"

namespace cryptonet::seal_compat {
namespace {

using columns::format::ParameterSet;

std::vector<std::uint64_t> copy_of(const he::ring::NttPoly& poly) {
  return {poly.words().begin(), poly.words().end()};
}

/// a - b modulo each prime.
std::vector<std::uint64_t> difference(const ParameterSet& set, const std::vector<std::uint64_t>& a,
                                      const std::vector<std::uint64_t>& b) {
  std::vector<std::uint64_t> out(a.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const he::arith::Modulus q(set.bgv.ciphertext_moduli()[i / set.ring_degree()]);
    out[i] = q.subtract(q.reduce(a[i]), b.empty() ? 0 : q.reduce(b[i]));
  }
  return out;
}

}  // namespace

MaskedUnit MaskedUnit::make(std::uint64_t seed) {
  using columns::encrypt::insecure_UnitInspector;
  MaskedUnit made(columns::format::wide_set());
  const std::size_t degree = made.degree();
  const he::arith::Modulus t(made.set_.bgv.plaintext_modulus());
  base::OsRandomness randomness;
  base::Secret<32> device;
  randomness.fill(device.span());
  std::vector<columns::encrypt::ColumnPlan> plans(kColumns);
  for (std::size_t c = 0; c < kColumns; ++c) {
    plans[c].id.bytes.fill(static_cast<std::uint8_t>(c + 1));
    plans[c].source = static_cast<std::uint32_t>(c);
  }
  auto upload = *columns::encrypt::UploadEncryptor::create(made.set_, plans, device, randomness);
  made.packed_.resize(kColumns);
  made.rows_.resize(kColumns);
  made.hints_.resize(kColumns);
  const columns::encrypt::ChunkSink sink = [&](std::uint32_t column, std::uint32_t,
                                               base::ByteView packed) {
    made.packed_[column].emplace_back(packed.begin(), packed.end());
    return base::ok();
  };
  base::ThreadPool pool(1);
  auto unit = upload.open_unit({});
  Words mask_sum;
  Words square_sum;
  std::vector<Words> hint_sums(kColumns);
  const auto keep_chunk = [&]() {
    const auto& state = insecure_UnitInspector::state(unit);
    made.masks_.push_back(difference(made.set_, copy_of(state.mask_sum), mask_sum));
    made.mask_squares_.push_back(difference(made.set_, copy_of(state.mask_square_sum), square_sum));
    mask_sum = copy_of(state.mask_sum);
    square_sum = copy_of(state.mask_square_sum);
    for (std::size_t c = 0; c < kColumns; ++c) {
      made.hints_[c].push_back(difference(made.set_, copy_of(state.hints[c]), hint_sums[c]));
      hint_sums[c] = copy_of(state.hints[c]);
    }
  };
  std::mt19937_64 engine(seed);
  for (int chunk = 0; chunk < 2; ++chunk) {
    std::vector<std::vector<std::int64_t>> sources(kColumns, std::vector<std::int64_t>(degree));
    for (std::size_t c = 0; c < kColumns; ++c) {
      auto& rows = made.rows_[c].emplace_back();
      for (auto& value : sources[c]) {
        value = static_cast<std::int64_t>(engine() % 2000001) - 1000000;
        rows.push_back(t.reduce_signed(value));
      }
    }
    const std::vector<std::span<const std::int64_t>> views(sources.begin(), sources.end());
    CHECK(unit.encrypt_chunk(views, pool, sink).ok());
    keep_chunk();
  }
  CHECK(unit.close(pool, sink).ok());
  keep_chunk();
  for (auto& rows : made.rows_) rows.emplace_back(degree);
  for (const auto& secret : insecure_UnitInspector::state(unit).upload.secrets) {
    made.secrets_.push_back(copy_of(secret.poly()));
  }
  return made;
}

std::vector<std::int8_t> MaskedUnit::secret(std::size_t column) const {
  const auto table = *he::ntt::NttTable::create(degree(), set_.bgv.ciphertext_moduli()[0]);
  Words words(secrets_[column].begin(),
              secrets_[column].begin() + static_cast<std::ptrdiff_t>(degree()));
  table.inverse(words);
  std::vector<std::int8_t> coefficients;
  for (const std::uint64_t word : words) {
    coefficients.push_back(static_cast<std::int8_t>(table.modulus().centre(word)));
  }
  return coefficients;
}

he::bgv::Ciphertext MaskedUnit::chunk(const he::bgv::Chain& chain, std::size_t column,
                                      std::size_t chunk) const {
  he::bgv::Ciphertext made(chain, set_.primes(), 2);
  base::unpack_u48(packed_[column][chunk], made.polynomial(0));
  std::copy(masks_[chunk].begin(), masks_[chunk].end(), made.polynomial(1).begin());
  return made;
}

base::Status MaskedUnit::check_square(const he::bgv::Ciphertext& square, std::size_t column,
                                      std::size_t chunk) const {
  const std::vector<base::ByteView> view = {packed_[column][chunk]};
  const auto total = columns::total::partial_total(set_, view, view);
  bool equal = square.polynomials() == 3 && square.primes() == set_.primes();
  for (std::size_t j = 0; equal && j < set_.primes(); ++j) {
    const he::arith::Modulus q(set_.bgv.ciphertext_moduli()[j]);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < degree(); ++i) {
      const std::size_t place = j * degree() + i;
      const std::uint64_t hint = hints_[column][chunk][place];
      sum = q.add(sum, square.residue(0, j)[i]);
      equal &= square.residue(1, j)[i] == q.add(hint, hint);
      equal &= square.residue(2, j)[i] == mask_squares_[chunk][place];
    }
    equal &= sum == total[j];
  }
  if (equal) return base::ok();
  return base::Error(base::ErrorCode::kInternal, "test.square",
                     "the square is not what the total and the hints are sums of");
}

std::int64_t MaskedUnit::total(std::size_t left, std::optional<std::size_t> right) const {
  const auto views = [&](std::size_t column) {
    return std::vector<base::ByteView>(packed_[column].begin(), packed_[column].end());
  };
  const auto cloud = columns::total::partial_total(
      set_, views(left), right ? views(*right) : std::vector<base::ByteView>{});
  const he::bgv::Integer modulus = he::bgv::product_of(set_.bgv.ciphertext_moduli());
  he::bgv::Integer phase = 0;
  for (std::size_t j = 0; j < set_.primes(); ++j) {
    const he::arith::Modulus q(set_.bgv.ciphertext_moduli()[j]);
    std::uint64_t sum = cloud[j];
    for (std::size_t place = j * degree(); place < (j + 1) * degree(); ++place) {
      const std::uint64_t s_left = secrets_[left][place];
      for (std::size_t k = 0; k < chunks(); ++k) {
        if (!right) {
          sum = q.add(sum, q.multiply(masks_[k][place], s_left));
          continue;
        }
        const std::uint64_t s_right = secrets_[*right][place];
        sum = q.add(sum, q.multiply(hints_[left][k][place], s_right));
        sum = q.add(sum, q.multiply(hints_[*right][k][place], s_left));
        sum = q.add(sum, q.multiply(mask_squares_[k][place], q.multiply(s_left, s_right)));
      }
    }
    const std::uint64_t mean = q.multiply(sum, q.invert(degree()));
    const he::bgv::Integer others = modulus / q.value();
    const auto residue = static_cast<std::uint64_t>(he::bgv::Integer(others % q.value()));
    phase += others * q.multiply(mean, q.invert(residue));
  }
  phase %= modulus;
  if (2 * phase > modulus) phase -= modulus;
  const he::arith::Modulus t(set_.bgv.plaintext_modulus());
  const he::bgv::Integer total = phase * degree() % t.value();
  return t.centre(t.reduce_signed(static_cast<std::int64_t>(total)));
}

/// masked make SEED | key C | rows C K | chunk OUT C K | square NAME C K | total C [D]
base::Result<Reply> Engine::masked(const Request& request) {
  const std::string& what = request.word(1);
  const auto number = [&](std::size_t i) {
    return static_cast<std::size_t>(std::stoull(request.word(i)));
  };
  if (what == "make") {
    masked_ = std::make_unique<MaskedUnit>(MaskedUnit::make(number(2)));
    return text_reply(std::to_string(masked_->chunks()));
  }
  if (!masked_) return base::Error(base::ErrorCode::kUsage, "test.command", "masked make first");
  if (what == "key") {
    const auto poly = he::ring::transform_signed(chain().ring(), masked_->secret(number(2)));
    CN_ASSIGN(auto key, secret::TernarySecret::from_words(chain().ring(), poly.words()));
    secret_ = std::make_unique<secret::TernarySecret>(std::move(key));
    return Reply(std::string());
  }
  if (what == "rows") {
    base::ByteWriter out;
    for (const std::uint64_t row : masked_->rows(number(2), number(3))) out.u64(row);
    return Reply(std::move(out).take());
  }
  if (what == "chunk") {
    ciphertexts_.insert_or_assign(
        request.word(2),
        Bounded{masked_->chunk(chain(), number(3), number(4)), scheme_->bounds.fresh_symmetric()});
    return Reply(std::string());
  }
  if (what == "square") {
    const auto square = ciphertexts_.find(request.word(2));
    if (square == ciphertexts_.end()) {
      return base::Error(base::ErrorCode::kUsage, "test.command", "no such ciphertext");
    }
    CN_RETURN_IF_ERROR(masked_->check_square(square->second.ciphertext, number(3), number(4)));
    return Reply(std::string());
  }
  if (what == "total") {
    std::optional<std::size_t> right;
    if (request.words.size() > 3) right = number(3);
    return text_reply(std::to_string(masked_->total(number(2), right)));
  }
  return base::Error(base::ErrorCode::kUsage, "test.command", "masked: no such thing: " + what);
}

}  // namespace cryptonet::seal_compat

// SPDX-License-Identifier: Apache-2.0
// Three loops a round: derive and transform secrets; multiply them and weigh A2; copy, prove and
// weigh each column's hint while it is in the processor's cache. With hints in transformed form a
// total and its check took two transforms of 64-bit words for each prime, 11.5 µs each; now they
// take five of 16-bit numbers, 4 µs each. Packing three secrets into one polynomial of 64-bit words
// would have taken three transforms and unpacking: 42 µs instead of 25.
#include "columns/open/key_parts.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "he/arith/dispatch.h"

namespace cryptonet::columns::open {
namespace {

using format::kNoColumn;
using format::Residues;

/// Bounds a round: secrets of 24 KB each for the wide set.
constexpr std::size_t kColumnsPerRound = 256;

/// What one product needs beside the transformed secrets, in one block of secret memory.
class ProductScratch {
 public:
  explicit ProductScratch(std::size_t degree) : degree_(degree), numbers_(kNumbers) {
    CHECK(3 * degree <= kNumbers);
  }
  std::span<std::int16_t> work() { return numbers_.span().first(2 * degree_); }
  std::span<std::int8_t> low() { return {bytes(), degree_}; }
  std::span<std::int8_t> high() { return {bytes() + degree_, degree_}; }

 private:
  /// More than 64 KiB, of which spare blocks are kept.
  static constexpr std::size_t kNumbers = 33 * 1024;
  std::int8_t* bytes() {
    return reinterpret_cast<std::int8_t*>(numbers_.span().subspan(2 * degree_).data());
  }
  std::size_t degree_;
  base::SecretVector<std::int16_t> numbers_;
};

/// sum mod q, of a sum beyond -2^71.
std::uint64_t residue_of(const he::arith::WideSum& sum, const he::arith::Modulus& q) {
  const he::arith::Uint128 wide = he::arith::Uint128{sum.high} << 64 | sum.low;
  return q.reduce(wide + (he::arith::Uint128{q.value()} << 72));
}

}  // namespace

std::span<const KeyParts::Job> KeyParts::next_round(std::span<const Job> jobs) {
  std::set<std::uint32_t> columns;
  std::size_t count = 0;
  while (count < jobs.size()) {
    columns.insert({jobs[count].pair.left, jobs[count].pair.right});
    if (columns.size() > kColumnsPerRound) break;
    ++count;
  }
  return jobs.first(count);
}

base::Result<std::vector<Residues>> KeyParts::of(std::span<const format::ColumnPair> pairs) {
  std::vector<Residues> parts(pairs.size());
  std::vector<Job> jobs;
  for (const format::ColumnPair& pair : pairs) jobs.push_back({pair, jobs.size()});
  // Pairs with the same column together: its hint is read once.
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const Job& a, const Job& b) { return a.pair.right < b.pair.right; });
  for (std::span<const Job> rest = jobs; !rest.empty();) {
    const auto round = next_round(rest);
    CN_RETURN_IF_ERROR(run(round, parts));
    rest = rest.subspan(round.size());
  }
  return parts;
}

base::Status KeyParts::begin(std::span<const Job> round) {
  round_secrets_.clear();
  std::set<std::uint32_t> in_products;
  std::vector<std::pair<std::uint32_t, ProvedPiece*>> pieces;
  for (const auto& [pair, position] : round) {
    round_secrets_[pair.left];
    if (pair.right == kNoColumn) continue;
    round_secrets_[pair.right];
    in_products.insert({pair.left, pair.right});
  }
  const bool any_sum = round.back().pair.right == kNoColumn;  // they come last
  if (any_sum && mask_sum_ == nullptr) pieces.push_back({format::kMaskSumPiece, &mask_sum_});
  if (!in_products.empty() && mask_squares_ == nullptr) {
    pieces.push_back({format::kMaskSquaresPiece, &mask_squares_});
  }
  std::vector<std::pair<const std::uint32_t, Secret>*> secrets;
  for (auto& entry : round_secrets_) secrets.push_back(&entry);
  std::vector<base::Status> read(pieces.size(), base::ok());
  pool_.for_each(pieces.size() + secrets.size(), [&](std::size_t i) {
    if (i < pieces.size()) {
      auto piece = hints_.read(pieces[i].first);
      if (piece.ok()) *pieces[i].second = std::move(*piece);
      if (!piece.ok()) read[i] = piece.take_error();
      return;
    }
    auto& [column, secret] = *secrets[i - pieces.size()];
    secret.coefficients = secrets_.coefficients(column);
    if (in_products.contains(column)) secret.transformed = secrets_.transformed(column);
  });
  for (base::Status& status : read) CN_RETURN_IF_ERROR(std::move(status));
  return base::ok();
}

void KeyParts::weigh(const std::uint8_t* piece, std::span<const Use> uses) const {
  const std::size_t degree = ring_.ring_degree();
  for (std::size_t j = 0; j < ring_.primes(); ++j) {
    for (std::size_t first = 0; first < uses.size(); first += he::arith::kWeightsMax) {
      const auto some = uses.subspan(first, std::min(uses.size() - first, he::arith::kWeightsMax));
      const std::int8_t* weights[he::arith::kWeightsMax] = {};
      he::arith::WideSum sums[he::arith::kWeightsMax] = {};
      for (std::size_t k = 0; k < some.size(); ++k) weights[k] = some[k].weights;
      he::arith::kernels().weigh_words(
          {piece + 6 * j * degree, degree, weights, some.size(), sums});
      for (std::size_t k = 0; k < some.size(); ++k) {
        (*some[k].sums)[j] = residue_of(sums[k], ring_.modulus(j));
      }
    }
  }
}

Residues KeyParts::part_of_masks(const format::ColumnPair& pair) const {
  Residues part{};
  const Secret& left = round_secrets_.at(pair.left);
  if (pair.right == kNoColumn) {
    const Use use = {left.coefficients->data(), &part};
    weigh(mask_sum_.get(), {&use, 1});
    return part;
  }
  const std::size_t degree = ring_.ring_degree();
  ProductScratch product(degree);
  he::ntt::small_table_of(degree).multiply(left.transformed->span(),
                                           round_secrets_.at(pair.right).transformed->span(),
                                           product.work(), product.low(), product.high());
  Residues high{};
  const Use uses[] = {{product.low().data(), &part}, {product.high().data(), &high}};
  weigh(mask_squares_.get(), uses);
  for (std::size_t j = 0; j < ring_.primes(); ++j) {
    const he::arith::Modulus& q = ring_.modulus(j);
    part[j] = q.add(part[j], q.multiply(128, high[j]));
  }
  return part;
}

base::Status KeyParts::run(std::span<const Job> round, std::vector<Residues>& parts) {
  CN_RETURN_IF_ERROR(begin(round));
  /// Of the masks, and of both columns' hints.
  std::vector<std::array<Residues, 3>> sums(round.size());
  std::map<std::uint32_t, std::vector<Use>> uses;
  for (std::size_t i = 0; i < round.size(); ++i) {
    const auto [left, right] = round[i].pair;
    if (right == kNoColumn) continue;
    uses[left].push_back({round_secrets_.at(right).coefficients->data(), &sums[i][1]});
    uses[right].push_back({round_secrets_.at(left).coefficients->data(), &sums[i][2]});
  }
  pool_.for_each(round.size(), [&](std::size_t i) { sums[i][0] = part_of_masks(round[i].pair); });
  const std::vector<std::pair<std::uint32_t, std::vector<Use>>> columns(uses.begin(), uses.end());
  std::vector<base::Status> read(columns.size(), base::ok());
  pool_.for_each(columns.size(), [&](std::size_t i) {
    auto piece = hints_.read(format::kFirstColumnPiece + columns[i].first);
    if (piece.ok()) {
      weigh(piece->get(), columns[i].second);
    } else {
      read[i] = piece.take_error();
    }
  });
  for (base::Status& status : read) CN_RETURN_IF_ERROR(std::move(status));
  for (std::size_t i = 0; i < round.size(); ++i) {
    for (std::size_t j = 0; j < ring_.primes(); ++j) {
      const he::arith::Modulus& q = ring_.modulus(j);
      const std::uint64_t sum = q.add(q.add(sums[i][0][j], sums[i][1][j]), sums[i][2][j]);
      parts[round[i].position][j] = q.multiply(q.reduce(ring_.ring_degree()), sum);
    }
  }
  return base::ok();
}

}  // namespace cryptonet::columns::open

// SPDX-License-Identifier: Apache-2.0
// Three loops a round: read what pivots need and derive secrets; fold the hints of new pivots and
// read the others; add up. On two threads the second has three transforms forth and back beside two
// hints, which is as even as it gets.
#include "columns/open/key_parts.h"

#include <algorithm>
#include <set>

#include "he/arith/dispatch.h"

namespace cryptonet::columns::open {
namespace {

using format::kNoColumn;

/// Bounds of a round: 40 hints of 147 KB, and polynomials of 196 KB, two a pivot.
constexpr std::size_t kJobsPerRound = 32;
constexpr std::size_t kPivotsPerRound = 8;

std::uint32_t column_piece(std::uint32_t column) { return format::kFirstColumnPiece + column; }

}  // namespace

std::vector<KeyParts::Job> KeyParts::arrange(std::span<const format::ColumnPair> pairs) {
  // The column that more pairs have is the pivot.
  std::map<std::uint32_t, std::size_t> uses;
  for (const format::ColumnPair& pair : pairs) {
    ++uses[pair.left];
    ++uses[pair.right];
  }
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [left, right] = pairs[i];
    const bool by_right = right == kNoColumn || uses[right] >= uses[left];
    jobs.push_back(by_right ? Job{right, left, i} : Job{left, right, i});
  }
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const Job& a, const Job& b) { return a.pivot < b.pivot; });
  return jobs;
}

std::span<const KeyParts::Job> KeyParts::next_round(std::span<const Job> jobs) {
  std::size_t count = 0;
  std::size_t pivots = 0;
  while (count < std::min(jobs.size(), kJobsPerRound)) {
    if (count == 0 || jobs[count].pivot != jobs[count - 1].pivot) ++pivots;
    if (pivots > kPivotsPerRound) break;
    ++count;
  }
  return jobs.first(count);
}

base::Result<std::vector<format::Residues>> KeyParts::of(
    std::span<const format::ColumnPair> pairs) {
  std::vector<format::Residues> parts(pairs.size());
  const std::vector<Job> jobs = arrange(pairs);
  for (std::span<const Job> rest = jobs; !rest.empty();) {
    const auto round = next_round(rest);
    CN_RETURN_IF_ERROR(run(round, parts));
    rest = rest.subspan(round.size());
  }
  return parts;
}

std::vector<std::uint32_t> KeyParts::renew_pivots(std::span<const Job> round) {
  std::set<std::uint32_t> wanted;
  for (const Job& job : round) wanted.insert(job.pivot);
  std::erase_if(pivots_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  std::vector<std::uint32_t> fresh;
  for (const std::uint32_t column : wanted) {
    const auto [entry, is_new] = pivots_.try_emplace(column);
    if (!is_new) continue;
    fresh.push_back(column);
    Pivot& pivot = entry->second;
    pivot.folded = he::ring::NttPoly(ring_);
    if (column == kNoColumn) continue;
    pivot.kept = secrets_.find_transformed(column);
    if (pivot.kept == nullptr) pivot.fresh = std::make_shared<he::ring::NttPoly>(ring_);
  }
  return fresh;
}

base::Status KeyParts::begin(std::span<const Job> round) {
  std::set<std::uint32_t> pieces;
  std::set<std::uint32_t> secrets;
  for (const Job& job : round) {
    secrets.insert(job.other);
    if (job.pivot == kNoColumn) {
      pieces.insert(format::kMaskSumPiece);
    } else {
      pieces.insert({format::kMaskSquaresPiece, column_piece(job.pivot)});
      secrets.insert(job.pivot);
    }
  }
  const std::vector<std::uint32_t> missing =
      hints_.begin(std::vector<std::uint32_t>(pieces.begin(), pieces.end()));
  const std::vector<std::uint32_t> columns(secrets.begin(), secrets.end());
  pool_.for_each(missing.size() + columns.size(), [&](std::size_t i) {
    if (i < missing.size()) {
      hints_.read(missing[i]);
    } else {
      static_cast<void>(secrets_.coefficients(columns[i - missing.size()]));
    }
  });
  return hints_.finish();
}

base::Status KeyParts::fold(std::span<const Job> round, const std::vector<std::uint32_t>& fresh) {
  std::set<std::uint32_t> pieces;
  for (const Job& job : round) {
    if (job.pivot == kNoColumn) {
      pieces.insert(format::kMaskSumPiece);
    } else {
      pieces.insert({format::kMaskSquaresPiece, column_piece(job.pivot), column_piece(job.other)});
    }
  }
  const std::vector<std::uint32_t> missing =
      hints_.begin(std::vector<std::uint32_t>(pieces.begin(), pieces.end()));
  const std::size_t primes = ring_.primes();
  const std::size_t folds = fresh.size() * primes;  // the longest first
  pool_.for_each(folds + missing.size(), [&](std::size_t i) {
    if (i < folds) {
      fold(fresh[i / primes], i % primes);
    } else {
      hints_.read(missing[i - folds]);
    }
  });
  for (const std::uint32_t column : fresh) {
    Pivot& pivot = pivots_.at(column);
    if (pivot.fresh != nullptr) secrets_.keep_transformed(column, pivot.fresh);
  }
  return hints_.finish();
}

void KeyParts::fold(std::uint32_t column, std::size_t prime) {
  Pivot& pivot = pivots_.at(column);
  const auto words = pivot.folded.residue(prime);
  const std::size_t at = 6 * prime * words.size();
  const auto& kernels = he::arith::kernels();
  if (column == kNoColumn) {
    kernels.unpack_u48(hints_.words(format::kMaskSumPiece) + at, words.data(), words.size());
  } else {
    const std::uint64_t q = ring_.modulus(prime).value();
    if (pivot.fresh != nullptr) {
      const auto coefficients = secrets_.coefficients(column);
      const auto secret = pivot.fresh->residue(prime);
      kernels.lift_small(coefficients->data(), secret.size(), q, secret.data());
      ring_.table(prime).forward(secret);
    }
    kernels.fold_hint({.count = words.size(),
                       .modulus = q,
                       .hint = hints_.words(column_piece(column)) + at,
                       .squares = hints_.words(format::kMaskSquaresPiece) + at,
                       .secret = pivot.secret().residue(prime).data(),
                       .out = words.data()});
  }
  ring_.table(prime).inverse(words);
}

std::uint64_t KeyParts::part(const Job& job, std::size_t prime) {
  const Pivot& pivot = pivots_.at(job.pivot);
  const he::arith::Modulus& q = ring_.modulus(prime);
  const auto folded = pivot.folded.residue(prime);
  const auto other = secrets_.coefficients(job.other);
  const std::int64_t constant =
      he::arith::kernels().constant_term(folded.data(), other->data(), folded.size());
  const std::uint64_t product = q.multiply(q.reduce(folded.size()), q.reduce_signed(constant));
  if (job.pivot == kNoColumn) return product;
  const std::uint8_t* hint = hints_.words(column_piece(job.other)) + 6 * prime * folded.size();
  const he::arith::WideSum sum =
      he::arith::kernels().dot_words(hint, pivot.secret().residue(prime).data(), folded.size());
  return q.add(product, q.reduce(he::arith::Uint128{sum.high} << 64 | sum.low));
}

base::Status KeyParts::run(std::span<const Job> round, std::vector<format::Residues>& parts) {
  const std::vector<std::uint32_t> fresh = renew_pivots(round);
  CN_RETURN_IF_ERROR(begin(round));
  CN_RETURN_IF_ERROR(fold(round, fresh));
  const std::size_t primes = ring_.primes();
  pool_.for_each(round.size() * primes, [&](std::size_t i) {
    const Job& job = round[i / primes];
    parts[job.position][i % primes] = part(job, i % primes);
  });
  return base::ok();
}

}  // namespace cryptonet::columns::open

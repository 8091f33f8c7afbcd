// SPDX-License-Identifier: Apache-2.0
// The table of hot loops, one row per instruction set. A kernel is a free function over raw data:
// it allocates nothing, and its preconditions are the caller's to keep. The portable row is the
// specification and the oracle of the others. Packed words are six bytes, little-endian; q stands
// for a modulus below 2^50 (below 2^48 where words are packed). Only plain data is declared here,
// because the files of an instruction set are built with flags of their own and must share no
// inline code with the rest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cryptonet::he::arith {

/// high * 2^64 + low.
struct WideSum {
  std::uint64_t low;
  std::uint64_t high;
};

/// Words per call of sum and dot: bounds the lanes of every instruction set.
inline constexpr std::size_t kKernelWordsMax = 32768;

/// The largest tile of a given number of rows: what the registers of every instruction set hold,
/// and no more streams than a processor prefetches.
inline constexpr std::size_t kTileRowsMax = 3;
inline constexpr std::size_t kTileColumnsMax[kTileRowsMax + 1] = {0, 8, 6, 4};
inline constexpr std::size_t kTileProductsMax = 12;

/// Inner products of every row with every column, all of packed words.
struct PackedTile {
  const std::uint8_t* const* rows;
  std::size_t row_count;  ///< 1 to kTileRowsMax
  const std::uint8_t* const* columns;
  std::size_t column_count;  ///< 1 to kTileColumnsMax[row_count]
  std::size_t count;         ///< words of each, at most kKernelWordsMax
  WideSum* sums;             ///< row_count * column_count out, row by row, exact
};

/// Roots of the negacyclic transform in the order in which the butterflies use them, each with its
/// Shoup quotients floor(root * 2^64 / q) and floor(root * 2^52 / q), and in double precision.
struct NttPlan {
  std::size_t degree;
  std::uint64_t modulus;
  const std::uint64_t* roots;
  const std::uint64_t* root_quotients;
  const std::uint64_t* root_quotients52;
  const std::uint64_t* inverse_roots;
  const std::uint64_t* inverse_root_quotients;
  const std::uint64_t* inverse_root_quotients52;
  const double* centred_roots;  ///< the same roots in (-q/2, q/2)
  const double* root_ratios;    ///< and divided by q
  const double* inverse_centred_roots;
  const double* inverse_root_ratios;
  std::uint64_t degree_inverse;
  std::uint64_t degree_inverse_quotient;
};

/// One prime's part of one chunk of one column, with psi = the transform of centred(message) +
/// t * noise: b = psi - a*s, hint += a*b, b packed. All words but the message's are below the
/// plan's modulus q < 2^48.
struct MaskColumn {
  const NttPlan* plan;                  ///< the degree N and the modulus q
  std::uint64_t plaintext_modulus;      ///< t < 2^50
  const std::uint64_t* message;         ///< coefficients, [0, t)
  const std::int8_t* noise;             ///< |e| <= 21
  const std::uint64_t* mask;            ///< a
  const std::uint64_t* mask_quotients;  ///< floor(a * 2^52 / q)
  const std::uint64_t* secret;          ///< s
  std::uint64_t* work;                  ///< N words of scratch; left with secrets in it
  std::uint64_t* hint;                  ///< updated
  std::uint8_t* packed;                 ///< 6 * N bytes out
};

/// The share of one prime's part of a chunk's mask in the hints.
struct SumMask {
  std::size_t count;
  std::uint64_t modulus;           ///< q < 2^48
  const std::uint64_t* mask;       ///< a, [0, q)
  const std::uint64_t* quotients;  ///< floor(a * 2^52 / q)
  std::uint64_t* sum;              ///< += a, [0, q)
  std::uint64_t* square_sum;       ///< += a^2, [0, q)
};

/// Packed candidates for words in [low, high).
struct UnpackCandidates {
  const std::uint8_t* packed;  ///< 6 * count bytes
  std::size_t count;
  std::uint64_t cut;  ///< the bits of a candidate that count, a mask below 2^48
  std::uint64_t low;
  std::uint64_t high;
  std::uint64_t* out;  ///< all candidates, in order
};

/// message[places[i]] = values[i] mod t, or for indicators 1 where values[i] == equals, 0
/// elsewhere.
struct PlaceSlots {
  const std::int64_t* values;  ///< |v| < t
  std::size_t count;
  bool indicator;
  std::int64_t equals;    ///< read for indicators only
  std::uint64_t modulus;  ///< t < 2^50
  const std::uint32_t* places;
  std::uint64_t* message;
};

/// out = factor * words mod t.
struct ScaleWords {
  std::size_t count;
  std::uint64_t modulus;          ///< t < 2^50
  std::uint64_t factor;           ///< [0, t)
  std::uint64_t factor_quotient;  ///< floor(factor * 2^52 / t)
  const std::uint64_t* words;     ///< [0, t)
  std::uint64_t* out;
};

/// Weighted sums of the same packed words, one for each list of weights.
inline constexpr std::size_t kWeightsMax = 4;
struct WeighWords {
  const std::uint8_t* packed;
  std::size_t count;                  ///< at most kKernelWordsMax
  const std::int8_t* const* weights;  ///< of count numbers from -64 to 64
  std::size_t weight_count;           ///< 1 to kWeightsMax
  WideSum* sums;                      ///< out: exact, two's complement
};

/// Products of small polynomials modulo X^degree + 1 and the prime r = 12289. Their transform stops
/// at polynomials of four coefficients, of which there are n = degree/4 side by side: the k-th are
/// remainders modulo X^4 - block_roots[k]. Roots are centred and times 2^16; each has its quotient,
/// root * r^-1 modulo 2^16.
inline constexpr std::int16_t kSmallModulus = 12289;
inline constexpr std::size_t kSmallDegreeMin = 128;  ///< a power of two
inline constexpr std::size_t kSmallDegreeMax = 8192;
/// What a transformed number is at most.
inline constexpr std::int16_t kSmallBound = 8190;
struct SmallPlan {
  std::size_t degree;
  const std::int16_t* roots;  ///< n each, in the order of the butterflies
  const std::int16_t* root_quotients;
  const std::int16_t* inverse_roots;
  const std::int16_t* inverse_root_quotients;
  const std::int16_t* block_roots;
  const std::int16_t* block_root_quotients;
  std::int16_t scale;  ///< 2^32 / n
  std::int16_t scale_quotient;
};

/// The centred coefficients of a product, each as low + 128 * high, which both are weights.
struct SmallProduct {
  const SmallPlan* plan;
  const std::int16_t* left;   ///< of small_forward
  const std::int16_t* right;  ///< likewise
  std::int16_t* work;         ///< 2 * degree numbers of scratch; left with secrets in it
  std::int8_t* low;
  std::int8_t* high;
};

struct Kernels {
  const char* name;
  /// The sum of `count` packed words; count <= kKernelWordsMax.
  std::uint64_t (*sum_u48)(const std::uint8_t* words, std::size_t count);
  /// `count` packed words, one per 64 bits.
  void (*unpack_u48)(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
  void (*dot_tile)(const PackedTile& tile);
  /// In place; [0, q) in natural order to [0, q) in bit-reversed order.
  void (*ntt_forward)(std::uint64_t* words, const NttPlan& plan);
  /// In place; the reverse.
  void (*ntt_inverse)(std::uint64_t* words, const NttPlan& plan);
  void (*mask_column)(const MaskColumn& job);
  /// quotients = floor(mask * 2^52 / q), for words below q < 2^48: what all columns need of a mask.
  void (*divide_mask)(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                      std::uint64_t* quotients);
  void (*sum_mask)(const SumMask& job);
  /// Returns how many of the candidates are inside the range.
  std::size_t (*unpack_candidates)(const UnpackCandidates& job);
  /// out[i] = ones among the first 21 of the i-th 42 bits less ones among the next 21; coins has
  /// ceil(42 * count / 8) bytes, whose lowest bits come first.
  void (*toss_coins)(const std::uint8_t* coins, std::size_t count, std::int8_t* out);
  void (*place_slots)(const PlaceSlots& job);
  void (*scale_words)(const ScaleWords& job);
  /// Whether all |values| <= limit < 2^62.
  bool (*within)(const std::int64_t* values, std::size_t count, std::int64_t limit);
  /// out[i] = small[i] mod q in [0, q), for |small[i]| < q.
  void (*lift_small)(const std::int8_t* small, std::size_t count, std::uint64_t q,
                     std::uint64_t* out);
  void (*weigh_words)(const WeighWords& job);
  /// The transform of coefficients -1, 0 and 1: right modulo r, but any numbers up to
  /// kSmallBound. `work` is scratch of as many, left with secrets in it.
  void (*small_forward)(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                        std::int16_t* out);
  void (*small_product)(const SmallProduct& job);
};

namespace portable {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const PackedTile& tile);
void ntt_forward(std::uint64_t* words, const NttPlan& plan);
void ntt_inverse(std::uint64_t* words, const NttPlan& plan);
void mask_column(const MaskColumn& job);
void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients);
void sum_mask(const SumMask& job);
std::size_t unpack_candidates(const UnpackCandidates& job);
void toss_coins(const std::uint8_t* coins, std::size_t count, std::int8_t* out);
void place_slots(const PlaceSlots& job);
void scale_words(const ScaleWords& job);
bool within(const std::int64_t* values, std::size_t count, std::int64_t limit);
void lift_small(const std::int8_t* small, std::size_t count, std::uint64_t q, std::uint64_t* out);
void weigh_words(const WeighWords& job);
void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out);
void small_product(const SmallProduct& job);
}  // namespace portable

/// Needs AVX2 and FMA. The other kernels of its row are the portable ones.
namespace avx2 {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const PackedTile& tile);
void ntt_forward(std::uint64_t* words, const NttPlan& plan);
void ntt_inverse(std::uint64_t* words, const NttPlan& plan);
void mask_column(const MaskColumn& job);
void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients);
void sum_mask(const SumMask& job);
void weigh_words(const WeighWords& job);
void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out);
void small_product(const SmallProduct& job);
}  // namespace avx2

/// Needs AVX-512 F, BW, DQ, VL, IFMA, VBMI, VPOPCNTDQ and VNNI.
namespace avx512ifma {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const PackedTile& tile);
void ntt_forward(std::uint64_t* words, const NttPlan& plan);
void ntt_inverse(std::uint64_t* words, const NttPlan& plan);
void mask_column(const MaskColumn& job);
void divide_mask(const std::uint64_t* mask, std::size_t count, std::uint64_t q,
                 std::uint64_t* quotients);
void sum_mask(const SumMask& job);
std::size_t unpack_candidates(const UnpackCandidates& job);
void toss_coins(const std::uint8_t* coins, std::size_t count, std::int8_t* out);
void place_slots(const PlaceSlots& job);
void scale_words(const ScaleWords& job);
bool within(const std::int64_t* values, std::size_t count, std::int64_t limit);
void lift_small(const std::int8_t* small, std::size_t count, std::uint64_t q, std::uint64_t* out);
void weigh_words(const WeighWords& job);
void small_forward(const SmallPlan& plan, const std::int8_t* ternary, std::int16_t* work,
                   std::int16_t* out);
void small_product(const SmallProduct& job);
}  // namespace avx512ifma

}  // namespace cryptonet::he::arith

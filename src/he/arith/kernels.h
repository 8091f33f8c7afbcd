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

/// The shape of a tile of products.
inline constexpr std::size_t kTileRows = 3;
inline constexpr std::size_t kTileColumns = 4;

/// Roots of the negacyclic transform in the order in which the butterflies use them, each with its
/// Shoup quotient floor(root * 2^64 / q).
struct NttPlan {
  std::size_t degree;
  std::uint64_t modulus;
  const std::uint64_t* roots;
  const std::uint64_t* root_quotients;
  const std::uint64_t* inverse_roots;
  const std::uint64_t* inverse_root_quotients;
  std::uint64_t degree_inverse;
  std::uint64_t degree_inverse_quotient;
};

/// One prime's part of one chunk of one column: b = psi - a*s, hint += a*b, b packed.
struct MaskColumn {
  std::size_t count;
  std::uint64_t modulus;                ///< < 2^48
  const std::uint64_t* phase;           ///< psi in NTT form, [0, q)
  const std::uint64_t* mask;            ///< a, [0, q)
  const std::uint64_t* mask_quotients;  ///< floor(a * 2^64 / q)
  const std::uint64_t* secret;          ///< s, [0, q)
  std::uint64_t* hint;                  ///< [0, q), updated
  std::uint8_t* packed;                 ///< 6 * count bytes out
};

/// psi = centred(message) + t * noise, reduced mod q: what goes into the transform.
struct PhaseLift {
  std::size_t count;
  const std::uint64_t* message;     ///< [0, t)
  const std::int8_t* noise;         ///< |e| <= 21
  std::uint64_t plaintext_modulus;  ///< t < 2^50
  std::uint64_t modulus;            ///< q < 2^50
  std::uint64_t ratio;              ///< floor(2^64 / q)
  std::uint64_t offset;             ///< a multiple of q, at least 22 * t, below 2^62
  std::uint64_t* out;               ///< [0, q)
};

struct Kernels {
  const char* name;
  /// The sum of `count` packed words; count <= kKernelWordsMax.
  std::uint64_t (*sum_u48)(const std::uint8_t* words, std::size_t count);
  /// The sum of products word by word, exact; count <= kKernelWordsMax.
  WideSum (*dot_u48)(const std::uint8_t* a, const std::uint8_t* b, std::size_t count);
  /// `count` packed words, one per 64 bits.
  void (*unpack_u48)(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
  /// out[i * kTileColumns + j] = the sum of products of rows[i] and columns[j], unpacked words
  /// below 2^48; count is a multiple of 8 and at most kKernelWordsMax.
  void (*dot_tile)(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
                   std::size_t count, WideSum* out);
  /// In place; [0, q) in natural order to [0, q) in bit-reversed order.
  void (*ntt_forward)(std::uint64_t* words, const NttPlan& plan);
  /// In place; the reverse.
  void (*ntt_inverse)(std::uint64_t* words, const NttPlan& plan);
  void (*lift_phase)(const PhaseLift& job);
  void (*mask_column)(const MaskColumn& job);
};

namespace portable {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out);
void ntt_forward(std::uint64_t* words, const NttPlan& plan);
void ntt_inverse(std::uint64_t* words, const NttPlan& plan);
void lift_phase(const PhaseLift& job);
void mask_column(const MaskColumn& job);
}  // namespace portable

/// Needs AVX2. The other kernels of its row are the portable ones.
namespace avx2 {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out);
}  // namespace avx2

/// Needs AVX-512 F, BW, DQ, VL, IFMA and VBMI.
namespace avx512ifma {
std::uint64_t sum_u48(const std::uint8_t* words, std::size_t count);
WideSum dot_u48(const std::uint8_t* a, const std::uint8_t* b, std::size_t count);
void unpack_u48(const std::uint8_t* packed, std::uint64_t* words, std::size_t count);
void dot_tile(const std::uint64_t* const* rows, const std::uint64_t* const* columns,
              std::size_t count, WideSum* out);
void ntt_forward(std::uint64_t* words, const NttPlan& plan);
void ntt_inverse(std::uint64_t* words, const NttPlan& plan);
void lift_phase(const PhaseLift& job);
void mask_column(const MaskColumn& job);
}  // namespace avx512ifma

}  // namespace cryptonet::he::arith

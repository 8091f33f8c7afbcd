// SPDX-License-Identifier: Apache-2.0
// The cloud's whole arithmetic: inner products modulo each prime over packed words, in any order,
// and the blinding that hides the noise of the phase from the key holder. No secret of a
// contributor can be named here.
#pragma once

#include <span>

#include "base/secret_memory.h"
#include "columns/format/totals.h"
#include "columns/total/product_plan.h"

namespace cryptonet::columns::total {

/// Sum of all words of the given chunks, mod each prime; with `right`, of the products word by
/// word. left.size() == right.size() when right is not empty; each view has set.packed_bytes()
/// bytes.
format::Residues partial_total(const format::ParameterSet& set,
                               std::span<const base::ByteView> left,
                               std::span<const base::ByteView> right);
/// out[i] = the total of the i-th pair of the plan, all from one reading: chunk by chunk, every
/// column's words are taken while they are in the processor's cache. columns[c] holds the chunks of
/// plan.columns()[c], the same number for each; out.size() == plan.size().
void partial_totals(const format::ParameterSet& set, const ProductPlan& plan,
                    std::span<const std::span<const base::ByteView>> columns,
                    std::span<format::Residues> out);
/// a + b mod each prime: how partial totals merge.
format::Residues merge(const format::ParameterSet& set, const format::Residues& a,
                       const format::Residues& b);

/// Adds N*t*rho, rho uniform in +-floor(q/8t) from BLAKE2b under the cloud's secret over (upload,
/// unit, pair): once per total, after all merging. The same total always gets the same rho.
format::Residues blind(const format::ParameterSet& set, const base::Secret<32>& cloud_secret,
                       const format::UploadId& upload, const format::UnitId& unit,
                       const format::ColumnPair& pair, const format::Residues& total);

}  // namespace cryptonet::columns::total

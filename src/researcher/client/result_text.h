// SPDX-License-Identifier: Apache-2.0
// Answers and lists as text. Tables are for terminals: numbers stand to the right, and control
// characters of hostile labels do not reach the terminal. CSV is RFC 4180 (lines end with CR LF):
// NULL is an empty field, empty text is "", a suppressed cell is <suppressed>, and a text that
// reads <suppressed> is quoted. Pure functions.
#pragma once

#include "api/messages.h"

namespace cryptonet::researcher::client {

/// kBadInput unless every row has a cell for each column and every suppressed cell is there. What
/// follows takes only results that passed.
base::Status check_shape(const api::QueryResult& result);

std::string table_of(const api::QueryResult& result);
/// "12 rows, 2 cells suppressed; flights version 3; 24 pairs in 1 unit, 1.2 GB read; 153 ms"
std::string summary_of(const api::QueryResult& result);
std::string csv_of(const api::QueryResult& result);

std::string table_of(const api::DatasetList& list);
std::string table_of(const api::DatasetDescription& dataset);

/// A real number in the fewest digits that read back as the same number.
std::string real_text(double value);
/// "1.25 GB", in powers of 1000.
std::string bytes_text(std::uint64_t bytes);

/// "a, b, c"
std::string joined(const std::vector<std::string>& words);
/// Rows of cells under a header, aligned. `right[c]`: column c holds numbers.
std::string aligned(const std::vector<std::string>& header, const std::vector<bool>& right,
                    const std::vector<std::vector<std::string>>& rows);

}  // namespace cryptonet::researcher::client

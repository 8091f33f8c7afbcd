// SPDX-License-Identifier: Apache-2.0
// What a benchmark run says: a table for people, cryptonet.bench.v1 for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cryptonet::bench {

struct NanosecondsPerRow {
  double min = 0;
  double median = 0;
  double max = 0;
};

struct Peer {
  std::string name;
  std::string version;
  double ns_per_row = 0;
};

struct JobResult {
  std::string name;
  std::uint64_t rows = 0;
  std::size_t threads = 1;
  std::string kernel;
  std::uint64_t bytes_read = 0;
  std::size_t repeats = 0;
  NanosecondsPerRow ns_per_row;
  double bytes_per_row = 0;
  double memory_read_ns_per_row = 0;  ///< the fastest of the read loops; 0: not measured
  bool verified = false;
  std::vector<Peer> peers;
};

/// The median over the time of reading the same bytes; 0 where nothing was read.
double ratio_to_memory_read(const JobResult& result);
/// The document of --json.
std::string to_json(const std::vector<JobResult>& results);
/// One header line, one line for each result.
std::string to_table(const std::vector<JobResult>& results);

}  // namespace cryptonet::bench

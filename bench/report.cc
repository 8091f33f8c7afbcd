// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <unistd.h>

#include <bit>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "columns/format/parameter_set.h"
#include "he/arith/dispatch.h"

namespace cryptonet::bench {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::uint64_t memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && page > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
             : 0;
}

}  // namespace

double ratio_to_memory_read(const JobResult& result) {
  const double read = result.memory_read_ns_per_row;
  return read == 0 ? 0 : result.ns_per_row.median / read;
}

std::string to_json(const std::vector<JobResult>& results) {
  using nlohmann::json;
  const auto& set = columns::format::wide_set();
  json prime_bits = json::array();
  for (const std::uint64_t prime : set.bgv.ciphertext_moduli()) {
    prime_bits.push_back(std::bit_width(prime));
  }
  json isa = json::array();
  for (const auto* row : he::arith::supported_kernels()) isa.push_back(row->name);
  json document = {{"format", "cryptonet.bench.v1"},
                   {"machine",
                    {{"cpu", processor_name()},
                     {"isa", isa},
                     {"cores", std::thread::hardware_concurrency()},
                     {"ram_bytes", memory_bytes()}}},
                   {"results", json::array()}};
  for (const JobResult& result : results) {
    json peers = json::array();
    for (const Peer& peer : result.peers) {
      peers.push_back({{"name", peer.name},
                       {"version", peer.version},
                       {"ns_per_row", peer.ns_per_row},
                       {"ratio", result.ns_per_row.median / peer.ns_per_row}});
    }
    document["results"].push_back({{"name", result.name},
                                   {"ring_degree", set.ring_degree()},
                                   {"prime_bits", prime_bits},
                                   {"t_bits", std::bit_width(set.bgv.plaintext_modulus())},
                                   {"rows", result.rows},
                                   {"threads", result.threads},
                                   {"kernel", result.kernel},
                                   {"bytes_read", result.bytes_read},
                                   {"repeats", result.repeats},
                                   {"ns_per_row",
                                    {{"min", result.ns_per_row.min},
                                     {"median", result.ns_per_row.median},
                                     {"max", result.ns_per_row.max}}},
                                   {"bytes_per_row", result.bytes_per_row},
                                   {"memory_read_ns_per_row", result.memory_read_ns_per_row},
                                   {"ratio_to_memory_read", ratio_to_memory_read(result)},
                                   {"verified", result.verified},
                                   {"peers", peers}});
  }
  return document.dump(2) + "\n";
}

std::string to_table(const std::vector<JobResult>& results) {
  std::string table;
  char line[256];
  std::snprintf(line, sizeof(line), "%-10s %10s %7s %-11s %10s %10s %10s %9s %6s %10s  %s\n", "job",
                "rows", "threads", "kernel", "min", "median", "max", "bytes", "read", "x read",
                "verified");
  table += line;
  for (const JobResult& result : results) {
    std::snprintf(line, sizeof(line),
                  "%-10s %10llu %7zu %-11s %10.3f %10.3f %10.3f %9.1f %6.2f %10.2f  %s\n",
                  result.name.c_str(), static_cast<unsigned long long>(result.rows), result.threads,
                  result.kernel.c_str(), result.ns_per_row.min, result.ns_per_row.median,
                  result.ns_per_row.max, result.bytes_per_row, result.memory_read_ns_per_row,
                  ratio_to_memory_read(result), result.verified ? "yes" : "NO");
    table += line;
    for (const Peer& peer : result.peers) {
      std::snprintf(line, sizeof(line), "  %-52s %10.3f  ratio %.1f\n",
                    (peer.name + " (" + peer.version + ")").c_str(), peer.ns_per_row,
                    result.ns_per_row.median / peer.ns_per_row);
      table += line;
    }
  }
  return table +
         "ns and bytes per row; read: the fastest loop over the same bytes in the same run, and "
         "how "
         "many times that the median takes\n";
}

}  // namespace cryptonet::bench

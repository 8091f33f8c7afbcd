// SPDX-License-Identifier: Apache-2.0
// cryptonet-bench: times the engine's jobs on this machine and verifies each. Exit code 1 when a
// result is wrong.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <regex>

#include "bench/jobs.h"

int main(int count, char** arguments) {
  using namespace cryptonet::bench;
  CLI::App app{
      "Times encrypt, sum, dot, group10, cov20, unseal, open_first, open_group10, open_cov20 and "
      "open, and verifies each"};
  BenchOptions options;
  std::string json_file;
  std::string only;
  app.add_option("--rows", options.rows, "rows of the table")->check(CLI::Range(1, 1 << 28));
  app.add_option("--threads", options.threads, "threads")->check(CLI::Range(1, 256));
  app.add_option("--json", json_file, "write cryptonet.bench.v1 to this file");
  app.add_option("--export", options.export_file,
                 "write x, y and group of each row to this file, int64, for peers");
  app.add_option("--only", only, "jobs whose name matches this regular expression");
  app.footer("Example: cryptonet-bench --rows 1000000 --threads 2 --only 'sum|dot'");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::regex pattern;
  try {
    pattern = std::regex(only.empty() ? ".*" : only);
  } catch (const std::regex_error&) {
    std::fprintf(stderr, "cryptonet-bench: USAGE: --only is not a regular expression\n");
    return 2;
  }
  options.wanted = [&](const std::string& name) { return std::regex_search(name, pattern); };
  const auto results = run_jobs(options);
  if (!results.has_value()) {
    std::fprintf(stderr, "cryptonet-bench: LOCAL_IO: cannot write %s\n",
                 options.export_file.c_str());
    return 7;
  }
  std::fputs(to_table(*results).c_str(), stdout);
  if (!json_file.empty()) {
    std::ofstream file(json_file);
    file << to_json(*results);
    file.close();
    if (!file) {
      std::fprintf(stderr, "cryptonet-bench: LOCAL_IO: cannot write %s\n", json_file.c_str());
      return 7;
    }
  }
  const bool verified = std::all_of(results->begin(), results->end(),
                                    [](const JobResult& result) { return result.verified; });
  return verified ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// Appends to an audit log from several threads until it is killed, and says on stdout what was
// acknowledged: one number a line, written at once. A program of its own, because it is started
// hundreds of times.
//
//   audit_writer FOLDER FIRST COUNT   records the numbers FIRST to FIRST + COUNT - 1
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "gatekeeper/audit/log.h"

namespace {

using namespace cryptonet;
namespace log = gatekeeper::audit;

constexpr std::uint64_t kThreads = 4;

[[noreturn]] void fail(const base::Error& error) {
  std::fprintf(stderr, "%s\n", base::describe(error).c_str());
  std::exit(static_cast<int>(error.code));
}

void say(std::uint64_t number) {
  const std::string line = std::to_string(number) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const std::filesystem::path folder(words[1]);
  const std::uint64_t first = std::stoull(words[2]);
  const std::uint64_t end = first + std::stoull(words[3]);
  const auto path = folder / "state.db";
  auto database = std::filesystem::exists(path) ? gatekeeper::state::Database::open(path)
                                                : gatekeeper::state::Database::create(path);
  if (!database.ok()) fail(database.error());
  base::start_sodium();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("audit_writer"));
  const base::Secret<32> key;
  log::Log journal({.folder = folder / "audit", .segment_bytes = 2048}, **database);
  if (const auto opened = journal.open(key); !opened.ok()) fail(opened.error());
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&journal, first, end, thread] {
      for (std::uint64_t number = first + thread; number < end; number += kThreads) {
        log::Event event(log::Kind::kRelease);
        const auto recorded = journal.record(event.count("number", number));
        if (!recorded.ok()) fail(recorded.error());
        say(number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// cryptonet-cloud: keeps ciphertexts and computes totals of them; holds no key of anybody's data.
// Standard output says READY and the address; logs go to standard error. The exit status is the
// code of the error (base/result.h), 0 after SIGTERM or SIGINT.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include "base/private_process.h"
#include "base/secret_memory.h"
#include "base/stop.h"
#include "cloud/serve/serve.h"
#include "serving_flags.h"

namespace cryptonet {
namespace {

using base::Error;
using base::ErrorCode;
using base::Status;

constexpr const char* kVersion = "cryptonet-cloud " CRYPTONET_VERSION;
constexpr const char* kExamples =
    "Examples:\n"
    "  cryptonet-cloud serve --home /srv/cloud --listen 127.0.0.1:4444 --enrol enrol-cloud\n"
    "  cryptonet-cloud serve --home D --listen 0.0.0.0:0 --enrol F --threads 8 --quiet\n\n"
    "The enrolment file comes from the gatekeeper (cryptonet-gatekeeper init makes enrol-cloud).\n"
    "When it can answer, it prints READY and its address. SIGTERM and Ctrl-C end it with 0.\n"
    "Exit: 2 usage, 3 bad input, 4 the home is in use, 5 damaged home, 7 disk or address.";

struct Options {
  cloud::serve::ServeOptions serve;
  bool quiet = false;
};

int fail(const Error& error) {
  std::fprintf(stderr, "cryptonet: %s: %s\n", std::string(base::code_name(error.code)).c_str(),
               base::describe(error).c_str());
  return static_cast<int>(error.code);
}

int serve(Options& options) {
  base::watch_stop_signals();
  base::let_work_finish();
  options.serve.log = spdlog::stderr_color_mt("cloud");
  options.serve.log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  if (options.quiet) options.serve.log->set_level(spdlog::level::warn);
  options.serve.on_ready = [](const std::string& url) {
    std::printf("READY %s\n", url.c_str());
    std::fflush(stdout);
  };
  const Status status = cloud::serve::serve(options.serve);
  return status.ok() ? 0 : fail(status.error());
}

int run(int argc, char** argv) {
  base::keep_memory_private();
  base::start_sodium();
  Options options;
  options.serve.version = CRYPTONET_VERSION;
  options.serve.threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App program("The cloud's side of Cryptonet: stores ciphertext and totals it, without a key.",
                   "cryptonet-cloud");
  program.set_version_flag("--version", kVersion);
  program.require_subcommand(1);
  program.footer(kExamples);
  CLI::App* command = program.add_subcommand("serve", "Serve a home until told to stop");
  command->add_option("--home", options.serve.home, "folder of the cloud; made when missing")
      ->required();
  command->add_option("--listen", options.serve.listen, "numeric address and port; port 0: any")
      ->required();
  command->add_option("--enrol", options.serve.enrolment, "the cloud's enrolment file")->required();
  command->add_option("--threads", options.serve.threads, "threads that compute; default: all")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--keep-totals", options.serve.totals_kept,
                   "answered totals to keep in memory, about 100 bytes each; 0: compute each anew; "
                   "default: 1048576")
      ->check(CLI::Range(0, 1 << 30));
  apps::add_serving_flags(*command, options.serve.serving);
  command->add_flag("--quiet", options.quiet, "log warnings and errors only");
  command->set_version_flag("--version", kVersion);
  command->footer(kExamples);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return program.exit(help);
  } catch (const CLI::Error& wrong) {
    return fail(Error(ErrorCode::kUsage, "usage", wrong.what(), "see cryptonet-cloud --help"));
  }
  return serve(options);
}

}  // namespace
}  // namespace cryptonet

int main(int argc, char** argv) { return cryptonet::run(argc, argv); }

// SPDX-License-Identifier: Apache-2.0
// cryptonet audit: reads the gatekeeper's log and verifies it here, so that the gatekeeper need not
// be trusted with the verdict.
#include <nlohmann/json.hpp>
#include <thread>

#include "api/call.h"
#include "api/routes.h"
#include "audit/exported.h"
#include "base/file_system.h"
#include "base/stop.h"
#include "commands.h"

namespace cryptonet::app {
namespace {
namespace log = cryptonet::audit;
namespace routes = api::gatekeeper;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::uint64_t kMaxHeadFileBytes = std::uint64_t{4} << 30;
constexpr std::chrono::seconds kFollowPeriod{1};

struct Flags {
  std::string file;
  std::string head;
  std::string key;
  std::string out;
  std::uint64_t count = 20;
  bool follow = false;
  std::string format;
};

/// The log at the gatekeeper, page by page.
class Remote {
 public:
  static Result<Remote> open(const Session& session) {
    CN_ASSIGN(const auto home, open_home(session));
    CN_ASSIGN(auto gatekeeper, home.gatekeeper());
    return Remote(std::move(gatekeeper));
  }

  /// What the gatekeeper signs now.
  Result<log::Head> head() {
    CN_ASSIGN(const auto reply, api::call<api::AuditHead>(*gatekeeper_, routes::kGetAuditHead, {}));
    auto head = log::parse_head(reply.head);
    if (!head.ok()) return api::strange_reply(head.error());
    return head;
  }

  /// Calls `take` for the lines from `first` to `last`, as many as there are.
  template <typename Take>
  Status lines(std::uint64_t first, std::uint64_t last, Take take) {
    while (first <= last) {
      CN_RETURN_IF_ERROR(base::check_stop());
      CN_ASSIGN(const auto page, api::call<api::AuditPage>(*gatekeeper_, routes::kReadAudit,
                                                           {std::to_string(first)}));
      for (const std::string& line : page.records) {
        if (first++ > last) break;
        CN_RETURN_IF_ERROR(take(line));
      }
      if (page.records.empty()) break;
    }
    return base::ok();
  }

 private:
  explicit Remote(std::unique_ptr<net::HttpClient> gatekeeper)
      : gatekeeper_(std::move(gatekeeper)) {}
  std::unique_ptr<net::HttpClient> gatekeeper_;
};

Result<log::Known> known_of(const Flags& flags) {
  log::Known known;
  if (!flags.key.empty() && !base::from_hex(flags.key, known.key.emplace())) {
    return Error(ErrorCode::kUsage, "audit.key_text", "a key has 64 lower-case hexadecimal digits",
                 "`audit verify` prints it");
  }
  if (flags.head.empty()) return known;
  CN_ASSIGN(const base::Bytes bytes, base::read_file(flags.head, kMaxHeadFileBytes));
  auto head = log::head_of_text(base::text_of(bytes));
  if (!head.ok()) return std::move(head.take_error()).at(flags.head);
  known.heads.push_back({std::move(*head), flags.head});
  return known;
}

Status say(const log::Checked& checked, const std::string& format) {
  CN_RETURN_IF_ERROR(
      print(format == "json" ? log::report_json(checked) + "\n" : log::report_text(checked)));
  return log::verdict(checked);
}

/// Reads all of it; `take` sees every line before it is judged.
template <typename Take>
Result<log::Checked> check_remote(Remote& remote, const log::Known& known, Take take) {
  CN_ASSIGN(const log::Head head, remote.head());
  log::Verifier verifier;
  verifier.expect(head, "the head that the gatekeeper gave");
  for (const log::KnownHead& other : known.heads) verifier.expect(other.head, other.source);
  CN_RETURN_IF_ERROR(remote.lines(1, head.sequence, [&](const std::string& line) -> Status {
    verifier.line(line);
    return take(line);
  }));
  compare_keys(verifier, head, known);
  log::Checked checked;
  checked.compared = known.anything();
  checked.head = head;
  checked.report = std::move(verifier).finish();
  return checked;
}

Status verify(const Session& session, const Flags& flags) {
  CN_ASSIGN(const auto known, known_of(flags));
  if (!flags.file.empty()) {
    CN_ASSIGN(const auto file, base::MappedFile::open(flags.file));
    return say(log::verify_exported(base::text_of(file.bytes()), flags.file, known), flags.format);
  }
  CN_ASSIGN(auto remote, Remote::open(session));
  CN_ASSIGN(const auto checked,
            check_remote(remote, known, [](const std::string&) { return base::ok(); }));
  return say(checked, flags.format);
}

Status write_export(Remote& remote, base::WritableFile& file, log::Checked& checked) {
  CN_ASSIGN(checked, check_remote(remote, {}, [&](const std::string& line) {
              return file.append(base::view_of(line + "\n"));
            }));
  CN_RETURN_IF_ERROR(file.append(base::view_of(log::write_head(*checked.head) + "\n")));
  return file.sync();
}

Status export_log(const Session& session, const Flags& flags) {
  CN_ASSIGN(auto remote, Remote::open(session));
  base::FileSystem& files = base::real_file_system();
  CN_ASSIGN(const auto file, files.open_append(flags.out, 0600, true));
  log::Checked checked;
  if (Status written = write_export(remote, *file, checked); !written.ok()) {
    static_cast<void>(files.remove_tree(flags.out).ok());
    return written;
  }
  return say(checked, flags.format);
}

std::string line_for_people(const std::string& line) {
  const auto parsed = log::parse_record(line);
  if (!parsed.ok()) return "CHANGED  " + line;
  const log::Record& record = parsed->record;
  std::string text = std::to_string(record.sequence) + "  " + record.time + "  " + record.kind +
                     "  " + record.outcome;
  if (!record.rule.empty()) text += " (" + record.rule + ")";
  text += "  " + record.person.value_or("-") + " on " + record.machine.value_or("-");
  if (record.address.has_value()) text += " at " + *record.address;
  for (const auto& [name, value] : record.details) text += "  " + name + "=" + value;
  return text;
}

Status tail(const Session& session, const Flags& flags) {
  CN_ASSIGN(auto remote, Remote::open(session));
  CN_ASSIGN(log::Head head, remote.head());
  std::uint64_t next = head.sequence < flags.count ? 1 : head.sequence - flags.count + 1;
  while (true) {
    CN_RETURN_IF_ERROR(remote.lines(next, head.sequence, [&](const std::string& line) {
      return print((flags.format == "json" ? line : line_for_people(line)) + "\n");
    }));
    next = head.sequence + 1;
    if (!flags.follow) return base::ok();
    std::this_thread::sleep_for(kFollowPeriod);
    CN_RETURN_IF_ERROR(base::check_stop());
    CN_ASSIGN(head, remote.head());
  }
}

void add_verify(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("verify", "find whatever was done to the log");
  auto flags = std::make_shared<Flags>();
  command.add_option("FILE", flags->file, "an export; without one the gatekeeper is asked");
  command.add_option("--head", flags->head, "an earlier export, or the last line of one")
      ->type_name("FILE");
  command.add_option("--key", flags->key, "the log's signing key, from elsewhere")
      ->type_name("HEX");
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(command, session,
                 "  cryptonet audit verify\n"
                 "  cryptonet audit verify log.jsonl --head last-month.jsonl",
                 [&session, flags]() { return verify(session, *flags); });
}

void add_export(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("export", "write the whole log to a file, and verify it");
  auto flags = std::make_shared<Flags>();
  command.add_option("--out", flags->out, "the file to make")->required()->type_name("FILE");
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(command, session, "  cryptonet audit export --out log.jsonl",
                 [&session, flags]() { return export_log(session, *flags); });
}

void add_tail(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("tail", "show the last records");
  auto flags = std::make_shared<Flags>();
  command.add_option("-n", flags->count, "how many")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1000000}));
  command.add_flag("--follow", flags->follow, "go on with those that come");
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(command, session, "  cryptonet audit tail -n 50 --follow",
                 [&session, flags]() { return tail(session, *flags); });
}

}  // namespace

void add_audit(CLI::App& app, Session& session) {
  auto& audit = *app.add_subcommand("audit", "the gatekeeper's audit log, for auditors");
  audit.require_subcommand(1);
  add_verify(audit, session);
  add_export(audit, session);
  add_tail(audit, session);
}

}  // namespace cryptonet::app

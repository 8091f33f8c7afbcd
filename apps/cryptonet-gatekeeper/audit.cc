// SPDX-License-Identifier: Apache-2.0
// Verifying the audit log where it lies: without a key, also while the gatekeeper serves or is
// sealed.
#include <filesystem>
#include <memory>

#include "base/file_system.h"
#include "commands.h"
#include "gatekeeper/audit/folder.h"
#include "gatekeeper/state/audit_heads.h"

namespace cryptonet::gatekeeper::app {
namespace {
namespace log = cryptonet::audit;
using base::Status;

constexpr std::uint64_t kMaxHeadFileBytes = std::uint64_t{4} << 30;

Status verify(const Session& session, const std::string& kept_file) {
  const std::filesystem::path home(session.home);
  log::Known known;
  CN_ASSIGN(const auto database, state::Database::open(home / "state.db"));
  CN_ASSIGN(const auto in_state, state::AuditHeads(*database).find());
  if (in_state.has_value()) {
    CN_ASSIGN(log::Head head, log::parse_head(*in_state));
    known.heads.push_back({std::move(head), "the head in state.db"});
  }
  if (!kept_file.empty()) {
    CN_ASSIGN(const base::Bytes bytes, base::read_file(kept_file, kMaxHeadFileBytes));
    auto head = log::head_of_text(base::text_of(bytes));
    if (!head.ok()) return std::move(head.take_error()).at(kept_file);
    known.heads.push_back({std::move(*head), kept_file});
  }
  CN_ASSIGN(auto checked, audit::verify_folder(home / "audit", known));
  checked.compared = !kept_file.empty();  // state.db lies beside the log
  std::string text = log::report_text(checked);
  text.pop_back();
  report(session, text, log::report_json(checked));
  return log::verdict(checked);
}
}  // namespace

void add_audit(CLI::App& app, Session& session) {
  CLI::App* audit = app.add_subcommand("audit", "Look after the audit log");
  audit->require_subcommand(1);
  const auto head = std::make_shared<std::string>();  // shared: the callback may be copied
  CLI::App* command = add_command(
      *audit, session, "verify", "Find whatever was done to the audit log",
      "Examples:\n"
      "  cryptonet-gatekeeper audit verify --home D\n"
      "  cryptonet-gatekeeper audit verify --home D --head /media/kept/last-export\n\n"
      "Exit 5 when a record was changed, dropped, put in or moved, or the end cut off.\n"
      "A home that was rewound as a whole is told by a head that was kept elsewhere.");
  command->add_option("--head", *head, "an earlier export of this log, or its last line");
  command->callback(
      [&session, head]() { session.run = [&session, head]() { return verify(session, *head); }; });
}

}  // namespace cryptonet::gatekeeper::app

// SPDX-License-Identifier: Apache-2.0
// cryptonet query: a question, from the line, a file or stdin.
#include <unistd.h>

#include <cerrno>

#include "base/file_system.h"
#include "base/stop.h"
#include "commands.h"
#include "researcher/client/client.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

namespace client = researcher::client;

constexpr std::size_t kMaxSqlBytes = 65536;

struct Flags {
  std::string sql;
  std::string file;
  std::string format;
  bool explain = false;
  bool no_cache = false;
};

base::Error too_long() {
  return {base::ErrorCode::kBadInput, "query.length",
          "the question is longer than " + std::to_string(kMaxSqlBytes) + " bytes",
          "ask a shorter one"};
}

base::Result<std::string> read_stdin() {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) {
      CN_RETURN_IF_ERROR(base::check_stop());
      continue;
    }
    if (count < 0) return base::local_io_error("read", "(stdin)", errno);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxSqlBytes) return too_long();
  }
}

base::Result<std::string> question_of(const Flags& flags) {
  std::string sql = flags.sql;
  if (!flags.file.empty()) {
    CN_ASSIGN(const base::Bytes bytes, base::read_file(flags.file, kMaxSqlBytes));
    sql = base::text_of(bytes);
  } else if (sql == "-") {
    CN_ASSIGN(sql, read_stdin());
  }
  if (sql.size() > kMaxSqlBytes) return too_long();
  if (sql.find_first_not_of(" \t\r\n") == std::string::npos) {
    return base::Error(base::ErrorCode::kUsage, "query.empty", "there is no question",
                       "cryptonet query \"SELECT COUNT(*) FROM dataset\"")
        .at(flags.file);
  }
  return sql;
}

/// The place of an error in a question is a place in the file that holds it.
base::Error placed(base::Error error, const Flags& flags) {
  if (error.file.empty() && error.line > 0) error.file = flags.file;
  return error;
}

base::Status explain(net::HttpClient& gatekeeper, const std::string& sql, const Flags& flags) {
  CN_ASSIGN(const auto reply, client::explain(gatekeeper, sql));
  if (flags.format == "json") return print(reply.text + "\n");
  const auto& text = reply.message.text;
  return print(text.ends_with('\n') ? text : text + "\n");
}

base::Status ask(const Session& session, net::HttpClient& gatekeeper, const std::string& sql,
                 const Flags& flags) {
  CN_ASSIGN(const auto reply, client::ask(gatekeeper, sql, !flags.no_cache));
  if (flags.format == "json") return print(reply.text + "\n");
  if (flags.format == "csv") return print(client::csv_of(reply.message));
  CN_RETURN_IF_ERROR(print(client::table_of(reply.message)));
  note(session, client::summary_of(reply.message));
  return base::ok();
}

base::Status run(const Session& session, const Flags& flags) {
  if (flags.sql.empty() == flags.file.empty()) {
    return base::Error(base::ErrorCode::kUsage, "query.source",
                       "give the question once: as an argument, with --file, or - for stdin",
                       "cryptonet query --help");
  }
  if (flags.explain && flags.format == "csv") {
    return base::Error(base::ErrorCode::kUsage, "query.format", "--explain has no CSV",
                       "use --format table or json");
  }
  CN_ASSIGN(const std::string sql, question_of(flags));
  CN_ASSIGN(const auto home, open_home(session));
  CN_RETURN_IF_ERROR(home.require_role(net::PeerRole::kResearcher, "query"));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  auto status =
      flags.explain ? explain(*gatekeeper, sql, flags) : ask(session, *gatekeeper, sql, flags);
  if (!status.ok()) return placed(status.take_error(), flags);
  return base::ok();
}

}  // namespace

void add_query(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("query", "ask in SQL; the answer is exact and checked");
  auto flags = std::make_shared<Flags>();
  command.add_option("SQL", flags->sql, "the question, or - to read it from stdin");
  command.add_option("--file", flags->file, "read the question from a file")->type_name("FILE");
  add_format(command, session, flags->format, {"table", "csv", "json"});
  command.add_flag("--explain", flags->explain, "say how it would be answered, and what it costs");
  command.add_flag("--no-cache", flags->no_cache, "compute again what was answered before");
  finish_command(
      command, session,
      "  cryptonet query \"SELECT origin, COUNT(*), AVG(delay) FROM flights GROUP BY origin\"\n"
      "  cryptonet query --file question.sql --format csv > answer.csv\n"
      "  echo \"SELECT VAR_SAMP(delay) FROM flights\" | cryptonet query - --explain",
      [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app

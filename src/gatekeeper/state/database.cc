// SPDX-License-Identifier: Apache-2.0
// SQLite behind Result. Messages of SQLite name tables and reasons, never bound values, so they may
// be passed on.
#include "gatekeeper/state/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_system.h"
#include "gatekeeper/state/migrations.h"

namespace cryptonet::gatekeeper::state {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr int kBusyTimeoutMs = 10'000;

Error database_error(sqlite3* connection, int code) {
  const std::string reason =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(ErrorCode::kIntegrity, "state.damaged",
                   "the gatekeeper's state file is damaged: " + reason,
                   "restore state.db from a backup together with the uploads folder");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorCode::kLocalIo, "state.busy",
                   "the gatekeeper's state file stayed locked by another process for 10 s",
                   "end the other process and try again");
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Error(ErrorCode::kLocalIo, "state.disk",
                   "the gatekeeper's state file cannot be used: " + reason,
                   "check space and permissions of the home folder");
    default:
      return Error(ErrorCode::kInternal, "state.sql", "the state file refused a step: " + reason);
  }
}
}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_parameter_(other.next_parameter_),
      bind_result_(other.bind_result_) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::int64_t value) {
  bind_result_ |= sqlite3_bind_int64(statement_, next_parameter_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  bind_result_ |= sqlite3_bind_text64(statement_, next_parameter_++, text.data(), text.size(),
                                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(base::ByteView bytes) {
  // A null pointer would bind NULL; an empty blob is a value.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  bind_result_ |=
      sqlite3_bind_blob64(statement_, next_parameter_++, data, bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  bind_result_ |= sqlite3_bind_null(statement_, next_parameter_++);
  return *this;
}

Result<bool> Statement::step() {
  CHECK(bind_result_ == SQLITE_OK);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_error(connection_, code);
}

Status Statement::run() {
  CN_ASSIGN(const bool row, step());
  CHECK(!row);
  return base::ok();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

base::Bytes Statement::bytes(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? base::Bytes() : base::Bytes(data, data + size);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Statement::is_integer(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}

bool Statement::is_text(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_TEXT;
}

int Statement::columns() const { return sqlite3_column_count(statement_); }

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(connection_);
}

Result<Statement> Connection::prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code =
        sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return database_error(connection_, code);
  }
  return Statement(connection_, statement);
}

Status Connection::run_script(const char* script) {
  while (*script != '\0') {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(connection_, script, -1, &statement, &script);
    if (code != SQLITE_OK) return database_error(connection_, code);
    if (statement == nullptr) break;  // only white space was left
    do {
      code = sqlite3_step(statement);
    } while (code == SQLITE_ROW);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) return database_error(connection_, code);
  }
  return base::ok();
}

std::int64_t Connection::changes() const { return sqlite3_changes64(connection_); }

void Connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(connection_) == 0) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<std::unique_ptr<Database>> Database::connect(const std::filesystem::path& path, int flags) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  if (code != SQLITE_OK) return database_error(connection, code);
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  CN_RETURN_IF_ERROR(database->connection_.run_script(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;"));
  CN_RETURN_IF_ERROR(database->migrate());
  return database;
}

Result<std::unique_ptr<Database>> Database::create(const std::filesystem::path& path) {
  // SQLite makes its side files with the mode of the main file.
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return base::local_io_error("make the state file", path, errno);
  ::close(file);
  return connect(path, SQLITE_OPEN_READWRITE);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path) {
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) {
    return base::local_io_error("open the state file", path, missing ? missing.value() : ENOENT);
  }
  return connect(path, SQLITE_OPEN_READWRITE);
}

Status Database::copy_to(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return base::local_io_error("make the copy of the state", path, errno);
  ::close(file);
  const std::lock_guard lock(mutex_);
  CN_ASSIGN(Statement statement, connection_.prepare("VACUUM INTO ?"));
  return statement.bind(path.string()).run();  // takes an empty file for a new one
}

Status Database::empty_log() {
  const std::lock_guard lock(mutex_);
  return connection_.run_script("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status Database::migrate() {
  return write([](Connection& connection) -> Status {
    std::int64_t version = 0;
    {
      CN_ASSIGN(Statement statement, connection.prepare("PRAGMA user_version"));
      CN_ASSIGN(const bool row, statement.step());
      CHECK(row);
      version = statement.integer(0);
    }
    const auto scripts = migrations();
    if (version < 0 || static_cast<std::size_t>(version) > scripts.size()) {
      return Error(ErrorCode::kBadInput, "state.newer",
                   "the state file has version " + std::to_string(version) +
                       ", this program knows versions up to " + std::to_string(scripts.size()),
                   "use the newer program");
    }
    for (auto next = static_cast<std::size_t>(version); next < scripts.size(); ++next) {
      CN_RETURN_IF_ERROR(connection.run_script(scripts[next]));
    }
    return base::ok();
  });
}

}  // namespace cryptonet::gatekeeper::state

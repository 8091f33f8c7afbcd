// SPDX-License-Identifier: Apache-2.0
// The adapter to SQLite: one connection behind a mutex, prepared statements only, write-ahead log
// with a full sync at every commit, foreign keys on. Everything that the gatekeeper must remember
// over a crash goes through write(), which commits before it returns. Other processes (enrol,
// revoke, unfreeze) open the same file; a writer waits for the other up to ten seconds. Errors:
// kLocalIo for the disk, kIntegrity for a damaged file, kBadInput for a file of a newer program.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cryptonet::gatekeeper::state {

/// A prepared statement in use: bind, step, read. Gives itself back, reset, when it ends.
class Statement {
 public:
  explicit Statement(sqlite3* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// The next parameter, in order of the statement's question marks.
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(base::ByteView bytes);
  Statement& bind_null();
  /// True: a row is there. False: the statement is done.
  base::Result<bool> step();
  /// Runs a statement that gives no rows.
  base::Status run();

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  base::Bytes bytes(int column) const;
  bool is_null(int column) const;
  bool is_integer(int column) const;
  bool is_text(int column) const;
  int columns() const;

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
  int next_parameter_ = 1;
  int bind_result_ = 0;
};

/// The open connection, as a transaction sees it.
class Connection {
 public:
  explicit Connection(sqlite3* connection) : connection_(connection) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();
  /// Prepares once per text and keeps the statement. `sql` is a literal of the program.
  base::Result<Statement> prepare(const char* sql);
  /// Runs the statements of a script of ours, one after the other.
  base::Status run_script(const char* script);
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  /// Ends a transaction that is open, undone; without one it does nothing. Needs no memory of ours.
  void roll_back() noexcept;

 private:
  sqlite3* connection_;
  std::map<const char*, sqlite3_stmt*> statements_;
};

class Database {
 public:
  /// Makes the file (it must not exist, mode 0600) or opens it, and brings its tables up to date.
  static base::Result<std::unique_ptr<Database>> create(const std::filesystem::path& path);
  static base::Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);

  /// A whole copy of the last commit, into a new file of mode 0600, while others read and write.
  base::Status copy_to(const std::filesystem::path& path);
  /// Empties the write-ahead log, in which what was overwritten may still stand.
  base::Status empty_log();

  /// Runs `body(Connection&)` in a transaction; its error rolls back, and so does what it throws
  /// (no memory). For write() the commit is on disk when it returns. The body must not call back
  /// into the database.
  template <typename Body>
  auto read(Body body) -> decltype(body(std::declval<Connection&>())) {
    return within("BEGIN DEFERRED", body);
  }
  template <typename Body>
  auto write(Body body) -> decltype(body(std::declval<Connection&>())) {
    return within("BEGIN IMMEDIATE", body);
  }

 private:
  /// Rolls back what was not committed, however it ends.
  class Ending {
   public:
    explicit Ending(Connection& connection) : connection_(connection) {}
    ~Ending() { connection_.roll_back(); }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    Connection& connection_;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  static base::Result<std::unique_ptr<Database>> connect(const std::filesystem::path& path,
                                                         int flags);
  base::Status migrate();

  template <typename Body>
  auto within(const char* begin, Body& body) -> decltype(body(std::declval<Connection&>())) {
    const std::lock_guard lock(mutex_);
    connection_.roll_back();  // what a roll-back without memory may have left
    CN_RETURN_IF_ERROR(connection_.run_script(begin));
    const Ending ending(connection_);
    auto result = body(connection_);
    if (!result.ok()) return result;
    if (auto committed = connection_.run_script("COMMIT"); !committed.ok()) {
      return committed.take_error();
    }
    return result;
  }

  std::mutex mutex_;
  Connection connection_;
};

}  // namespace cryptonet::gatekeeper::state

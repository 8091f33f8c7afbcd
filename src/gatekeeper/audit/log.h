// SPDX-License-Identifier: Apache-2.0
// The audit log of this gatekeeper: records are appended to segments in the folder audit/ of the
// home, each chained to the one before it, and acknowledged when they are durable and a signed head
// over them is durable too (docs/formats/audit.md). Whoever is told that a record could not be
// written releases nothing. What a crash leaves behind the newest head was never acknowledged; all
// that stands before it must be unharmed, or the log does not open.
//
// Any thread, and several processes: many records that wait together take one turn at the disk. A
// write that fails is cut off again; until that works every record is refused.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "gatekeeper/audit/event.h"
#include "gatekeeper/audit/head_slots.h"
#include "gatekeeper/audit/tail.h"
#include "gatekeeper/state/audit_heads.h"

namespace cryptonet::gatekeeper::audit {

struct LogOptions {
  std::filesystem::path folder;
  LogDisk* disk = &real_log_disk();
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
  std::uint64_t segment_bytes = std::uint64_t{8} << 20;
  std::chrono::milliseconds patience{10'000};  ///< for another process that writes
};

/// Lines of the log, acknowledged ones only.
struct Page {
  std::vector<std::string> lines;
  std::uint64_t next = 0;  ///< sequence of the record after them
};

/// The label of the key that a home derives for its log.
inline constexpr std::string_view kKeyLabel = "cryptonet gatekeeper audit v1";

class Log {
 public:
  /// A closed one, which refuses every record. `database` must outlive it.
  Log(LogOptions options, state::Database& database);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Makes the folder when neither it nor a head of it in the state is there. kIntegrity, naming
  /// the place, when what was acknowledged does not stand there any more; the log stays closed
  /// then. `key` is the home's, of kKeyLabel.
  base::Status open(const base::Secret<32>& key);
  /// Wipes the keys, once those that record now are done.
  void close();

  /// Durable when it returns. kLocalIo when that cannot be: then nothing may be released.
  base::Status record(Event event);
  /// All of them, one after the other, or none.
  base::Status record(std::vector<Event> events);
  /// For what is refused or has happened already, where a full disk changes nothing any more: a
  /// failure is said in the program's own log, and keep_head() records how many there were. While
  /// the log is closed, the first of them wait in the state until it opens.
  void note(Event event);

  /// Durable when it returns, also while the log is closed: then in the state, from where it goes
  /// into the log when that opens, or within a minute of the program that has it open.
  base::Status record_soon(Event event);

  /// For a change of the state that is about to be made: `intent` is durable in the state when it
  /// returns, and goes into the log unless settle() is told what came of it. So a change that a
  /// crash or a full disk left without a record is known all the same.
  base::Result<std::int64_t> announce(Event intent);
  /// What came of it, durable when it returns; nothing: it was not made after all.
  base::Status settle(std::int64_t announced, std::optional<Event> made);

  /// A head over all that was acknowledged, signed now.
  base::Result<Head> head();
  /// The newest head goes into the state when that has an older one, and what waits in the state
  /// into the log. After a failure it tries whether the log can be written again. For whoever looks
  /// after the program, every so often.
  base::Status keep_head();
  /// Not while the last record could not be written.
  bool works() const { return !failing_; }
  /// Lines from `first` on: at most `max_lines`, and no further line after `max_bytes`.
  base::Result<Page> read(std::uint64_t first, std::size_t max_lines, std::size_t max_bytes);
  Fingerprint fingerprint(Word what, base::ByteView text) const;

 private:
  struct Waiter;
  struct Keys {
    cryptonet::audit::HeadSigner signer;
    base::Secret<32> fingerprints;
  };
  std::shared_lock<std::shared_mutex> enter() const;
  // Of whoever holds life_.
  base::Status record_open(std::vector<Event> events);
  base::Status record_open(Event event);
  base::Status add_pending(Event event);
  void close_open();
  Head sign(const Tail& tail) const;
  base::Status take_pending();
  base::Status tell_lost();
  base::Status keep_newest();
  std::vector<Waiter*> take_batch();
  base::Status write(const std::vector<Waiter*>& batch);
  base::Status append(const std::string& lines, const Tail& next);
  base::Status put_back();
  base::Result<bool> moved();
  base::Status load();
  base::Result<std::vector<KnownHead>> known_heads();
  base::Status next_segment();
  void acknowledge(const Tail& tail);
  std::string now_text() const;

  LogOptions options_;
  state::AuditHeads state_heads_;

  /// Shared by all that use the log, one's own while it opens or closes. Whoever opens or closes
  /// holds the turnstile while waiting for it, or a crowd that records would keep the keys here.
  mutable std::mutex turnstile_;
  mutable std::shared_mutex life_;
  std::optional<Keys> keys_;  ///< nothing while it is closed
  bool is_open_ = false;

  mutable std::mutex mutex_;
  std::atomic<bool> failing_ = false;
  std::size_t waiting_ = 0;  ///< notes in the state since it was closed
  std::uint64_t lost_ = 0;   ///< notes that no record tells of
  std::deque<Waiter*> queue_;
  bool writing_ = false;             ///< somebody leads a batch
  Tail acknowledged_;                ///< under mutex_
  std::uint64_t kept_in_state_ = 0;  ///< under mutex_
  std::mutex state_mutex_;           ///< one keeps a head at a time
  std::mutex pending_mutex_;
  std::set<std::int64_t> announced_;  ///< in the state, not settled yet

  // Of whoever leads.
  std::optional<HeadSlots> slots_;
  std::unique_ptr<LogFile> segment_;
  std::optional<Tail> tail_;  ///< nothing: what is on disk must be read first
};

}  // namespace cryptonet::gatekeeper::audit

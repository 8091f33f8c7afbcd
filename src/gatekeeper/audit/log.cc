// SPDX-License-Identifier: Apache-2.0
// A batch: records, fsync, head, fsync, and only then does anybody who waits go on. A head that is
// on disk is never ahead of the records, also when a step fails: the head is put back first, then
// the records are cut off.
#include "gatekeeper/audit/log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>

#include "base/file_system.h"
#include "base/hash.h"
#include "gatekeeper/keys/sealed_bytes.h"

namespace cryptonet::gatekeeper::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::size_t kMaxBatch = 4096;
constexpr std::size_t kMostWaiting = 256;
/// The state hears of a new head after so many records, and when the server asks for it.
constexpr std::uint64_t kRecordsPerStateHead = 256;

/// What the one who asked is told; the place is in the program's own log.
Error unwritable(const Error& why) {
  spdlog::critical("nothing can be recorded: {}", base::describe(why));
  if (why.code != ErrorCode::kLocalIo) return why;
  return Error(ErrorCode::kLocalIo, why.rule == "disk" ? "audit.disk" : why.rule,
               "the audit log cannot be written, and without it nothing is released",
               "the custodian makes room on the gatekeeper's disk; its log names the reason");
}
}  // namespace

struct Log::Waiter {
  std::vector<Event> events;
  std::string time;
  std::condition_variable changed;
  bool leads = false;
  std::optional<Status> result;
};

Log::Log(LogOptions options, state::Database& database)
    : options_(std::move(options)), state_heads_(database) {}

Log::~Log() { close(); }

Status Log::open(const base::Secret<32>& key) {
  const std::lock_guard turn(turnstile_);
  const std::unique_lock life(life_);
  CHECK(!is_open_);
  keys_.emplace(
      Keys{cryptonet::audit::HeadSigner(keys::derived_key(key, "cryptonet audit heads v1")),
           keys::derived_key(key, "cryptonet audit fingerprints v1")});
  is_open_ = true;
  failing_ = false;
  Status opened = base::real_file_system().make_folders(options_.folder, 0700);
  if (opened.ok()) opened = record_open(std::vector<Event>());  // reads what is there
  if (opened.ok()) opened = take_pending();
  if (!opened.ok()) close_open();
  return opened;
}

std::shared_lock<std::shared_mutex> Log::enter() const {
  const std::lock_guard turn(turnstile_);
  return std::shared_lock(life_);
}

void Log::close() {
  const std::lock_guard turn(turnstile_);
  const std::unique_lock life(life_);
  close_open();
}

void Log::close_open() {
  if (!is_open_) return;
  if (const Status kept = keep_newest(); !kept.ok()) {
    spdlog::warn("the state does not hold the last head of the audit log: {}",
                 base::describe(kept.error()));
  }
  is_open_ = false;
  waiting_ = 0;
  tail_.reset();
  segment_.reset();
  slots_.reset();
  keys_.reset();
}

Head Log::sign(const Tail& tail) const {
  return keys_->signer.sign(tail.sequence, tail.hash, now_text());
}

std::string Log::now_text() const {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(options_.clock().time_since_epoch());
  const std::time_t seconds = since.count() / 1000;
  std::tm parts{};
  CHECK(::gmtime_r(&seconds, &parts) != nullptr);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1000 + since.count() % 1000).substr(1);
  return std::string(text.data(), size) + "." + fraction + "Z";
}

Status Log::record(Event event) {
  const auto life = enter();
  return record_open(std::move(event));
}

Status Log::record(std::vector<Event> events) {
  const auto life = enter();
  return record_open(std::move(events));
}

void Log::note(Event event) {
  const Kind kind = event.kind();
  const auto life = enter();
  bool room = true;
  if (!is_open_) {
    const std::lock_guard lock(mutex_);
    room = waiting_ < kMostWaiting;
    if (room) ++waiting_;
  }
  if (room) {
    const Status recorded =
        is_open_ ? record_open(std::move(event)) : add_pending(std::move(event));
    if (recorded.ok()) return;
  }
  spdlog::critical("an event '{}' could not be recorded", kind_word(kind));
  const std::lock_guard lock(mutex_);
  ++lost_;
}

Status Log::record_open(Event event) {
  std::vector<Event> events;
  events.push_back(std::move(event));
  return record_open(std::move(events));
}

Status Log::record_open(std::vector<Event> events) {
  if (!is_open_) {
    return Error(ErrorCode::kLocalIo, "audit.closed",
                 "the audit log is closed while the gatekeeper is sealed",
                 "unseal the gatekeeper: cryptonet-gatekeeper unseal --home D");
  }
  Waiter self;
  self.events = std::move(events);
  self.time = now_text();
  std::unique_lock lock(mutex_);
  queue_.push_back(&self);
  if (writing_) {
    self.changed.wait(lock, [&] { return self.leads || self.result.has_value(); });
  }
  while (!self.result.has_value()) {
    writing_ = true;
    const std::vector<Waiter*> batch = take_batch();
    lock.unlock();
    const Status written = write(batch);
    if (!written.ok()) failing_ = true;
    lock.lock();
    for (Waiter* waiter : batch) {
      waiter->result = written;
      if (waiter != &self) waiter->changed.notify_one();
    }
    if (!self.result.has_value()) continue;
    // The next who waits leads on.
    writing_ = !queue_.empty();
    if (writing_) {
      queue_.front()->leads = true;
      queue_.front()->changed.notify_one();
    }
  }
  const bool keep = acknowledged_.sequence >= kept_in_state_ + kRecordsPerStateHead;
  lock.unlock();
  if (keep) {
    if (const Status kept = keep_newest(); !kept.ok()) {
      spdlog::warn("the state does not hold the newest head of the audit log: {}",
                   base::describe(kept.error()));
    }
  }
  return std::move(*self.result);
}

std::vector<Log::Waiter*> Log::take_batch() {
  const auto count = std::min(queue_.size(), kMaxBatch);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Waiter*> batch(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return batch;
}

Status Log::write(const std::vector<Waiter*>& batch) {
  auto turn = Turn::take(options_.folder / "lock", options_.patience);
  if (!turn.ok()) return unwritable(turn.error());
  auto another_wrote = moved();
  if (!another_wrote.ok()) return unwritable(another_wrote.error());
  if (*another_wrote) {
    if (const Status loaded = load(); !loaded.ok()) {
      tail_.reset();
      return unwritable(loaded.error());
    }
  }
  if (tail_->size >= options_.segment_bytes) {
    if (const Status begun = next_segment(); !begun.ok()) return unwritable(begun.error());
  }
  Tail next = *tail_;
  std::string lines;
  std::string line;
  for (Waiter* waiter : batch) {
    for (Event& event : waiter->events) {
      event.record_.sequence = next.sequence + 1;
      if (event.record_.time.empty()) event.record_.time = waiter->time;
      event.record_.previous = next.hash;
      next.hash = cryptonet::audit::write_record(std::move(event.record_), line).hash;
      ++next.sequence;
      lines += line;
      lines += '\n';
    }
  }
  if (lines.empty()) return base::ok();
  next.size += lines.size();
  return append(lines, next);
}

Status Log::append(const std::string& lines, const Tail& next) {
  const auto steps = [&]() -> Status {
    CN_RETURN_IF_ERROR(segment_->write_at(tail_->size, base::view_of(lines)));
    CN_RETURN_IF_ERROR(segment_->sync());
    return slots_->write(sign(next));
  };
  const Status written = steps();
  if (written.ok()) {
    failing_ = false;
    tail_ = next;
    acknowledge(next);
    return base::ok();
  }
  if (const Status back = put_back(); !back.ok()) {
    spdlog::critical("the end of the audit log is unknown until the disk works again: {}",
                     base::describe(back.error()));
    tail_.reset();
  }
  return unwritable(written.error());
}

/// After a step that failed: the disk is brought to what was acknowledged last. What a failed fsync
/// left in memory is thrown away, not tried again.
Status Log::put_back() {
  CN_RETURN_IF_ERROR(slots_->write(sign(*tail_)));
  CN_RETURN_IF_ERROR(segment_->cut(tail_->size));
  return segment_->sync();
}

/// Whether the disk holds something else than this object knows.
Result<bool> Log::moved() {
  if (!tail_.has_value()) return true;
  CN_ASSIGN(const bool same_heads, slots_->unchanged());
  CN_ASSIGN(const std::uint64_t size, segment_->size());
  if (!same_heads || size != tail_->size) return true;
  const std::uint64_t following = tail_->sequence + 1;
  std::error_code code;
  return following != tail_->segment &&
         std::filesystem::exists(options_.folder / segment_name(following), code);
}

Result<std::vector<KnownHead>> Log::known_heads() {
  std::vector<KnownHead> known;
  CN_ASSIGN(const auto on_disk, slots_->newest());
  if (on_disk.has_value()) known.push_back({*on_disk, "the head in audit/heads"});
  CN_ASSIGN(const auto in_state, state_heads_.find());
  if (in_state.has_value()) {
    CN_ASSIGN(Head head, cryptonet::audit::parse_head(*in_state));
    known.push_back({std::move(head), "the head in state.db"});
  }
  if (!on_disk.has_value()) {
    CN_ASSIGN(const auto segments, list_segments(options_.folder));
    bool empty = known.empty();
    for (const std::uint64_t segment : segments) {
      CN_ASSIGN(const auto file, options_.disk->open(options_.folder / segment_name(segment)));
      CN_ASSIGN(const std::uint64_t size, file->size());
      empty = empty && size == 0;
    }
    if (!empty) {
      return Error(ErrorCode::kIntegrity, "audit.head_missing",
                   "the signed heads of the audit log are not there: its end may have been cut off",
                   "restore the folder audit/ and state.db from one backup");
    }
  }
  for (const KnownHead& head : known) {
    if (head.head.key == keys_->signer.key()) continue;
    return Error(ErrorCode::kIntegrity, "audit.key", head.source + " was signed by another key",
                 "audit/, state.db and the keys must be of the same home folder");
  }
  return known;
}

Status Log::load() {
  tail_.reset();
  segment_.reset();
  CN_ASSIGN(slots_, HeadSlots::open(*options_.disk, options_.folder / "heads"));
  CN_ASSIGN(auto heads, known_heads());
  {
    const std::lock_guard lock(mutex_);
    if (acknowledged_.sequence > 0) {
      heads.push_back({sign(acknowledged_), "what this program wrote"});
    }
  }
  CN_ASSIGN(const FoundTail found, find_tail(*options_.disk, options_.folder, heads));
  if (heads.empty()) CN_RETURN_IF_ERROR(slots_->write(sign(Tail())));
  CN_ASSIGN(segment_, options_.disk->open(options_.folder / segment_name(found.tail.segment)));
  if (found.file_size != found.acknowledged_size) {
    // Written anew, not only synced: after an fsync that failed once, another one says nothing.
    if (found.file_size != found.tail.size) {
      spdlog::warn("{} bytes at the end of the audit log were never acknowledged, and are cut off",
                   found.file_size - found.tail.size);
    }
    CN_RETURN_IF_ERROR(segment_->cut(found.acknowledged_size));
    CN_RETURN_IF_ERROR(segment_->append(found.unacknowledged));
    CN_RETURN_IF_ERROR(segment_->sync());
    CN_RETURN_IF_ERROR(slots_->write(sign(found.tail)));
  }
  tail_ = found.tail;
  acknowledge(found.tail);
  return base::ok();
}

Status Log::next_segment() {
  Tail tail = *tail_;
  tail.segment = tail.sequence + 1;
  tail.size = 0;
  CN_ASSIGN(segment_, options_.disk->open(options_.folder / segment_name(tail.segment)));
  tail_ = tail;
  return base::ok();
}

void Log::acknowledge(const Tail& tail) {
  const std::lock_guard lock(mutex_);
  acknowledged_ = tail;
}

Result<Head> Log::head() {
  const auto life = enter();
  CN_RETURN_IF_ERROR(record_open(std::vector<Event>()));  // another process may have written
  const std::lock_guard lock(mutex_);
  return sign(acknowledged_);
}

Status Log::record_soon(Event event) {
  const auto life = enter();
  return is_open_ ? record_open(std::move(event)) : add_pending(std::move(event));
}

Status Log::keep_newest() {
  const std::lock_guard one(state_mutex_);
  Tail tail;
  {
    const std::lock_guard lock(mutex_);
    if (acknowledged_.sequence <= kept_in_state_) return base::ok();
    tail = acknowledged_;
  }
  CN_RETURN_IF_ERROR(state_heads_.keep(cryptonet::audit::write_head(sign(tail))));
  const std::lock_guard lock(mutex_);
  kept_in_state_ = tail.sequence;
  return base::ok();
}

Result<Page> Log::read(std::uint64_t first, std::size_t max_lines, std::size_t max_bytes) {
  const auto life = enter();
  std::uint64_t last = 0;
  {
    const std::lock_guard lock(mutex_);
    last = acknowledged_.sequence;
  }
  Page page;
  page.next = std::max<std::uint64_t>(first, 1);
  std::size_t bytes = 0;
  CN_ASSIGN(const auto segments, list_segments(options_.folder));
  auto segment = std::upper_bound(segments.begin(), segments.end(), page.next);
  if (segment != segments.begin()) --segment;
  for (; segment != segments.end() && page.next <= last; ++segment) {
    CN_ASSIGN(const auto file, options_.disk->open(options_.folder / segment_name(*segment)));
    CN_ASSIGN(const base::Bytes content, file->read());
    const std::string_view text = base::text_of(content);
    std::uint64_t sequence = *segment;
    for (std::size_t at = 0; at < text.size() && sequence <= last; ++sequence) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (sequence >= page.next) {
        if (page.lines.size() >= max_lines || bytes >= max_bytes) return page;
        page.lines.emplace_back(text.substr(at, end - at));
        bytes += end - at;
        page.next = sequence + 1;
      }
      at = end + 1;
    }
  }
  return page;
}

Fingerprint Log::fingerprint(Word what, base::ByteView text) const {
  const auto life = enter();
  if (!is_open_) return {};  // it is recorded nowhere: the records are refused as well
  base::ByteWriter message;
  message.block(base::view_of(what.text()));
  message.block(text);
  const base::Digest digest = base::hmac_sha256(keys_->fingerprints.span(), message.bytes());
  Fingerprint fingerprint;
  std::copy_n(digest.begin(), fingerprint.bytes.size(), fingerprint.bytes.begin());
  return fingerprint;
}

}  // namespace cryptonet::gatekeeper::audit

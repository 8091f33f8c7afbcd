// SPDX-License-Identifier: Apache-2.0
// Reads the lines of an audit log one after the other and names what is wrong with them: changed,
// dropped, put in, repeated or moved lines, an end that was cut off, heads that say otherwise. One
// thing that was done to a log gives one finding where that can be told, at the line where it shows
// first. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/head.h"
#include "audit/record.h"

namespace cryptonet::audit {

struct Finding {
  std::string rule;            ///< audit.changed, audit.dropped …
  std::string file;            ///< empty when there is one only
  std::uint64_t line = 0;      ///< from 1; 0: of the log as a whole
  std::uint64_t sequence = 0;  ///< of the record in question
  std::string message;
};
/// "file:12: record 11: …"
std::string describe(const Finding& finding);

struct Report {
  std::uint64_t records = 0;  ///< sound ones
  std::uint64_t first = 0;    ///< their lowest and highest sequence
  std::uint64_t last = 0;
  base::Digest last_hash{};
  std::vector<Finding> findings;  ///< in the order of lines; the first kMaxFindings
  std::uint64_t more = 0;         ///< findings beyond those
};
inline constexpr std::size_t kMaxFindings = 100;

class Verifier {
 public:
  /// `first`: the sequence with which the log begins. Above 1 nothing is known of the record before
  /// it, and its hash is taken as given.
  explicit Verifier(std::uint64_t first = 1);
  /// Before any line: the log must hold this head's record with this head's hash. `source` names
  /// where the head lies.
  void expect(const Head& head, std::string source);
  /// The lines that follow are of this file; lines count from 1 again.
  void begin_file(std::string name);
  /// One line without its end. Nothing, or what the record was, when it is sound.
  std::optional<HashedRecord> line(std::string_view text);
  /// The last line has no end.
  void torn();
  /// Something else that is wrong at the current line.
  void add(std::string rule, std::uint64_t sequence, std::string message);
  /// Whether nothing was found so far.
  bool sound() const { return report_.findings.empty(); }
  Report finish() &&;

 private:
  struct Expected {
    Head head;
    std::string source;
    bool met = false;
  };
  struct Gap {  ///< records that have not been seen where they belong
    std::uint64_t first, last;
    std::string file;
    std::uint64_t line;
  };
  /// The line before this one, when it opened a gap: one record too early, or many missing?
  struct Jump {
    std::uint64_t sequence, expected;
    std::optional<base::Digest> last_hash;
    std::string file;
    std::uint64_t line;
  };
  void judge(const HashedRecord& parsed, bool may_jump = true);
  bool take_back_jump(const HashedRecord& parsed);
  void skip_early();
  void out_of_order(const HashedRecord& parsed);
  void compare_heads(const HashedRecord& parsed);
  void close_gaps();

  Report report_;
  std::vector<Expected> expected_;
  std::vector<Gap> gaps_;
  std::optional<Jump> jump_;
  std::set<std::uint64_t> early_;  ///< stood before their place, and were named
  std::string file_;
  std::uint64_t line_ = 0;
  std::uint64_t next_;                     ///< sequence that should come
  std::uint64_t unread_ = 0;               ///< lines since the last sound one that are none
  std::optional<base::Digest> last_hash_;  ///< of record next_ - 1, when it was read
};

}  // namespace cryptonet::audit

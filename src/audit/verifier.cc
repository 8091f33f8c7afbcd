// SPDX-License-Identifier: Apache-2.0
// A line that is no record takes the place of one: the next sound record may be that much further
// on. A record that is too far on opens a gap. When the next line is back in the gap, that record
// alone was moved; otherwise records that fill the gap later were, and what is left of it at the
// end was dropped.
#include "audit/verifier.h"

#include <algorithm>
#include <utility>

namespace cryptonet::audit {
namespace {

std::string records(std::uint64_t first, std::uint64_t last) {
  if (first == last) return "record " + std::to_string(first);
  return "records " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

std::string describe(const Finding& finding) {
  std::string text = finding.file;
  if (finding.line > 0) {
    text += (text.empty() ? "line " : ":") + std::to_string(finding.line);
  }
  if (finding.sequence > 0) {
    text += (text.empty() ? "record " : ": record ") + std::to_string(finding.sequence);
  }
  return text + (text.empty() ? "" : ": ") + finding.message;
}

Verifier::Verifier(std::uint64_t first) : next_(first) {
  if (first == 1) last_hash_ = base::Digest{};
}

void Verifier::expect(const Head& head, std::string source) {
  CHECK(line_ == 0 && report_.records == 0);
  expected_.push_back({head, std::move(source), head.sequence < next_});
}

void Verifier::begin_file(std::string name) {
  file_ = std::move(name);
  line_ = 0;
}

void Verifier::add(std::string rule, std::uint64_t sequence, std::string message) {
  if (report_.findings.size() >= kMaxFindings) {
    ++report_.more;
    return;
  }
  report_.findings.push_back({std::move(rule), file_, line_, sequence, std::move(message)});
}

void Verifier::torn() { add("audit.torn", 0, "the last line was not written to its end"); }

std::optional<HashedRecord> Verifier::line(std::string_view text) {
  ++line_;
  auto parsed = parse_record(text);
  if (!parsed.ok()) {
    add(parsed.error().rule, next_ + unread_, parsed.error().message);
    ++unread_;
    return std::nullopt;
  }
  judge(*parsed);
  return std::move(*parsed);
}

void Verifier::skip_early() {
  while (early_.erase(next_) > 0) {
    ++next_;
    last_hash_.reset();
  }
}

bool Verifier::take_back_jump(const HashedRecord& parsed) {
  if (!jump_.has_value() || parsed.record.sequence < jump_->expected) return false;
  const Jump jump = *std::exchange(jump_, std::nullopt);
  gaps_.pop_back();
  next_ = jump.expected;
  last_hash_ = jump.last_hash;
  early_.insert(jump.sequence);
  const std::string file = std::exchange(file_, jump.file);
  const std::uint64_t line = std::exchange(line_, jump.line);
  add("audit.moved", jump.sequence,
      "it stands where record " + std::to_string(jump.expected) + " belongs");
  file_ = file;
  line_ = line;
  return true;
}

void Verifier::judge(const HashedRecord& parsed, bool may_jump) {
  skip_early();
  const std::uint64_t sequence = parsed.record.sequence;
  if (sequence < next_) {
    if (take_back_jump(parsed)) return judge(parsed, false);
    return out_of_order(parsed);
  }
  jump_.reset();
  const std::uint64_t missing = sequence - next_;
  if (missing > unread_) {
    if (unread_ == 0 && may_jump) jump_ = Jump{sequence, next_, last_hash_, file_, line_};
    gaps_.push_back({next_, sequence - 1 - unread_, file_, line_});
  } else if (missing == 0 && last_hash_.has_value() && *last_hash_ != parsed.record.previous) {
    add("audit.chain", sequence,
        "it does not go on from record " + std::to_string(sequence - 1) +
            " as that stands here: one of the two was replaced");
  }
  compare_heads(parsed);
  if (report_.records == 0) report_.first = sequence;
  ++report_.records;
  report_.last = sequence;
  report_.last_hash = parsed.hash;
  last_hash_ = parsed.hash;
  next_ = sequence + 1;
  unread_ = 0;
}

void Verifier::out_of_order(const HashedRecord& parsed) {
  const std::uint64_t sequence = parsed.record.sequence;
  const auto gap = std::find_if(gaps_.begin(), gaps_.end(), [&](const Gap& candidate) {
    return candidate.first <= sequence && sequence <= candidate.last;
  });
  if (gap == gaps_.end()) {
    const bool again = parsed.hash == report_.last_hash;
    add(again ? "audit.repeated" : "audit.inserted", sequence,
        again ? "it stands here a second time"
              : "it stands where record " + std::to_string(next_) +
                    " belongs: a line was put in, or copied from another place");
    return;
  }
  add("audit.moved", sequence,
      "it stands after record " + std::to_string(next_ - 1) + " and belongs before line " +
          std::to_string(gap->line) + (gap->file == file_ ? "" : " of " + gap->file));
  compare_heads(parsed);
  ++report_.records;
  const Gap whole = *gap;
  gaps_.erase(gap);
  if (whole.first < sequence) gaps_.push_back({whole.first, sequence - 1, whole.file, whole.line});
  if (sequence < whole.last) gaps_.push_back({sequence + 1, whole.last, whole.file, whole.line});
}

void Verifier::compare_heads(const HashedRecord& parsed) {
  for (Expected& expected : expected_) {
    if (expected.head.sequence != parsed.record.sequence) continue;
    expected.met = true;
    if (expected.head.hash != parsed.hash) {
      add("audit.other_head", parsed.record.sequence,
          "it is not the record that was signed in " + expected.source +
              ": the log was written anew, up to here at least");
    }
  }
}

void Verifier::close_gaps() {
  for (const Gap& gap : gaps_) {
    file_ = gap.file;
    line_ = gap.line;
    add("audit.dropped", gap.first, records(gap.first, gap.last) + " stood before this line");
  }
  gaps_.clear();
}

Report Verifier::finish() && {
  skip_early();
  const std::string last_file = file_;
  const std::uint64_t last_line = line_;
  close_gaps();
  const auto order = [](const Finding& a, const Finding& b) {
    return a.file != b.file ? a.file < b.file : a.line < b.line;
  };
  std::stable_sort(report_.findings.begin(), report_.findings.end(), order);
  file_ = last_file;
  line_ = last_line;
  const std::uint64_t end = next_ - 1;
  for (const Expected& expected : expected_) {
    if (expected.met || expected.head.sequence <= end) continue;
    add("audit.cut_off", expected.head.sequence,
        "the log ends with record " + std::to_string(end) + ", but " + expected.source +
            " was signed over record " + std::to_string(expected.head.sequence) +
            ": its end was cut off");
  }
  return std::move(report_);
}

}  // namespace cryptonet::audit

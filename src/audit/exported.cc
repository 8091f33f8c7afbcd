// SPDX-License-Identifier: Apache-2.0
#include "audit/exported.h"

#include <nlohmann/json.hpp>

namespace cryptonet::audit {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using Json = nlohmann::ordered_json;

/// The last line, and the text before it.
std::pair<std::string_view, std::string_view> split_last_line(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return {std::string_view(), text};
  return {text.substr(0, end + 1), text.substr(end + 1)};
}
}  // namespace

Result<Head> head_of_text(std::string_view text) {
  return parse_head(split_last_line(text).second);
}

void compare_keys(Verifier& verifier, const Head& own, const Known& known) {
  const std::string signed_with =
      "the log's own head was signed with key " + base::to_hex(own.key) + ", ";
  for (const KnownHead& head : known.heads) {
    if (head.head.key == own.key) continue;
    verifier.add("audit.key", own.sequence,
                 signed_with + head.source + " with " + base::to_hex(head.head.key));
  }
  if (known.key.has_value() && *known.key != own.key) {
    verifier.add("audit.key", own.sequence, signed_with + "not " + base::to_hex(*known.key));
  }
}

Checked verify_exported(std::string_view text, const std::string& name, const Known& known) {
  Verifier verifier;
  Checked checked;
  checked.compared = known.anything();
  auto [lines, last] = split_last_line(text);
  auto head = parse_head(last);
  const bool meant_as_head = looks_like_head(last);
  if (!meant_as_head) lines = text;
  if (head.ok()) {
    checked.head = *head;
    verifier.expect(*head, "the head at the end of the file");
  }
  for (const KnownHead& other : known.heads) verifier.expect(other.head, other.source);
  verifier.begin_file(name);
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    verifier.line(lines.substr(0, end));
    if (end == std::string_view::npos) {
      verifier.torn();
      break;
    }
    lines.remove_prefix(end + 1);
  }
  if (head.ok()) {
    compare_keys(verifier, *head, known);
  } else {
    verifier.add(meant_as_head ? "audit.head" : "audit.no_head", 0,
                 meant_as_head ? head.error().message
                               : "the log does not end in a signed head, so that an end that was "
                                 "cut off could not be told");
  }
  checked.report = std::move(verifier).finish();
  return checked;
}

std::string report_text(const Checked& checked) {
  const Report& report = checked.report;
  std::string text;
  for (const Finding& finding : report.findings) text += describe(finding) + "\n";
  if (report.more > 0) text += "and " + std::to_string(report.more) + " more\n";
  text += std::to_string(report.records) + " sound records";
  if (report.records > 0) {
    text += ", " + std::to_string(report.first) + " to " + std::to_string(report.last) +
            "; the last has hash " + base::to_hex(report.last_hash);
  }
  text += "\n";
  if (checked.head.has_value()) {
    text += "head over record " + std::to_string(checked.head->sequence) + ", signed " +
            checked.head->time + " with key " + base::to_hex(checked.head->key) + "\n";
  }
  if (!report.findings.empty()) return text + "THE LOG WAS CHANGED\n";
  if (checked.compared) return text + "nothing was changed\n";
  return text +
         "nothing was changed, unless all of it was written anew: the key was compared with "
         "nothing "
         "(--head, --key)\n";
}

std::string report_json(const Checked& checked) {
  const Report& report = checked.report;
  Json findings = Json::array();
  for (const Finding& finding : report.findings) {
    findings.push_back(Json{{"rule", finding.rule},
                            {"file", finding.file},
                            {"line", finding.line},
                            {"sequence", finding.sequence},
                            {"message", finding.message}});
  }
  Json out = Json::object();
  out["records"] = report.records;
  out["first"] = report.first;
  out["last"] = report.last;
  out["hash"] = base::to_hex(report.last_hash);
  out["head"] = nullptr;
  if (checked.head.has_value()) {
    out["head"] = Json{{"sequence", checked.head->sequence},
                       {"time", checked.head->time},
                       {"key", base::to_hex(checked.head->key)}};
  }
  out["compared"] = checked.compared;
  out["findings"] = std::move(findings);
  out["more"] = report.more;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Status verdict(const Checked& checked) {
  if (checked.report.findings.empty()) return base::ok();
  const Finding& first = checked.report.findings.front();
  return Error(ErrorCode::kIntegrity, first.rule, "the audit log was changed: " + describe(first),
               "keep what is there as it is, and find out who could write it");
}

}  // namespace cryptonet::audit

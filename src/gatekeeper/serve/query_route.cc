// SPDX-License-Identifier: Apache-2.0
// A question from text to document: plan, run, release, keep. The same bound question over the same
// versions gives the kept answer, word for word but for its times; `cache: false` asks the cloud
// and opens anew, which gives the same numbers because a total's blinding is fixed.
#include <chrono>

#include "base/hash.h"
#include "gatekeeper/people/rights.h"
#include "gatekeeper/release/release.h"
#include "gatekeeper/serve/recording.h"
#include "gatekeeper/serve/routes.h"

namespace cryptonet::gatekeeper::serve {
namespace {
using base::Result;
using net::HttpResponse;
using SteadyClock = std::chrono::steady_clock;

double ms_between(SteadyClock::time_point from, SteadyClock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Names the bound question, the bytes that it is asked of, and the policy of its release.
base::Digest question_digest(const plan::CheckedPlan& plan, const open::Dataset& dataset,
                             const policy::ReleasePolicy& policy) {
  base::ByteWriter writer;
  writer.block(base::view_of("cryptonet question v1"));
  writer.block(base::view_of(plan.fingerprint()));
  writer.block(base::view_of(dataset.view.name));
  writer.u64(policy.smallest_cell);
  for (const open::LiveVersion& version : dataset.versions) {
    writer.u64(version.upload.version);
    writer.raw(version.upload.id.bytes);
    writer.raw(version.upload.manifest_digest);
  }
  return base::sha256(writer.bytes());
}

HttpResponse explanation(const plan::CheckedPlan& plan) {
  const plan::PlanFigures& figures = plan.figures();
  api::QueryExplanation explanation;
  explanation.plan = {figures.pairs,      figures.units,        figures.digits,
                      figures.bound_bits, figures.modulus_bits, figures.bytes_read};
  explanation.text = plan.explanation();
  return net::json_response(explanation.to_json());
}

/// The kept document with the times of this request.
Result<HttpResponse> kept_answer(base::ByteView document, const api::Timing& timing) {
  CN_ASSIGN(auto result, api::QueryResult::from_json(base::text_of(document)));
  result.timing_ms = timing;
  result.cached = true;
  return net::json_response(result.to_json());
}

/// Who asks what, as the audit log has it.
struct Asking {
  Parts& parts;
  const auth::Caller& caller;
  const net::HttpRequest& request;

  audit::Event event(audit::Kind kind) const { return event_of(kind, request, &caller); }
};

/// The question and its plan: columns, conditions and labels go in as one keyed fingerprint.
struct PlannedQuestion {
  const plan::CheckedPlan& plan;
  const open::Dataset& dataset;
  audit::Fingerprint fingerprint;

  std::vector<audit::Event> events(const Asking& asking) const {
    std::vector<std::uint64_t> versions;
    for (const auto& version : dataset.versions) versions.push_back(version.upload.version);
    audit::Event question = asking.event(audit::Kind::kQuestion);
    question.dataset(dataset.view.name)
        .versions(versions)
        .fingerprint("question", fingerprint)
        .functions(plan.functions());
    const plan::PlanFigures& figures = plan.figures();
    audit::Event planned = asking.event(audit::Kind::kPlan);
    planned.fingerprint("question", fingerprint)
        .count("pairs", figures.pairs)
        .count("units", figures.units)
        .count("digits", figures.digits)
        .count("bound_bits", figures.bound_bits)
        .count("bytes_read", figures.bytes_read);
    return {std::move(question), std::move(planned)};
  }
  audit::Event release(const Asking& asking, audit::Word source) const {
    audit::Event event = asking.event(audit::Kind::kRelease);
    event.dataset(dataset.view.name).fingerprint("question", fingerprint).word("source", source);
    return event;
  }
};

/// Asks the cloud, opens, releases, keeps. Each opening is durable in the audit log before its
/// totals are used.
Result<std::string> compute(const Asking& asking, const PlannedQuestion& question, bool anew,
                            double plan_ms, SteadyClock::time_point begun) {
  Parts& parts = asking.parts;
  const auto on_opened = [&](const verify::Opening& opening) {
    audit::Event event = asking.event(audit::Kind::kOpening);
    event.dataset(opening.upload.dataset)
        .version(opening.upload.version)
        .upload(opening.upload.id.bytes)
        .fingerprint("question", question.fingerprint)
        .count("totals", opening.totals)
        .count("units", opening.units);
    return parts.audit.record(std::move(event));
  };
  verify::StageTimes times;
  CN_ASSIGN(const auto opened,
            parts.runner.run({question.plan, question.dataset, anew, on_opened}, times));
  const release::Answer answer = release::release(question.plan, opened, parts.policy);
  release::DocumentFrame frame;
  frame.dataset = question.dataset.view.name;
  frame.version = question.dataset.versions.back().upload.version;
  frame.figures = question.plan.figures();
  frame.timing = {plan_ms, times.compute_ms, times.open_ms, ms_between(begun, SteadyClock::now())};
  return release::write_document(answer, frame);
}

/// What the person may at this moment: a session or key may have ended, a role, a project or the
/// place of the dataset may be others than when the question came.
base::Status still_may(const Asking& asking, const std::string& dataset,
                       const plan::CheckedPlan& plan) {
  auth::Gate& gate = asking.parts.gate;
  CN_ASSIGN(const auth::Caller now, gate.access.still_admitted(asking.caller));
  CN_RETURN_IF_ERROR(people::require_role(now.person, api::gatekeeper::kQuery.people));
  return people::require_may_ask(gate.people, now, dataset, plan.functions());
}

Result<HttpResponse> answer(const Asking& asking, const api::QueryRequest& message) {
  const auto begun = SteadyClock::now();
  Parts& parts = asking.parts;
  CN_ASSIGN(const std::string name, plan::dataset_of(message.sql));
  CN_RETURN_IF_ERROR(people::require_may_ask(parts.gate.people, asking.caller, name, {}));
  CN_ASSIGN(const open::Dataset dataset, parts.catalogue.load(name));
  CN_RETURN_IF_ERROR(parts.runner.refuse_if_frozen(name));
  CN_ASSIGN(const plan::CheckedPlan plan, plan::make_plan(message.sql, dataset.view));
  CN_RETURN_IF_ERROR(
      people::require_may_ask(parts.gate.people, asking.caller, name, plan.functions()));
  const double plan_ms = ms_between(begun, SteadyClock::now());
  const PlannedQuestion question{
      plan, dataset, parts.audit.fingerprint("question", base::view_of(plan.fingerprint()))};
  std::vector<audit::Event> events = question.events(asking);
  if (message.explain) {
    CN_RETURN_IF_ERROR(parts.audit.record(std::move(events)));
    return explanation(plan);
  }
  const base::Digest digest = question_digest(plan, dataset, parts.policy);
  const keys::KeyRing& keys = parts.home.keys();
  if (message.cache) {
    CN_ASSIGN(const auto sealed, parts.results.find_answer(digest));
    if (sealed.has_value()) {
      CN_ASSIGN(const auto document, keys.unseal(keys::RecordKind::kAnswer, digest, *sealed));
      CN_RETURN_IF_ERROR(still_may(asking, name, plan));
      events.push_back(question.release(asking, "kept"));
      CN_RETURN_IF_ERROR(parts.audit.record(std::move(events)));
      return kept_answer(document.span(), {plan_ms, 0, 0, ms_between(begun, SteadyClock::now())});
    }
  }
  CN_RETURN_IF_ERROR(parts.audit.record(std::move(events)));
  CN_ASSIGN(std::string document, compute(asking, question, !message.cache, plan_ms, begun));
  CN_RETURN_IF_ERROR(parts.results.keep_answer(
      digest, name, keys.seal(keys::RecordKind::kAnswer, digest, base::view_of(document)),
      now_s()));
  CN_RETURN_IF_ERROR(still_may(asking, name, plan));
  CN_RETURN_IF_ERROR(parts.audit.record(question.release(asking, "computed")));
  return net::json_response(std::move(document));
}

/// What was refused is known by its text's fingerprint: names in it may be anything.
Result<HttpResponse> query(const Asking& asking) {
  CN_ASSIGN(const auto message, api::QueryRequest::from_json(base::text_of(asking.request.body)));
  auto response = answer(asking, message);
  if (response.ok()) {
    // once more behind the record, whose turn at the disk may have taken a while
    if (auto still = asking.parts.gate.access.still_admitted(asking.caller); !still.ok()) {
      response = still.take_error();
    }
  }
  if (!response.ok() && !response.error().rule.starts_with("audit.")) {
    audit::Event event = asking.event(audit::Kind::kRefusal);
    event.error(response.error())
        .fingerprint("text", asking.parts.audit.fingerprint("text", base::view_of(message.sql)));
    asking.parts.audit.note(std::move(event));
  }
  return response;
}
}  // namespace

void add_query_route(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(person_route(parts, api::gatekeeper::kQuery,
                                [&parts](const auto& caller, const net::HttpRequest& request) {
                                  return query({parts, *caller, request});
                                }));
}

}  // namespace cryptonet::gatekeeper::serve

// SPDX-License-Identifier: Apache-2.0
// A question from text to document: plan, run, release, keep. The same bound question over the same
// versions gives the kept answer, word for word but for its times; `cache: false` asks the cloud
// and opens anew, which gives the same numbers because a total's blinding is fixed.
#include <chrono>

#include "base/hash.h"
#include "gatekeeper/people/rights.h"
#include "gatekeeper/release/release.h"
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

Result<HttpResponse> answer(Parts& parts, const auth::Caller& caller,
                            const net::HttpRequest& request) {
  const auto begun = SteadyClock::now();
  CN_ASSIGN(const auto message, api::QueryRequest::from_json(base::text_of(request.body)));
  CN_ASSIGN(const std::string name, plan::dataset_of(message.sql));
  CN_RETURN_IF_ERROR(people::require_may_ask(parts.gate.people, caller, name, {}));
  CN_ASSIGN(const open::Dataset dataset, parts.catalogue.load(name));
  CN_RETURN_IF_ERROR(parts.runner.refuse_if_frozen(name));
  CN_ASSIGN(const plan::CheckedPlan plan, plan::make_plan(message.sql, dataset.view));
  CN_RETURN_IF_ERROR(people::require_may_ask(parts.gate.people, caller, name, plan.functions()));
  const auto planned = SteadyClock::now();
  if (message.explain) return explanation(plan);

  const base::Digest digest = question_digest(plan, dataset, parts.policy);
  const keys::KeyRing& keys = parts.home.keys();
  if (message.cache) {
    CN_ASSIGN(const auto sealed, parts.results.find_answer(digest));
    if (sealed.has_value()) {
      CN_ASSIGN(const auto document, keys.unseal(keys::RecordKind::kAnswer, digest, *sealed));
      return kept_answer(document.span(),
                         {ms_between(begun, planned), 0, 0, ms_between(begun, SteadyClock::now())});
    }
  }
  verify::StageTimes times;
  CN_ASSIGN(const auto opened, parts.runner.run({plan, dataset, !message.cache}, times));
  const release::Answer answer = release::release(plan, opened, parts.policy);
  release::DocumentFrame frame;
  frame.dataset = name;
  frame.version = dataset.versions.back().upload.version;
  frame.figures = plan.figures();
  frame.timing = {ms_between(begun, planned), times.compute_ms, times.open_ms,
                  ms_between(begun, SteadyClock::now())};
  std::string document = release::write_document(answer, frame);
  CN_RETURN_IF_ERROR(parts.results.keep_answer(
      digest, name, keys.seal(keys::RecordKind::kAnswer, digest, base::view_of(document)),
      now_s()));
  return net::json_response(std::move(document));
}

/// Whoever lost the right while the cloud computed gets nothing.
Result<HttpResponse> query(Parts& parts, const auth::Caller& caller,
                           const net::HttpRequest& request) {
  CN_ASSIGN(HttpResponse response, answer(parts, caller, request));
  CN_RETURN_IF_ERROR(parts.gate.access.still_admitted(caller));
  return response;
}
}  // namespace

void add_query_route(Parts& parts, std::vector<net::Route>& routes) {
  routes.push_back(person_route(parts, api::gatekeeper::kQuery,
                                [&parts](const auto& caller, const net::HttpRequest& request) {
                                  return query(parts, *caller, request);
                                }));
}

}  // namespace cryptonet::gatekeeper::serve

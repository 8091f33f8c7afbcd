// SPDX-License-Identifier: Apache-2.0
// The calls of a researcher.
#include "researcher/client/client.h"

#include "api/call.h"
#include "api/routes.h"
#include "researcher/client/result_text.h"

namespace cryptonet::researcher::client {
namespace {

template <typename Message>
base::Result<Reply<Message>> call_with_text(net::HttpClient& gatekeeper,
                                            const api::RouteInfo& route,
                                            std::initializer_list<std::string_view> parameters,
                                            api::Body body = {}) {
  CN_ASSIGN(const base::Bytes bytes, api::call_for_bytes(gatekeeper, route, parameters, body));
  auto message = Message::from_json(base::text_of(bytes));
  if (!message.ok()) return api::strange_reply(message.error());
  return Reply<Message>{std::move(*message), std::string(base::text_of(bytes))};
}

}  // namespace

base::Result<Reply<api::QueryResult>> ask(net::HttpClient& gatekeeper, const std::string& sql,
                                          bool use_cache) {
  const std::string request = api::QueryRequest{sql, false, use_cache}.to_json();
  CN_ASSIGN(auto reply, call_with_text<api::QueryResult>(gatekeeper, api::gatekeeper::kQuery, {},
                                                         api::json_body(request)));
  if (const auto shape = check_shape(reply.message); !shape.ok()) {
    return api::strange_reply(shape.error());
  }
  return reply;
}

base::Result<Reply<api::QueryExplanation>> explain(net::HttpClient& gatekeeper,
                                                   const std::string& sql) {
  const std::string request = api::QueryRequest{sql, true, true}.to_json();
  return call_with_text<api::QueryExplanation>(gatekeeper, api::gatekeeper::kQuery, {},
                                               api::json_body(request));
}

base::Result<Reply<api::DatasetList>> list_datasets(net::HttpClient& gatekeeper) {
  return call_with_text<api::DatasetList>(gatekeeper, api::gatekeeper::kListDatasets, {});
}

base::Result<Reply<api::DatasetDescription>> describe_dataset(net::HttpClient& gatekeeper,
                                                              const std::string& name) {
  return call_with_text<api::DatasetDescription>(gatekeeper, api::gatekeeper::kDescribeDataset,
                                                 {name});
}

base::Result<Reply<api::GatekeeperStatus>> status_of(net::HttpClient& gatekeeper) {
  return call_with_text<api::GatekeeperStatus>(gatekeeper, api::gatekeeper::kGetStatus, {});
}

}  // namespace cryptonet::researcher::client

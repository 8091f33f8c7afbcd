// SPDX-License-Identifier: Apache-2.0
// Questions to the gatekeeper, and what it says about its datasets. Asking is a researcher's right;
// the lists are for any role.
#pragma once

#include "api/messages.h"
#include "net/http.h"

namespace cryptonet::researcher::client {

/// A reply, and the text it came as (for JSON output as it is).
template <typename Message>
struct Reply {
  Message message;
  std::string text;
};

base::Result<Reply<api::QueryResult>> ask(net::HttpClient& gatekeeper, const std::string& sql,
                                          bool use_cache);
base::Result<Reply<api::QueryExplanation>> explain(net::HttpClient& gatekeeper,
                                                   const std::string& sql);
base::Result<Reply<api::DatasetList>> list_datasets(net::HttpClient& gatekeeper);
base::Result<Reply<api::DatasetDescription>> describe_dataset(net::HttpClient& gatekeeper,
                                                              const std::string& name);
base::Result<Reply<api::GatekeeperStatus>> status_of(net::HttpClient& gatekeeper);

}  // namespace cryptonet::researcher::client

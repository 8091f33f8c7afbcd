// SPDX-License-Identifier: Apache-2.0
// How often one person may ask, whatever machine the questions come from. (What a machine, an
// address or a stranger may do is counted before a body is read: net/entrance.h.) Any thread.
#pragma once

#include <memory>

#include "net/http.h"

namespace cryptonet::gatekeeper::serve {

class Limits {
 public:
  Limits() { set(net::Rates()); }
  /// Before serving.
  void set(const net::Rates& rates) {
    persons_ = std::make_unique<net::TokenBuckets>(rates.person);
  }
  /// Counts one request of this person: kRefused, rule "rate.too_many" (status 429 and Retry-After)
  /// when there were too many.
  base::Status person(const std::string& user) {
    const auto wait = persons_->take(user, net::TokenBuckets::Clock::now());
    if (wait == net::TokenBuckets::Clock::duration::zero()) return base::ok();
    return net::too_many_requests("this person", wait);
  }

 private:
  std::unique_ptr<net::TokenBuckets> persons_;
};

}  // namespace cryptonet::gatekeeper::serve

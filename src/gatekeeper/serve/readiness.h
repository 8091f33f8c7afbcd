// SPDX-License-Identifier: Apache-2.0
// Whether the gatekeeper would take work now, and if not, why, in one word: rooms add what they
// know. Checks are added before the server starts; the rest may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cryptonet::gatekeeper::serve {

class Readiness {
 public:
  struct Check {
    std::string word;  ///< "sealed"; the rule of the answer is "ready.sealed"
    std::string what;  ///< for people: "the gatekeeper is sealed"
    std::function<bool()> passes;
  };
  /// Asked in the order in which they came. They must be quick: strangers may ask.
  void add(Check check) { checks_.push_back(std::move(check)); }
  /// From now on the answer is "stopping".
  void stop() { stopping_ = true; }
  /// kUnreachable (status 503) with the first reason that holds.
  base::Status state() const;

 private:
  std::vector<Check> checks_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace cryptonet::gatekeeper::serve

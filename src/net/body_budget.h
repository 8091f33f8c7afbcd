// SPDX-License-Identifier: Apache-2.0
// How many bytes of bodies may be in flight: of all peers together, and of one, so that a peer
// which announces much and sends slowly cannot use up what the others need. One thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace cryptonet::net {

class BodyBudget {
 public:
  struct Limits {
    std::size_t all = 0;
    std::size_t of_one = 0;  ///< unless it is that peer's only body
  };
  explicit BodyBudget(const Limits& limits) : limits_(limits) {}

  /// Holds its bytes as long as it lives; the budget outlives it.
  class Share {
   public:
    Share(BodyBudget& budget, std::string owner, std::size_t bytes)
        : budget_(budget), owner_(std::move(owner)), bytes_(bytes) {
      budget_.all_ += bytes_;
      if (bytes_ > 0) budget_.of_one_[owner_] += bytes_;
    }
    ~Share() {
      budget_.all_ -= bytes_;
      if (bytes_ == 0) return;
      const auto held = budget_.of_one_.find(owner_);
      held->second -= bytes_;
      if (held->second == 0) budget_.of_one_.erase(held);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    BodyBudget& budget_;
    std::string owner_;
    std::size_t bytes_;
  };

  bool has_room(const std::string& owner, std::size_t bytes) const {
    const auto held = of_one_.find(owner);
    if (held != of_one_.end() && held->second + bytes > limits_.of_one) return false;
    return all_ + bytes <= limits_.all;
  }

 private:
  Limits limits_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> of_one_;  ///< no zeros
};

}  // namespace cryptonet::net

// SPDX-License-Identifier: Apache-2.0
// How many bytes of bodies may be held: of all peers together, and of one. What counts is what has
// arrived, so that a peer which announces much and sends slowly uses up nothing. The first 64 KiB
// of a body never count, so that whoever asks or signs in finds room whatever others send: those
// are bounded by the number of connections. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace cryptonet::net {

class BodyBudget {
 public:
  static constexpr std::size_t kUncountedBytes = 64 * 1024;
  struct Limits {
    std::size_t all = 0;
    /// A peer's only body may have more while as much as this stays free for others.
    std::size_t of_one = 0;
  };
  explicit BodyBudget(const Limits& limits) : limits_(limits) {}

  /// One body. Holds its bytes as long as it lives; the budget outlives it.
  class Share {
   public:
    Share(BodyBudget& budget, std::string owner) : budget_(budget), owner_(std::move(owner)) {}
    ~Share() {
      const auto held = budget_.of_one_.find(owner_);
      if (held == budget_.of_one_.end()) return;
      budget_.all_ -= counted_;
      held->second -= counted_;
      if (held->second == 0) budget_.of_one_.erase(held);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Whether the body may have this many bytes by now. False, and nothing changed: no room.
    bool grow_to(std::size_t bytes) {
      const std::size_t counted = counted_of(bytes);
      if (counted <= counted_) return true;
      if (!budget_.fits(owner_, counted_, counted - counted_)) return false;
      budget_.all_ += counted - counted_;
      budget_.of_one_[owner_] += counted - counted_;
      counted_ = counted;
      return true;
    }

   private:
    BodyBudget& budget_;
    std::string owner_;
    std::size_t counted_ = 0;
  };

  /// Whether one more body of this size would fit if nothing else came.
  bool has_room(const std::string& owner, std::size_t bytes) const {
    return counted_of(bytes) == 0 || fits(owner, 0, counted_of(bytes));
  }

 private:
  static std::size_t counted_of(std::size_t bytes) {
    return bytes - std::min(bytes, kUncountedBytes);
  }
  /// Whether a body that holds `held` of its owner's bytes may have so many more.
  bool fits(const std::string& owner, std::size_t held, std::size_t more) const {
    const auto found = of_one_.find(owner);
    const std::size_t of_owner = found == of_one_.end() ? 0 : found->second;
    const std::size_t free = limits_.all - all_;  // never negative
    if (more > free) return false;
    if (of_owner + more <= limits_.of_one) return true;
    return of_owner == held && free - more >= limits_.of_one;
  }

  Limits limits_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> of_one_;  ///< no zeros
};

}  // namespace cryptonet::net

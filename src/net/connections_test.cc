// SPDX-License-Identifier: Apache-2.0
// Who has to leave when there is no room.
#include "net/connections.h"

#include <gtest/gtest.h>

#include <optional>

namespace cryptonet::net {
namespace {

using State = Connections::Guest::State;

/// A guest that leaves as soon as it is told to.
class Visitor {
 public:
  Visitor(Connections& room, const std::string& address)
      : guest_(std::in_place, room, address, [this] { told_ = true; }) {}
  bool prove(std::uint8_t number) {
    Peer peer;
    peer.role = PeerRole::kResearcher;
    peer.certificate_hash[0] = number;
    return guest_->prove(peer);
  }
  void becomes(State state) { guest_->becomes(state); }
  bool told() const { return told_; }
  void leave() { guest_.reset(); }

 private:
  bool told_ = false;
  std::optional<Connections::Guest> guest_;
};

TEST(Connections, StrangersLeaveFirstAndTheLongestSilentOneBeforeOthers) {
  Connections room({3, 9, 9});
  Visitor proven(room, "a");
  EXPECT_TRUE(proven.prove(1));
  Visitor first(room, "a");
  Visitor second(room, "b");
  EXPECT_TRUE(room.admit("c"));
  EXPECT_TRUE(first.told());
  EXPECT_FALSE(second.told() || proven.told());
  first.leave();
  EXPECT_TRUE(room.admit("c")) << "there is room again";
  EXPECT_FALSE(second.told());
  const Visitor third(room, "c");
  EXPECT_TRUE(room.admit("d"));
  EXPECT_TRUE(second.told());
}

TEST(Connections, WhoIsAtWorkStays) {
  Connections room({2, 9, 9});
  Visitor working(room, "a");
  EXPECT_TRUE(working.prove(1));
  working.becomes(State::kReading);
  Visitor handled(room, "b");
  handled.becomes(State::kReading);
  handled.becomes(State::kHandling);
  EXPECT_EQ(room.at_work(), 2U);
  EXPECT_FALSE(room.admit("c")) << "nobody can be spared";
  EXPECT_EQ(room.figures().refused_full, 1U);
  handled.becomes(State::kReading);  // its answer leaves: a stranger that waits for its peer
  EXPECT_TRUE(room.admit("c"));
  EXPECT_TRUE(handled.told());
  handled.leave();
  working.becomes(State::kWaiting);
  EXPECT_EQ(room.at_work(), 0U);
  const Visitor other(room, "c");
  EXPECT_TRUE(room.admit("d"));
  EXPECT_FALSE(working.told());
}

TEST(Connections, ACertificateAndAStrangersAddressHaveTheirShare) {
  Connections room({100, 2, 3});
  std::vector<std::unique_ptr<Visitor>> mine;
  for (int i = 0; i < 3; ++i) {
    mine.push_back(std::make_unique<Visitor>(room, "a"));
    EXPECT_EQ(mine.back()->prove(7), i < 2);
  }
  mine.pop_back();
  EXPECT_EQ(room.figures().refused_certificate, 1U);
  std::vector<std::unique_ptr<Visitor>> flood;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(room.admit("b"));
    flood.push_back(std::make_unique<Visitor>(room, "b"));
  }
  int told = 0;
  for (const auto& each : flood) told += each->told() ? 1 : 0;
  EXPECT_EQ(told, 7) << "three strangers of one address stay";
  EXPECT_TRUE(flood.front()->told());
  EXPECT_FALSE(flood.back()->told());
  EXPECT_TRUE(room.admit("c"));
  EXPECT_EQ(room.figures().strangers, 10U);
  EXPECT_EQ(room.figures().open, 12U);
}

TEST(Connections, IdleOnesCloseAtTheEnd) {
  Connections room({100, 9, 9});
  Visitor idle(room, "a");
  Visitor reading(room, "b");
  reading.becomes(State::kReading);
  Visitor working(room, "c");
  EXPECT_TRUE(working.prove(1));
  working.becomes(State::kHandling);
  room.close_idle();
  EXPECT_TRUE(idle.told());
  EXPECT_FALSE(reading.told() || working.told());
  room.close_all();
  EXPECT_TRUE(reading.told() && working.told());
}

}  // namespace
}  // namespace cryptonet::net

// SPDX-License-Identifier: Apache-2.0
// Who is connected, how many of each, and who is asked to leave when there is no more room: what
// waits for its peer, strangers (no certificate was shown yet, or will be) before the others, and
// whoever has waited longest first. Everything takes the same time however many there are. One
// thread, but for figures().
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <string>

#include "net/http.h"

namespace cryptonet::net {

class Connections {
 public:
  struct Limits {
    std::size_t all = 0;
    std::size_t per_certificate = 0;
    std::size_t strangers_per_address = 0;
  };
  explicit Connections(const Limits& limits) : limits_(limits) {}

  /// One connection from its start to its end. `close` must make its work end soon; it is called at
  /// most once by the registry, which the guest must not outlive.
  class Guest {
   public:
    Guest(Connections& room, std::string address, std::function<void()> close);
    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

    const Peer& peer() const { return peer_; }
    bool proven() const { return peer_.role != PeerRole::kNone; }
    bool closing() const { return closing_; }
    /// The other end showed who it is. False: its certificate has too many connections.
    bool prove(Peer peer);
    /// What it does now; a guest begins as waiting. It is `reading` between the header of a request
    /// and the end of its answer but for the time in which a worker has it: then it is `handling`.
    enum class State { kWaiting, kReading, kHandling };
    void becomes(State state);

   private:
    friend class Connections;
    bool may_go() const;
    Connections& room_;
    std::function<void()> close_;
    Peer peer_;
    State state_ = State::kWaiting;
    bool closing_ = false;
    bool counted_ = false;  ///< under its certificate
    std::list<Guest*>::iterator spare_;
    std::list<Guest*>::iterator spare_here_;
    bool is_spare_ = false;
    std::list<Guest*>::iterator place_;
  };

  /// Whether one more from this address may come, after making room for it where that is needed.
  bool admit(const std::string& address);
  /// Closes what waits for a request.
  void close_idle();
  /// Closes everything, without waiting for anybody's work.
  void close_all();
  /// Requests between their header and the end of their answer.
  std::size_t at_work() const { return at_work_; }

  struct Figures {
    std::size_t open = 0;
    std::size_t strangers = 0;
    std::size_t closed_to_make_room = 0;
    std::size_t refused_full = 0;
    std::size_t refused_certificate = 0;
  };
  Figures figures() const;

 private:
  using Spares = std::list<Guest*>;  ///< who has waited longest in front
  void add_spare(Guest& guest);
  void remove_spare(Guest& guest);
  void close(Guest& guest);
  Limits limits_;
  std::list<Guest*> guests_;
  Spares spare_strangers_;
  Spares spare_proven_;
  std::map<std::string, Spares> spare_strangers_of_;  ///< by address; no empty ones
  std::map<base::Digest, std::size_t> proven_;        ///< by certificate; no zeros
  std::size_t at_work_ = 0;
  std::atomic<std::size_t> open_ = 0;
  std::atomic<std::size_t> strangers_ = 0;
  std::atomic<std::size_t> closed_to_make_room_ = 0;
  std::atomic<std::size_t> refused_full_ = 0;
  std::atomic<std::size_t> refused_certificate_ = 0;
};

}  // namespace cryptonet::net

// SPDX-License-Identifier: Apache-2.0
// A guest that may be asked to leave stands in a list, strangers in one of their address besides.
#include "net/connections.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace cryptonet::net {

Connections::Guest::Guest(Connections& room, std::string address, std::function<void()> close)
    : room_(room), close_(std::move(close)) {
  peer_.address = std::move(address);
  place_ = room_.guests_.insert(room_.guests_.end(), this);
  ++room_.open_;
  ++room_.strangers_;
  room_.add_spare(*this);
}

Connections::Guest::~Guest() {
  room_.remove_spare(*this);
  room_.guests_.erase(place_);
  if (state_ != State::kWaiting) --room_.at_work_;
  --room_.open_;
  if (!proven()) --room_.strangers_;
  if (!counted_) return;
  const auto mine = room_.proven_.find(peer_.certificate_hash);
  if (--mine->second == 0) room_.proven_.erase(mine);
}

bool Connections::Guest::prove(Peer peer) {
  if (peer.role == PeerRole::kNone) return true;
  room_.remove_spare(*this);
  peer.address = std::move(peer_.address);
  peer_ = std::move(peer);
  --room_.strangers_;
  room_.add_spare(*this);
  counted_ = true;
  if (++room_.proven_[peer_.certificate_hash] <= room_.limits_.per_certificate) return true;
  ++room_.refused_certificate_;
  return false;
}

bool Connections::Guest::may_go() const {
  return !closing_ && (proven() ? state_ == State::kWaiting : state_ != State::kHandling);
}

void Connections::Guest::becomes(State state) {
  const bool was_at_work = state_ != State::kWaiting;
  const bool is_at_work = state != State::kWaiting;
  state_ = state;
  if (is_at_work && !was_at_work) ++room_.at_work_;
  if (was_at_work && !is_at_work) --room_.at_work_;
  // A stranger that reads keeps its place: it waits for its peer as before.
  if (is_spare_ && may_go() && is_at_work) return;
  room_.remove_spare(*this);
  if (may_go()) room_.add_spare(*this);
}

void Connections::add_spare(Guest& guest) {
  Spares& spares = guest.proven() ? spare_proven_ : spare_strangers_;
  guest.spare_ = spares.insert(spares.end(), &guest);
  if (!guest.proven()) {
    Spares& here = spare_strangers_of_[guest.peer_.address];
    guest.spare_here_ = here.insert(here.end(), &guest);
  }
  guest.is_spare_ = true;
}

void Connections::remove_spare(Guest& guest) {
  if (!guest.is_spare_) return;
  guest.is_spare_ = false;
  if (guest.proven()) {
    spare_proven_.erase(guest.spare_);
    return;
  }
  spare_strangers_.erase(guest.spare_);
  const auto here = spare_strangers_of_.find(guest.peer_.address);
  here->second.erase(guest.spare_here_);
  if (here->second.empty()) spare_strangers_of_.erase(here);
}

void Connections::close(Guest& guest) {
  remove_spare(guest);
  guest.closing_ = true;  // its coroutine ends soon
  guest.close_();
}

bool Connections::admit(const std::string& address) {
  const auto here = spare_strangers_of_.find(address);
  if (here != spare_strangers_of_.end() && here->second.size() >= limits_.strangers_per_address) {
    ++closed_to_make_room_;
    close(*here->second.front());
    return true;
  }
  if (open_ < limits_.all) return true;
  Spares& spares = spare_strangers_.empty() ? spare_proven_ : spare_strangers_;
  if (spares.empty()) {
    ++refused_full_;
    return false;
  }
  ++closed_to_make_room_;
  close(*spares.front());
  return true;
}

void Connections::close_idle() {
  std::vector<Guest*> idle;
  for (const Spares* spares : {&spare_strangers_, &spare_proven_}) {
    std::copy_if(spares->begin(), spares->end(), std::back_inserter(idle),
                 [](const Guest* guest) { return guest->state_ == Guest::State::kWaiting; });
  }
  for (Guest* guest : idle) close(*guest);
}

void Connections::close_all() {
  for (Guest* guest : guests_) {
    if (!guest->closing_) close(*guest);
  }
}

Connections::Figures Connections::figures() const {
  return {open_, strangers_, closed_to_make_room_, refused_full_, refused_certificate_};
}

}  // namespace cryptonet::net

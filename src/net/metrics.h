// SPDX-License-Identifier: Apache-2.0
// What a server tells about itself in numbers, in Prometheus's text form. Labels are few and come
// from the program: patterns of routes, classes of status, kinds of limits; never a name, an
// address, a dataset or an upload. Any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http.h"

namespace cryptonet::net {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counts one answer: route, status, duration, bytes, and which limit refused it.
  void count(const AnswerRecord& record);
  /// Reads the figures of this server, which outlives us, whenever text() is asked for.
  void watch(const HttpServer& server);

  /// A number that is asked for whenever text() is; nothing when it cannot be had just now. `name`
  /// is without the prefix cryptonet_; those that only grow end in _total.
  using Reading = std::function<std::optional<double>()>;
  void add(const std::string& name, const std::string& help, Reading reading);
  /// The same for a distribution: counts of things up to each bound, the last one without.
  struct Counts {
    std::vector<double> bounds;
    std::vector<std::uint64_t> things;  ///< one more than bounds
    double sum = 0;
  };
  void add_counts(const std::string& name, const std::string& help,
                  std::function<std::optional<Counts>()> reading);

  std::string text() const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace cryptonet::net

// SPDX-License-Identifier: Apache-2.0
// The bytes of a CSV file on their way into Arrow, with two repairs. Arrow drops the LF of a CRLF
// inside quotes when a block ends between the two, so no block handed out here ends with CR; and
// Arrow takes an unclosed quote at the end of the file for a whole field, so quotes are followed.
#pragma once

#include <arrow/io/interfaces.h>

#include <atomic>
#include <filesystem>
#include <memory>

namespace cryptonet::contributor::load {

/// Read by one thread at a time; unclosed_quote() from any.
class CsvStream final : public arrow::io::InputStream {
 public:
  static arrow::Result<std::shared_ptr<CsvStream>> open(const std::filesystem::path& path,
                                                        char delimiter);
  /// True once the end was reached inside quotes.
  bool unclosed_quote() const { return unclosed_quote_; }

  arrow::Status Close() override;
  bool closed() const override;
  arrow::Result<std::int64_t> Tell() const override;
  arrow::Result<std::int64_t> Read(std::int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t nbytes) override;

 private:
  enum class Place : std::uint8_t { kFieldStart, kPlain, kQuoted, kQuoteInQuoted };
  CsvStream(std::shared_ptr<arrow::io::InputStream> file, char delimiter);
  void follow(const char* bytes, std::int64_t count);

  std::shared_ptr<arrow::io::InputStream> file_;
  char delimiter_;
  bool held_cr_ = false;  ///< a CR that waits for the next block
  std::int64_t position_ = 0;
  Place place_ = Place::kFieldStart;
  std::atomic<bool> unclosed_quote_ = false;
};

}  // namespace cryptonet::contributor::load

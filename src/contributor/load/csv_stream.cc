// SPDX-License-Identifier: Apache-2.0
// A block is filled from the file; a CR at its end is held back and leads the next block.
#include "contributor/load/csv_stream.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>

namespace cryptonet::contributor::load {

CsvStream::CsvStream(std::shared_ptr<arrow::io::InputStream> file, char delimiter)
    : file_(std::move(file)), delimiter_(delimiter) {}

arrow::Result<std::shared_ptr<CsvStream>> CsvStream::open(const std::filesystem::path& path,
                                                          char delimiter) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path.string()));
  return std::shared_ptr<CsvStream>(new CsvStream(std::move(file), delimiter));
}

arrow::Status CsvStream::Close() { return file_->Close(); }
bool CsvStream::closed() const { return file_->closed(); }
arrow::Result<std::int64_t> CsvStream::Tell() const { return position_; }

void CsvStream::follow(const char* bytes, std::int64_t count) {
  Place place = place_;
  for (std::int64_t i = 0; i < count; ++i) {
    const char c = bytes[i];
    if (place == Place::kQuoted) {
      if (c == '"') place = Place::kQuoteInQuoted;
      continue;
    }
    if (c == '"') {
      // At the start of a field it opens; after a quote inside quotes it was doubled.
      if (place != Place::kPlain) place = Place::kQuoted;
    } else if (c == delimiter_ || c == '\n' || c == '\r') {
      place = Place::kFieldStart;
    } else {
      place = Place::kPlain;
    }
  }
  place_ = place;
}

arrow::Result<std::int64_t> CsvStream::Read(std::int64_t nbytes, void* out) {
  auto* const bytes = static_cast<char*>(out);
  std::int64_t count = 0;
  if (held_cr_ && nbytes > 0) {
    bytes[count++] = '\r';
    held_cr_ = false;
  }
  bool at_end = false;
  while (count < nbytes) {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, file_->Read(nbytes - count, bytes + count));
    if (got == 0) {
      at_end = true;
      break;
    }
    count += got;
  }
  if (!at_end && count > 1 && bytes[count - 1] == '\r') {
    held_cr_ = true;
    --count;
  }
  follow(bytes, count);
  if (at_end) unclosed_quote_ = place_ == Place::kQuoted;
  position_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> CsvStream::Read(std::int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(nbytes));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t count, Read(nbytes, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(count, false));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

}  // namespace cryptonet::contributor::load

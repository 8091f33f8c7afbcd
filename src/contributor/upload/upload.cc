// SPDX-License-Identifier: Apache-2.0
// The steps of sending an upload.
#include "contributor/upload/upload.h"

#include <algorithm>

#include "api/call.h"
#include "api/routes.h"
#include "base/file_system.h"
#include "base/stop.h"

namespace cryptonet::contributor::upload {
namespace {

constexpr std::uint32_t kMaxPiecesPerRequest = 64;

base::Error with_resume_hint(base::Error error) {
  if (error.code == base::ErrorCode::kUnreachable) {
    if (!error.hint.empty()) error.hint += "; ";
    error.hint += "run the same command again: it goes on where it stopped";
  }
  return error;
}

base::Error incomplete(const std::string& who, std::size_t missing) {
  return {base::ErrorCode::kUnreachable, "upload.incomplete",
          who + " still misses " + std::to_string(missing) + " parts after all were sent",
          "run the same command again"};
}

class Sender {
 public:
  Sender(const UploadFolder& folder, net::HttpClient& gatekeeper, net::HttpClient& cloud,
         const OnProgress& on_progress)
      : folder_(folder), gatekeeper_(gatekeeper), cloud_(cloud), on_progress_(on_progress) {}

  base::Result<Uploaded> run() {
    CN_ASSIGN(api::UploadReceipt receipt, show_package());
    CN_RETURN_IF_ERROR(send_segments());
    CN_RETURN_IF_ERROR(send_hints(receipt));
    CN_ASSIGN(receipt, api::call<api::UploadReceipt>(gatekeeper_, api::gatekeeper::kPublishUpload,
                                                     {folder_.upload()}));
    Uploaded uploaded;
    uploaded.dataset = receipt.dataset;
    uploaded.version = receipt.version;
    uploaded.segments_sent = segments_sent_;
    uploaded.segments_present = folder_.segments().size() - segments_sent_;
    return uploaded;
  }

 private:
  base::Result<api::UploadReceipt> show_package() {
    return api::call<api::UploadReceipt>(gatekeeper_, api::gatekeeper::kPutPackage,
                                         {folder_.upload()}, {folder_.package()});
  }

  base::Status send_segments() {
    CN_ASSIGN(api::UploadState state,
              api::call<api::UploadState>(cloud_, api::cloud::kPutManifest, {folder_.upload()},
                                          {folder_.manifest().bytes()}));
    if (state.complete) return base::ok();
    CN_RETURN_IF_ERROR(start_segments(state.missing));
    for (const auto& name : state.missing) CN_RETURN_IF_ERROR(send_segment(name));
    CN_ASSIGN(state,
              api::call<api::UploadState>(cloud_, api::cloud::kCompleteUpload, {folder_.upload()}));
    if (!state.complete) return incomplete("the cloud", state.missing.size());
    return base::ok();
  }

  base::Status start_segments(const std::vector<std::string>& names) {
    Progress progress{"segments", 0, 0};
    for (const auto& name : names) {
      if (!folder_.has_segment(name)) {
        return base::Error(base::ErrorCode::kIntegrity, "upload.foreign_segment",
                           "the cloud asks for a segment that the manifest does not name");
      }
      std::error_code code;
      const auto size = std::filesystem::file_size(folder_.segment_path(name), code);
      if (code) return base::local_io_error("read", folder_.segment_path(name), code.value());
      progress.bytes_total += size;
    }
    progress_ = progress;
    report(0);
    return base::ok();
  }

  base::Status send_segment(const std::string& name) {
    CN_RETURN_IF_ERROR(base::check_stop());
    CN_ASSIGN(const auto file, base::MappedFile::open(folder_.segment_path(name)));
    CN_RETURN_IF_ERROR(folder_.check_segment(name, file.bytes()));
    CN_ASSIGN(const auto stored,
              api::call<api::SegmentStored>(cloud_, api::cloud::kPutSegment,
                                            {folder_.upload(), name}, {file.bytes()}));
    if (!stored.already_present) ++segments_sent_;
    report(file.bytes().size());
    return base::ok();
  }

  /// A receipt may name only some of what is missing, so it is asked until it names nothing; one
  /// that names the same again has not kept what it was sent.
  base::Status send_hints(api::UploadReceipt receipt) {
    progress_ = Progress{"hints", 0, 0};
    while (!receipt.missing_hint_pieces.empty()) {
      const auto missing = receipt.missing_hint_pieces;
      for (const auto& pieces : missing) {
        progress_.bytes_total += pieces.count * folder_.manifest().parameters().packed_bytes();
      }
      report(0);
      for (const auto& pieces : missing) CN_RETURN_IF_ERROR(send_pieces(pieces, receipt));
      if (receipt.missing_hint_pieces == missing) {
        return incomplete("the gatekeeper", missing.size());
      }
    }
    return base::ok();
  }

  /// One run of pieces of one unit; `receipt` becomes the last answer.
  base::Status send_pieces(const api::HintPieces& pieces, api::UploadReceipt& receipt) {
    CN_ASSIGN(const std::uint32_t unit, folder_.unit_of(pieces.unit));
    CN_ASSIGN(const auto file, base::MappedFile::open(folder_.hint_path(unit)));
    for (std::uint32_t done = 0; done < pieces.count;) {
      CN_RETURN_IF_ERROR(base::check_stop());
      const std::uint32_t first = pieces.first + done;
      const std::uint32_t count = std::min(kMaxPiecesPerRequest, pieces.count - done);
      CN_ASSIGN(const base::ByteView bytes, folder_.hint_pieces(unit, first, count, file.bytes()));
      CN_ASSIGN(receipt, api::call<api::UploadReceipt>(
                             gatekeeper_, api::gatekeeper::kPutHints,
                             {folder_.upload(), pieces.unit, std::to_string(first)}, {bytes}));
      done += count;
      report(bytes.size());
    }
    return base::ok();
  }

  void report(std::uint64_t bytes) {
    progress_.bytes_done += bytes;
    if (on_progress_) on_progress_(progress_);
  }

  const UploadFolder& folder_;
  net::HttpClient& gatekeeper_;
  net::HttpClient& cloud_;
  const OnProgress& on_progress_;
  Progress progress_;
  std::uint64_t segments_sent_ = 0;
};

}  // namespace

base::Result<Uploaded> send(const UploadFolder& folder, net::HttpClient& gatekeeper,
                            net::HttpClient& cloud, const OnProgress& on_progress) {
  auto uploaded = Sender(folder, gatekeeper, cloud, on_progress).run();
  if (!uploaded.ok()) return with_resume_hint(uploaded.take_error());
  return uploaded;
}

base::Result<api::Dropped> drop(net::HttpClient& gatekeeper, const std::string& dataset,
                                std::uint64_t version) {
  return api::call<api::Dropped>(gatekeeper, api::gatekeeper::kDropVersion,
                                 {dataset, std::to_string(version)});
}

}  // namespace cryptonet::contributor::upload

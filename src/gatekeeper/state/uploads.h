// SPDX-License-Identifier: Apache-2.0
// Uploads and their life: receiving -> published (a version of a dataset) -> dropped, and the
// frozen flag. The gatekeeper gives version numbers when an upload is published, counted per
// dataset from 1 and never reused; the manifest's digest is pinned when the upload is first seen,
// so a version means the same bytes for ever. Safe from several threads and processes.
#pragma once

#include <optional>

#include "columns/format/ids.h"
#include "gatekeeper/state/database.h"

namespace cryptonet::gatekeeper::state {

using columns::format::UploadId;

enum class UploadState : std::uint8_t { kReceiving, kPublished, kDropped };

struct Upload {
  UploadId id;
  std::string dataset;
  std::string enrolment;  ///< id of the enrolment under which it came
  base::Digest manifest_digest{};
  std::uint64_t rows = 0;
  UploadState state = UploadState::kReceiving;
  std::uint64_t version = 0;  ///< 0 until published
  bool frozen = false;
  std::uint64_t unfreezes = 0;         ///< how often it was unfrozen, ever
  std::uint64_t unfreezes_proved = 0;  ///< up to which of them the cloud has proved it anew
  bool awaits_proof() const { return unfreezes_proved < unfreezes; }
};

/// What a dataset keeps beyond its versions: the schema that every version must have.
struct DatasetSchema {
  base::Digest tag{};  ///< keyed hash of the canonical schema: equal tags mean equal schemas
  base::Bytes sealed;  ///< the canonical schema, sealed
};

/// How often an upload's key and totals were opened, ever.
struct Openings {
  UploadId id;
  std::string dataset;
  std::uint64_t version = 0;  ///< 0 until published
  std::uint64_t keys = 0;
  std::uint64_t totals = 0;
};

/// For figures.
struct UploadFigures {
  std::uint64_t published = 0;
  std::uint64_t frozen = 0;  ///< of the published ones
};

struct DatasetVersions {
  std::string name;
  std::vector<Upload> live;  ///< published, ascending by version
};

class Uploads {
 public:
  explicit Uploads(Database& database) : database_(database) {}

  /// Registers an upload that begins to arrive. Idempotent for the same manifest; kIntegrity when
  /// the id is pinned to another manifest, kBadInput when it was dropped.
  base::Result<Upload> receive(const Upload& upload, std::int64_t now_s);
  base::Result<std::optional<Upload>> find(const UploadId& id);
  /// A version of a dataset, dropped ones included.
  base::Result<std::optional<Upload>> find_version(const std::string& dataset,
                                                   std::uint64_t version);
  /// The schema of a dataset that has or had a published version.
  base::Result<std::optional<DatasetSchema>> find_schema(const std::string& dataset);
  /// Live versions of all datasets that have any, by name.
  base::Result<std::vector<DatasetVersions>> datasets();
  /// Live versions of one dataset; empty for an unknown one.
  base::Result<std::vector<Upload>> live(const std::string& dataset);

  /// Gives the next version number, once: asked again it gives the same. kBadInput when the schema
  /// differs from the dataset's or the upload was dropped; kRefused when the rows of all live
  /// versions pass `row_limit`.
  base::Result<Upload> publish(const UploadId& id, const DatasetSchema& schema,
                               std::uint64_t row_limit, std::int64_t now_s);
  /// Marks a version dropped, forgets its opened totals and the dataset's kept answers, and notes
  /// that the cloud is still to be asked. Idempotent.
  base::Status drop(const UploadId& id, std::int64_t now_s);
  base::Result<std::vector<UploadId>> pending_deletions();
  base::Status deletion_done(const UploadId& id);
  base::Result<std::vector<UploadId>> dropped();
  base::Result<UploadFigures> figures();

  /// Adds to the counts, on disk when it returns: before the opening, so that none is missing.
  base::Status count_openings(const UploadId& id, std::uint64_t keys, std::uint64_t totals);
  /// Of all uploads, dropped ones included, by dataset and version.
  base::Result<std::vector<Openings>> openings();

  /// On disk when it returns. The first freeze keeps its time.
  base::Status freeze(const UploadId& id, std::int64_t now_s);
  /// From now on the version awaits a proof, frozen before or not. kBadInput when there is no such
  /// live version. False: it was not frozen.
  base::Result<bool> unfreeze(const std::string& dataset, std::uint64_t version);
  /// A total was accepted for which the cloud was asked to prove anew when the version had been
  /// unfrozen so often.
  base::Status note_proof(const UploadId& id, std::uint64_t unfreezes);

 private:
  Database& database_;
};

}  // namespace cryptonet::gatekeeper::state

// SPDX-License-Identifier: Apache-2.0
// Files are written before the row that makes them count, and removed after the row that makes them
// not: what a crash leaves behind is never more than files that nothing refers to.
#include "gatekeeper/intake/intake.h"

#include <algorithm>

#include "gatekeeper/auth/enrolment.h"
#include "gatekeeper/open/hint_tags.h"

namespace cryptonet::gatekeeper::intake {
namespace {
using base::Error;
using base::ErrorCode;
using base::Result;
using columns::format::Manifest;

Error foreign() {
  return Error(ErrorCode::kRefused, "upload.foreign", "this upload came from another contributor");
}

Result<std::uint32_t> unit_index(const Manifest& manifest, const std::string& hex) {
  columns::format::UnitId id;
  const auto& units = manifest.body().units;
  const bool well_formed = base::from_hex(hex, id.bytes);
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.id == id; });
  if (!well_formed || found == units.end()) {
    return Error(ErrorCode::kBadInput, "upload.unit_not_found",
                 "the manifest of the upload names no such unit");
  }
  return static_cast<std::uint32_t>(found - units.begin());
}
}  // namespace

Result<open::UploadParts> Intake::check(const state::Principal& contributor,
                                        const state::UploadId& upload,
                                        const state::Package& package) {
  CN_ASSIGN(const auto secret, auth::enrolment_secret(sources_.keys, contributor.enrolment));
  CN_ASSIGN(const Manifest manifest, Manifest::parse(package.manifest));
  if (manifest.body().upload != upload) {
    return Error(ErrorCode::kBadInput, "upload.other_id",
                 "the manifest is of upload " + manifest.body().upload.hex() +
                     ", the address of upload " + upload.hex());
  }
  if (contributor.certificate.signing_key != manifest.body().contributor_key) {
    return Error(ErrorCode::kIntegrity, "upload.signing_key",
                 "the manifest is signed by another key than the one this contributor joined with",
                 "upload from the home with which the table was encrypted");
  }
  auto read = open::read_package({sources_.keys, secret}, package);
  if (!read.ok() && read.error().code == ErrorCode::kIntegrity) {
    Error error = read.take_error();
    error.hint =
        "if the gatekeeper's sealing key was replaced since the table was encrypted: cryptonet "
        "join again, then encrypt again";
    return error;
  }
  CN_ASSIGN(auto parts, std::move(read));
  CN_RETURN_IF_ERROR(check_parts(parts));
  return parts;
}

Result<DatasetSoFar> Intake::dataset_so_far(const std::string& name,
                                            const state::UploadId& without) {
  DatasetSoFar so_far;
  CN_ASSIGN(const auto schema, sources_.uploads.find_schema(name));
  if (schema.has_value()) {
    CN_ASSIGN(const auto text,
              sources_.keys.unseal(keys::RecordKind::kSchema, base::view_of(name), schema->sealed));
    CN_ASSIGN(so_far.schema, table::parse_schema(base::text_of(text.span()), name));
  }
  CN_ASSIGN(const auto live, sources_.uploads.live(name));
  for (const state::Upload& upload : live) {
    if (upload.id != without) so_far.live_rows += upload.rows;
  }
  return so_far;
}

Result<api::UploadReceipt> Intake::offer(const state::Principal& contributor,
                                         const state::UploadId& upload,
                                         const state::Package& package, std::int64_t now_s) {
  const auto mutex = sources_.locks.of(upload);
  const std::lock_guard lock(*mutex);
  CN_ASSIGN(const auto parts, check(contributor, upload, package));
  CN_ASSIGN(const auto known, sources_.uploads.find(upload));
  const Manifest& manifest = *parts.manifest;
  state::Upload offered;
  offered.id = upload;
  offered.dataset = parts.legend->dataset;
  offered.enrolment = contributor.enrolment.id;
  offered.manifest_digest = manifest.digest();
  offered.rows = parts.legend->rows;
  if (!known.has_value()) {
    CN_ASSIGN(const DatasetSoFar so_far, dataset_so_far(offered.dataset, upload));
    CN_RETURN_IF_ERROR(check_append(parts, so_far));
    CN_RETURN_IF_ERROR(sources_.files.store_package(upload, package));
  }
  CN_ASSIGN(const state::Upload received, sources_.uploads.receive(offered, now_s));
  return receipt(received, manifest);
}

Result<state::Upload> Intake::owned(const state::Principal& contributor,
                                    const state::UploadId& upload) {
  CN_ASSIGN(auto known, sources_.uploads.find(upload));
  if (!known.has_value()) {
    return Error(ErrorCode::kBadInput, "upload.not_found",
                 "the upload " + upload.hex() + " is not known here",
                 "show its package first; cryptonet upload does both");
  }
  if (known->enrolment != contributor.enrolment.id) return foreign();
  if (known->state == state::UploadState::kDropped) {
    return Error(ErrorCode::kBadInput, "upload.dropped",
                 "the upload " + upload.hex() + " was dropped and cannot come back",
                 "encrypt the table again: it gets a new upload and a new version");
  }
  return std::move(*known);
}

Result<api::UploadReceipt> Intake::add_hints(const state::Principal& contributor,
                                             const HintRequest& request) {
  const auto mutex = sources_.locks.of(request.upload);
  const std::lock_guard lock(*mutex);
  CN_ASSIGN(const state::Upload upload, owned(contributor, request.upload));
  CN_ASSIGN(const auto parts, sources_.catalogue.parts_of(upload));
  if (contributor.certificate.signing_key != parts.manifest->body().contributor_key) {
    return foreign();
  }
  CN_ASSIGN(const std::uint32_t unit, unit_index(*parts.manifest, request.unit));
  CN_RETURN_IF_ERROR(
      sources_.files.add_hint_pieces(*parts.manifest, {unit, request.first, request.pieces}));
  CN_ASSIGN(const std::uint32_t held, sources_.files.hint_pieces_held(*parts.manifest, unit));
  if (held == columns::format::hint_pieces(*parts.manifest)) {
    CN_RETURN_IF_ERROR(open::tag_hints(sources_.keys, sources_.files, *parts.manifest, unit));
  }
  return receipt(upload, *parts.manifest);
}

Result<api::UploadReceipt> Intake::publish(const state::Principal& contributor,
                                           const state::UploadId& upload_id, std::int64_t now_s) {
  const auto mutex = sources_.locks.of(upload_id);
  const std::lock_guard lock(*mutex);
  CN_ASSIGN(const state::Upload upload, owned(contributor, upload_id));
  CN_ASSIGN(const auto parts, sources_.catalogue.parts_of(upload));
  CN_ASSIGN(const auto so_far, receipt(upload, *parts.manifest));
  if (!so_far.missing_hint_pieces.empty()) {
    return Error(ErrorCode::kBadInput, "upload.incomplete",
                 "the hints of " + std::to_string(so_far.missing_hint_pieces.size()) + " of " +
                     std::to_string(parts.manifest->body().units.size()) +
                     " units are not complete",
                 "run cryptonet upload again; it sends what is missing");
  }
  if (upload.state == state::UploadState::kReceiving) {
    CN_RETURN_IF_ERROR(sources_.files.make_durable(upload_id));
    CN_ASSIGN(const DatasetSoFar dataset, dataset_so_far(upload.dataset, upload_id));
    CN_RETURN_IF_ERROR(check_append(parts, dataset));
  }
  // The set that was taken stands in the dataset's schema, whether it was named or chosen; `wide`
  // is left out, so that datasets from before there were others keep their text.
  table::Schema published_schema = parts.legend->schema;
  published_schema.parameters.reset();
  const auto& set = parts.manifest->parameters();
  if (set.id != columns::format::ParameterSetId::kWide) published_schema.parameters = set.name;
  const std::string schema = table::write_schema(published_schema);
  const state::DatasetSchema sealed{
      sources_.keys.tag(keys::RecordKind::kSchema, base::view_of(schema)),
      sources_.keys.seal(keys::RecordKind::kSchema, base::view_of(upload.dataset),
                         base::view_of(schema))};
  CN_ASSIGN(const state::Upload published,
            sources_.uploads.publish(upload_id, sealed, parts.legend->schema.row_limit, now_s));
  return receipt(published, *parts.manifest);
}

Result<state::UploadId> Intake::drop(const state::Principal& contributor,
                                     const std::string& dataset, std::uint64_t version,
                                     std::int64_t now_s) {
  CN_ASSIGN(const auto upload, sources_.uploads.find_version(dataset, version));
  if (!upload.has_value()) {
    return Error(ErrorCode::kBadInput, "version.not_found",
                 "the dataset '" + dataset + "' has no version " + std::to_string(version));
  }
  if (upload->enrolment != contributor.enrolment.id) return foreign();
  const auto mutex = sources_.locks.of(upload->id);
  const std::lock_guard lock(*mutex);
  CN_RETURN_IF_ERROR(sources_.uploads.drop(upload->id, now_s));
  sources_.catalogue.forget(upload->id);
  CN_RETURN_IF_ERROR(sources_.files.remove(upload->id));
  return upload->id;
}

Result<api::UploadReceipt> Intake::receipt(const state::Upload& upload, const Manifest& manifest) {
  api::UploadReceipt receipt;
  receipt.upload = upload.id.hex();
  receipt.dataset = upload.dataset;
  receipt.version = upload.version;
  receipt.published = upload.state == state::UploadState::kPublished;
  const std::uint32_t all = columns::format::hint_pieces(manifest);
  const auto& units = manifest.body().units;
  for (std::uint32_t unit = 0; unit < units.size(); ++unit) {
    CN_ASSIGN(const std::uint32_t held, sources_.files.hint_pieces_held(manifest, unit));
    if (held < all) receipt.missing_hint_pieces.push_back({units[unit].id.hex(), held, all - held});
  }
  return receipt;
}

}  // namespace cryptonet::gatekeeper::intake

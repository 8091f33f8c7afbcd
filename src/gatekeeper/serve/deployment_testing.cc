// SPDX-License-Identifier: Apache-2.0
#include "gatekeeper/serve/deployment_testing.h"

#include <sodium.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "api/join_proof.h"
#include "api/routes.h"
#include "base/hash.h"
#include "columns/encrypt/encryptor.h"
#include "columns/format/segment.h"
#include "columns/total/total.h"
#include "net/certificate.h"

namespace cryptonet::gatekeeper::serve {
namespace {
namespace format = columns::format;
using base::Result;

net::Route cloud_route(const api::RouteInfo& info, net::Handler handler) {
  return {std::string(info.method),
          std::string(info.pattern),
          {net::PeerRole::kGatekeeper},
          std::max<std::size_t>(info.max_body_bytes, 1),
          std::move(handler)};
}

std::vector<base::ByteView> views(const std::vector<base::Bytes>& chunks) {
  return {chunks.begin(), chunks.end()};
}
}  // namespace

LyingCloud::LyingCloud(const std::filesystem::path& enrolment_file) {
  const auto text = *base::read_file(enrolment_file, 1 << 20);
  const auto enrolment = *api::CloudEnrolment::from_json(base::text_of(text));
  identity_ = {enrolment.certificate_pem, enrolment.key_pem, enrolment.authority_pem};
  base::OsRandomness().fill(secret_.span());
  start();
}

void LyingCloud::start() {
  net::ServerOptions options;
  options.listen = url_.empty() ? "127.0.0.1:0" : url_.substr(std::string("https://").size());
  options.identity = identity_;
  options.routes.push_back(cloud_route(api::cloud::kComputeTotals,
                                       [this](const auto& request) { return answer(request); }));
  options.routes.push_back(cloud_route(api::cloud::kDeleteUpload, [this](const auto& request) {
    format::UploadId id;
    CHECK(base::from_hex(request.path_parameters.at(0), id.bytes));
    const std::lock_guard lock(mutex_);
    uploads_.erase(id);
    return Result<net::HttpResponse>(net::json_response("{}"));
  }));
  options.routes.push_back(cloud_route(
      api::cloud::kGetStatus,
      [](const auto&) -> Result<net::HttpResponse> { return net::json_response("{}"); }));
  auto server = net::HttpServer::start(std::move(options));
  CHECK(server.ok());
  server_ = std::move(server).value();
  url_ = server_->url();
}

void LyingCloud::stop() { server_.reset(); }

void LyingCloud::tell(Lie lie) {
  const std::lock_guard lock(mutex_);
  lie_ = std::move(lie);
}

Result<base::Bytes> LyingCloud::honest(const format::TotalsRequest&, Numbers numbers) {
  return format::write_totals_reply(format::wide_set(), numbers);
}

void LyingCloud::hold(const format::UploadId& upload, StoredChunks chunks) {
  const std::lock_guard lock(mutex_);
  uploads_[upload] = std::move(chunks);
}

bool LyingCloud::holds(const format::UploadId& upload) {
  const std::lock_guard lock(mutex_);
  return uploads_.contains(upload);
}

Result<net::HttpResponse> LyingCloud::answer(const net::HttpRequest& http) {
  CN_ASSIGN(const auto request, format::parse_totals_request(http.body));
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(request.upload);
  if (found == uploads_.end()) {
    return base::Error(base::ErrorCode::kBadInput, "upload.not_found", "no such upload");
  }
  const auto& set = format::wide_set();
  Numbers numbers;
  for (const std::uint32_t unit : request.units) {
    for (const format::ColumnPair& pair : request.pairs) {
      const auto& columns = found->second.at(unit);
      const auto left = views(columns.at(pair.left));
      const auto right = pair.right == format::kNoColumn ? std::vector<base::ByteView>()
                                                         : views(columns.at(pair.right));
      format::UnitId unit_id;  // any fixed name of the unit serves the blinding
      unit_id.bytes.fill(static_cast<std::uint8_t>(unit));
      numbers.push_back(columns::total::blind(set, secret_, request.upload, unit_id, pair,
                                              columns::total::partial_total(set, left, right)));
    }
  }
  totals_asked_ += numbers.size();
  CN_ASSIGN(auto reply, lie_(request, std::move(numbers)));
  return net::octet_response(std::move(reply));
}

Result<std::string> Client::call(const std::string& method, const std::string& path,
                                 base::ByteView body) {
  CN_ASSIGN(const auto reply, connection->request(method, path, body, "application/octet-stream"));
  return std::string(base::text_of(reply));
}

Result<api::QueryResult> Client::ask(const std::string& sql, bool cache) {
  CN_ASSIGN(const auto reply, call("POST", "/v1/query",
                                   base::view_of(api::QueryRequest{sql, false, cache}.to_json())));
  return api::QueryResult::from_json(reply);
}

Deployment::Deployment() {
  base::start_sodium();
  spdlog::set_level(spdlog::level::off);  // a test prints when it fails
  std::string pattern = (std::filesystem::temp_directory_path() / "cn_gate_XXXXXX").string();
  CHECK(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  const auto made =
      home::init(folder(), base::real_file_system(), randomness_, std::chrono::system_clock::now());
  CHECK(made.ok());
  cloud_ = std::make_unique<LyingCloud>(folder() / "enrol-cloud");
  start();
}

Deployment::~Deployment() {
  server_.reset();
  parts_.reset();
  gate_.reset();
  link_.reset();
  home_.reset();
  cloud_.reset();
  std::filesystem::remove_all(folder_);
}

void Deployment::start() {
  home_ = *home::Home::open(folder(), randomness_);
  link_ = *verify::CloudLink::create(cloud_->url(), home_->identity());
  gate_ = *auth::Gate::open(home_->database(), home_->keys(), randomness_);
  parts_ = std::make_unique<Parts>(*home_, *link_, *gate_, "test");
  net::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.identity = home_->identity();
  options.routes = make_routes(*parts_);
  server_ = *net::HttpServer::start(std::move(options));
}

void Deployment::restart() {
  server_.reset();
  parts_.reset();
  gate_.reset();
  link_.reset();
  home_.reset();
  start();
}

std::string Deployment::session_of(const std::string& person) {
  const std::int64_t now = gate_->clock->now_s();
  if (!(*gate_->people.find(person)).has_value()) {
    CHECK(gate_->people.add(person, state::Role::kResearcher, {"-", {}, 0, {}}, now).ok());
  }
  const std::string token = auth::make_token(state::KeyKind::kSession, randomness_);
  state::AccessKey key;
  key.id = auth::make_key_id(randomness_);
  key.hash = auth::token_hash(token);
  key.person = person;
  key.made_at = key.last_used_at = key.second_factor_at = now;
  key.expires_at = now + auth::kSessionS;
  key.idle_s = auth::kSessionIdleS;
  CHECK(gate_->keys.add(key).ok());
  return token;
}

Client Deployment::join(const std::string& name, state::EnrolmentRole role) {
  const auto file = folder() / ("enrol-" + name);
  if (!std::filesystem::exists(file)) {
    CHECK(auth::enrol(home_->authority(), {name, role}, file, base::real_file_system(), randomness_,
                      std::chrono::system_clock::now())
              .ok());
  }
  const auto text = *base::read_file(file, 1 << 20);
  const auto enrolment = *api::Enrolment::from_json(base::text_of(text));
  Client client;
  client.name = name;
  const auto secret = *base::from_base64(enrolment.secret);
  std::copy(secret.begin(), secret.end(), client.enrolment_secret.span().begin());
  std::array<std::uint8_t, 32> public_key{};
  CHECK(crypto_sign_keypair(public_key.data(), client.signing_key.data()) == 0);
  const auto key = *net::make_key_and_request(name);
  api::JoinRequest request{enrolment.id, key.csr_pem, {}, {}};
  if (role == state::EnrolmentRole::kContributor) {
    request.signing_key = base::to_base64(public_key);
  }
  request.proof = base::to_hex(api::join_proof(secret, request.csr_pem, request.signing_key));
  net::ClientOptions options;
  options.url = server_->url();
  options.identity.authority_pem = enrolment.authority_pem;
  options.server_role = net::PeerRole::kGatekeeper;
  const auto joining = *net::HttpClient::create(options);
  const auto reply =
      joining->request("POST", "/v1/join", base::view_of(request.to_json()), "application/json");
  CHECK(reply.ok());
  options.identity.certificate_pem =
      api::JoinReply::from_json(base::text_of(*reply))->certificate_pem;
  options.identity.key_pem = key.key_pem;
  client.connection = *net::HttpClient::create(options);
  if (role == state::EnrolmentRole::kResearcher) client.connection->set_bearer(session_of(name));
  return client;
}

EncryptedTable Deployment::encrypt(const Client& contributor, const TableToEncrypt& table) {
  namespace encrypt = columns::encrypt;
  const auto& set = format::wide_set();
  plan::DatasetView view = plan::view_of(table.schema, table.dataset);
  const plan::ClearTable placed = plan::place_rows({table.rows}, view);
  EncryptedTable made;
  std::vector<encrypt::ColumnPlan> plans;
  std::vector<std::uint32_t> sources;  // the stored column behind each source
  for (const table::StoredColumn& column : view.layout.columns()) {
    encrypt::ColumnPlan plan;
    randomness_.fill(plan.id.bytes);
    plan.check_of = column.check_of;
    plan.check = column.check;
    plan.source = static_cast<std::uint32_t>(sources.size());
    if (!column.check_of) sources.push_back(static_cast<std::uint32_t>(plans.size()));
    if (column.check_of) plan.source = 0;
    plans.push_back(plan);
    made.body.columns.push_back(plan.id);
  }
  base::Secret<32> device;
  randomness_.fill(device.span());
  auto encryptor = *encrypt::UploadEncryptor::create(set, plans, device, randomness_);
  made.body.upload = encryptor.upload();
  made.body.key_commitment = encryptor.key_commitment();
  CHECK(crypto_sign_ed25519_sk_to_pk(made.body.contributor_key.data(),
                                     contributor.signing_key.data()) == 0);
  table::Legend legend;
  legend.dataset = table.dataset;
  legend.schema = table.schema;
  legend.rows = table.rows.size();
  base::ThreadPool pool(1);
  for (std::size_t u = 0; u < placed[0].size(); ++u) {
    const auto& rows = placed[0][u];
    CHECK(rows.size() <= set.ring_degree());  // one chunk is enough here
    legend.units.push_back({view.versions[0].units[u].partition, rows.size()});
    auto& stored = made.chunks.emplace_back(plans.size());
    const encrypt::ChunkSink sink = [&](std::uint32_t column, std::uint32_t, base::ByteView bytes) {
      stored[column].emplace_back(bytes.begin(), bytes.end());
      return base::ok();
    };
    std::vector<std::vector<std::int64_t>> values;
    for (const std::uint32_t column : sources) {
      auto& out = values.emplace_back();
      for (const auto& row : rows) out.push_back(plan::stored_value(view, row, column));
    }
    const std::vector<std::span<const std::int64_t>> spans(values.begin(), values.end());
    format::UnitEntry entry;
    randomness_.fill(entry.id.bytes);
    auto unit = encryptor.open_unit(entry.id);
    CHECK(unit.encrypt_chunk(spans, pool, sink).ok());
    const auto hints = *unit.close(pool, sink);
    entry.chunks = unit.chunks();
    entry.cap_of_totals = table.cap_of_totals.value_or(rows.size() / 3);
    entry.shared_hint_hash = base::sha256(hints.shared);
    base::Bytes pieces = hints.shared;
    for (std::size_t c = 0; c < plans.size(); ++c) {
      entry.hint_hashes.push_back(base::sha256(hints.columns[c]));
      pieces.insert(pieces.end(), hints.columns[c].begin(), hints.columns[c].end());
      entry.segments.push_back({base::sha256(stored[c][0])});  // the cloud here has no files
    }
    made.hints.push_back(std::move(pieces));
    made.body.units.push_back(std::move(entry));
  }
  made.sealed_legend = encryptor.seal_legend(base::view_of(table::write_legend(legend)));
  made.body.legend_hash = base::sha256(made.sealed_legend);
  made.sealed_key = format::write_sealed_key(*encryptor.seal_key(
      home_->keys().public_key(), contributor.enrolment_secret, format::merkle_root_of(made.body)));
  return made;
}

base::Bytes Deployment::package(const Client& contributor, const EncryptedTable& table) {
  const auto manifest = *format::Manifest::sign(table.body, contributor.signing_key);
  base::ByteWriter writer;
  writer.block(manifest.bytes());
  writer.block(table.sealed_key);
  writer.block(table.sealed_legend);
  return std::move(writer).take();
}

Result<api::UploadReceipt> Deployment::send_hints(Client& contributor,
                                                  const EncryptedTable& table) {
  const std::size_t piece = format::wide_set().packed_bytes();
  const std::string base = "/v1/uploads/" + table.body.upload.hex();
  std::string reply;
  for (std::size_t unit = 0; unit < table.hints.size(); ++unit) {
    const std::size_t pieces = table.hints[unit].size() / piece;
    for (std::size_t first = 0; first < pieces; first += 3) {  // several requests per unit
      const std::size_t count = std::min<std::size_t>(3, pieces - first);
      CN_ASSIGN(
          reply,
          contributor.call(
              "PUT",
              base + "/hints/" + table.body.units[unit].id.hex() + "/" + std::to_string(first),
              base::ByteView(table.hints[unit]).subspan(first * piece, count * piece)));
    }
  }
  return api::UploadReceipt::from_json(reply);
}

Result<api::UploadReceipt> Deployment::upload(Client& contributor, const EncryptedTable& table) {
  const std::string base = "/v1/uploads/" + table.body.upload.hex();
  CN_RETURN_IF_ERROR(contributor.call("PUT", base, package(contributor, table)));
  cloud_->hold(table.body.upload, table.chunks);
  CN_RETURN_IF_ERROR(send_hints(contributor, table));
  CN_ASSIGN(const auto reply, contributor.call("POST", base + "/publish"));
  return api::UploadReceipt::from_json(reply);
}

}  // namespace cryptonet::gatekeeper::serve

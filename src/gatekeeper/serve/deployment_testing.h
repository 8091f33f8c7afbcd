// SPDX-License-Identifier: Apache-2.0
// For tests: a whole gatekeeper in a folder of its own, served over TLS; a cloud that computes the
// right totals and can be told to lie; contributors that encrypt clear rows with the real
// encryptor; and clients that join as the command line does. Only the cloud's honesty is not real.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>

#include "columns/format/totals.h"
#include "gatekeeper/plan/tables_for_test.h"
#include "gatekeeper/serve/gatekeeper.h"

namespace cryptonet::gatekeeper::serve {

/// Packed chunks as the cloud stores them: [unit][column][chunk].
using StoredChunks = std::vector<std::vector<std::vector<base::Bytes>>>;
using Numbers = std::vector<columns::format::Residues>;

/// A server with the cloud's certificate. `lie` gets the request and the right numbers and gives
/// the reply's bytes, or an error to answer with.
class LyingCloud {
 public:
  using Lie = std::function<base::Result<base::Bytes>(const columns::format::TotalsRequest&,
                                                      Numbers numbers)>;
  explicit LyingCloud(const std::filesystem::path& enrolment_file);
  /// Starts (again) at the same address.
  void start();
  void stop();
  void tell(Lie lie);
  static base::Result<base::Bytes> honest(const columns::format::TotalsRequest& request,
                                          Numbers numbers);
  void hold(const columns::format::UploadId& upload, StoredChunks chunks);
  bool holds(const columns::format::UploadId& upload);
  const std::string& url() const { return url_; }
  std::size_t totals_asked() const { return totals_asked_; }

 private:
  base::Result<net::HttpResponse> answer(const net::HttpRequest& request);
  net::TlsIdentity identity_;
  std::string url_;
  std::unique_ptr<net::HttpServer> server_;
  std::mutex mutex_;
  Lie lie_ = honest;
  std::map<columns::format::UploadId, StoredChunks> uploads_;
  base::Secret<32> secret_;
  std::atomic<std::size_t> totals_asked_{0};
};

/// Somebody who joined.
struct Client {
  std::unique_ptr<net::HttpClient> connection;
  std::string name;
  base::Secret<32> enrolment_secret;
  base::Secret<64> signing_key;

  base::Result<std::string> call(const std::string& method, const std::string& path,
                                 base::ByteView body = {});
  /// Asks; the rows of the document as JSON text, or the error.
  base::Result<api::QueryResult> ask(const std::string& sql, bool cache = true);
};

/// An upload as a contributor's folder holds it.
struct EncryptedTable {
  columns::format::ManifestBody body;
  base::Bytes sealed_key;
  base::Bytes sealed_legend;
  std::vector<base::Bytes> hints;  ///< per unit: the pieces, without the file's header
  StoredChunks chunks;
};

struct TableToEncrypt {
  std::string dataset = "t";
  table::Schema schema;
  std::vector<plan::ClearRow> rows;
  std::optional<std::uint64_t> cap_of_totals;  ///< default: a third of the unit's rows
};

class Deployment {
 public:
  Deployment();
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  LyingCloud& cloud() { return *cloud_; }
  Parts& parts() { return *parts_; }
  home::Home& home() { return *home_; }
  std::string url() const { return server_->url(); }
  std::filesystem::path folder() const { return folder_ / "home"; }
  /// Ends the server and starts one over the same home.
  void restart();

  /// Enrols when the name is new, and joins; on a researcher's machine a researcher of the same
  /// name is signed in.
  Client join(const std::string& name, state::EnrolmentRole role);
  EncryptedTable encrypt(const Client& contributor, const TableToEncrypt& table);
  /// The package as the contributor signs it.
  base::Bytes package(const Client& contributor, const EncryptedTable& table);
  /// Package, hints, publish; the chunks go to the cloud. The receipt of the publication.
  base::Result<api::UploadReceipt> upload(Client& contributor, const EncryptedTable& table);
  base::Result<api::UploadReceipt> send_hints(Client& contributor, const EncryptedTable& table);

 private:
  void start();
  /// A session without the hashing that signing in costs: the rows are written as they would be.
  std::string session_of(const std::string& person);
  std::filesystem::path folder_;
  base::OsRandomness randomness_;
  std::unique_ptr<home::Home> home_;
  std::unique_ptr<LyingCloud> cloud_;
  std::unique_ptr<verify::CloudLink> link_;
  std::unique_ptr<auth::Gate> gate_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace cryptonet::gatekeeper::serve

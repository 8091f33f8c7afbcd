// SPDX-License-Identifier: Apache-2.0
// Whole HTTP requests to a whole gatekeeper: the parser, the entrance, the handlers and the state
// behind them are the real ones, only TLS is left out. The first byte says which machine asks. So
// that inputs can be kept, "TOKEN-n" in a header stands for a token that is good in this world, and
// "Content-Length: *" for the right length.
//
// No crash; whatever the bytes are, only who may is answered with a success; no refusal tells a
// token or a place on the gatekeeper's disk; what was done is in the audit log.
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "api/join_proof.h"
#include "api/routes.h"
#include "gatekeeper/auth/admission.h"
#include "gatekeeper/auth/enrolment.h"
#include "gatekeeper/serve/gatekeeper.h"
#include "net/certificate.h"
#include "net/error_body.h"
#include "net/in_process.h"
#include "net/target.h"

namespace {

using namespace cryptonet;
namespace fs = std::filesystem;
namespace auth = gatekeeper::auth;
namespace state = gatekeeper::state;
namespace serve = gatekeeper::serve;

constexpr int kAnswersPerWorld = 64;
constexpr std::array kPersons = {state::Role::kContributor, state::Role::kResearcher,
                                 state::Role::kSteward, state::Role::kCustodian,
                                 state::Role::kAuditor};
constexpr std::size_t kKeyOfResearcher = 5;  ///< an access key, not a session
constexpr std::size_t kOldCustodian = 6;     ///< its second factor was shown long ago
constexpr std::size_t kOnPage = 7;           ///< a custodian's session in a browser
constexpr std::size_t kTokens = 8;
constexpr std::size_t kSignedInOn = 2;  ///< the machine of all sessions but the page's

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "\n%s\n", what.c_str());
  std::abort();
}

/// A home as it was made, once; worlds are copies of it.
class Template {
 public:
  Template() {
    base::start_sodium();
    spdlog::set_level(spdlog::level::off);
    std::string pattern = "/dev/shm/cn_requests_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) fail("no folder for the home");
    root_ = pattern;
    const auto now = std::chrono::system_clock::now();
    base::OsRandomness randomness;
    auto& files = base::real_file_system();
    if (!gatekeeper::home::init(home(), files, randomness, now).ok()) fail("no home");
    const auto opened = *gatekeeper::home::Home::open(home(), randomness);
    const auto gate = *auth::Gate::open(opened->database(), opened->keys(), randomness);
    join(*opened, "c", state::EnrolmentRole::kContributor, peers[1]);
    join(*opened, "r", state::EnrolmentRole::kResearcher, peers[2]);
    peers[3].role = net::PeerRole::kGatekeeper;
    peers[4].role = net::PeerRole::kCloud;
    peers[5] = peers[1];
    peers[5].certificate_hash = {};  // of nobody who joined
    for (auto& peer : peers) peer.address = "192.0.2.1";
    const std::int64_t now_s = gate->clock->now_s();
    const base::Digest& machine = peers[kSignedInOn].certificate_hash;
    for (std::size_t i = 0; i < kPersons.size(); ++i) {
      const std::string name(state::role_word(kPersons[i]));
      const auto credential = *gate->sign_in.make_credential(name, "a password of " + name);
      if (!gate->people.add(name, kPersons[i], credential.stored, now_s).ok()) fail("no person");
      tokens[i] = token(*gate, name, state::KeyKind::kSession, now_s, machine);
    }
    tokens[kKeyOfResearcher] = token(*gate, "researcher", state::KeyKind::kAccessKey, now_s);
    tokens[kOldCustodian] =
        token(*gate, "custodian", state::KeyKind::kSession, now_s - 2 * auth::kFreshS, machine);
    tokens[kOnPage] = token(*gate, "custodian", state::KeyKind::kSession, now_s, base::Digest{});
  }
  ~Template() { fs::remove_all(root_); }
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;

  fs::path home() const { return root_ / "template"; }
  fs::path copy() const { return root_ / "home"; }
  std::string root() const { return root_.string(); }

  std::array<net::Peer, 6> peers;
  std::array<std::string, kTokens> tokens;

 private:
  /// As `enrol` and `join` do it.
  void join(gatekeeper::home::Home& home, const std::string& name, state::EnrolmentRole role,
            net::Peer& peer) {
    const auto now = std::chrono::system_clock::now();
    const fs::path file = root_ / name;
    base::OsRandomness randomness;
    if (!auth::enrol(home.authority(), {name, role}, file, base::real_file_system(), randomness,
                     now)
             .ok()) {
      fail("no enrolment");
    }
    const base::Bytes text = *base::read_file(file, 1 << 20);
    const auto enrolment = *api::Enrolment::from_json(base::text_of(text));
    const base::Bytes secret = *base::from_base64(enrolment.secret);
    api::JoinRequest request{enrolment.id, net::make_key_and_request(name)->csr_pem, {}, {}};
    if (role == state::EnrolmentRole::kContributor) request.signing_key = base::to_base64(secret);
    request.proof = base::to_hex(api::join_proof(secret, request.csr_pem, request.signing_key));
    const auto info = *net::read_certificate(*auth::join(home.authority(), request, now));
    peer.role = info.role;
    peer.name = info.name;
    peer.certificate_hash = info.hash;
  }

  static std::string token(auth::Gate& gate, const std::string& person, state::KeyKind kind,
                           std::int64_t second_factor_at,
                           std::optional<base::Digest> certificate = {}) {
    base::OsRandomness randomness;
    std::string made = auth::make_token(kind, randomness);
    state::AccessKey key;
    key.id = auth::make_key_id(randomness);
    key.hash = auth::token_hash(made);
    key.kind = kind;
    key.person = person;
    key.certificate = certificate;
    key.second_factor_at = second_factor_at;
    key.made_at = key.last_used_at = gate.clock->now_s();
    key.expires_at = key.made_at + auth::kSessionS;
    key.idle_s = auth::kSessionIdleS;
    if (!gate.keys.add(key).ok()) fail("no token");
    return made;
  }
  fs::path root_;
};

const Template& made_once() {
  static const Template once;
  return once;
}

/// A gatekeeper over a copy of the home. Its cloud cannot be reached.
class World {
 public:
  World() {
    const Template& from = made_once();
    fs::remove_all(from.copy());
    fs::copy(from.home(), from.copy(), fs::copy_options::recursive);
    home_ = *gatekeeper::home::Home::open(from.copy(), randomness_);
    link_ = *gatekeeper::verify::CloudLink::create("https://127.0.0.1:1", home_->identity());
    gate_ = *auth::Gate::open(home_->database(), home_->keys(), randomness_);
    parts_ = std::make_unique<serve::Parts>(*home_, *link_, *gate_, "fuzz");
    parts_->page = std::make_unique<serve::Page>(
        home_->database(), randomness_, *auth::passkey_site("https://gatekeeper.example:4443"));
    routes_ = serve::make_routes(*parts_);
  }
  const std::vector<net::Route>& routes() const { return routes_; }
  std::uint64_t recorded() {
    const auto head = parts_->audit.head();
    if (!head.ok()) fail("the audit log does not work");
    return head->sequence;
  }
  bool sealed() const { return home_->sealed(); }

 private:
  base::OsRandomness randomness_;
  std::unique_ptr<gatekeeper::home::Home> home_;
  std::unique_ptr<gatekeeper::verify::CloudLink> link_;
  std::unique_ptr<auth::Gate> gate_;
  std::unique_ptr<serve::Parts> parts_;
  std::vector<net::Route> routes_;
};

/// One request as it was written down, and what its placeholders stood for.
struct Written {
  std::string bytes;
  std::array<bool, kTokens> shown{};  ///< anywhere in the header
  bool authorizes = false;            ///< by the header field for that
};

Written written_out(std::string text) {
  Written made;
  const std::size_t end = std::min(text.find("\r\n\r\n"), text.size());
  std::string head = text.substr(0, end);
  const std::string body = text.substr(std::min(end + 4, text.size()));
  for (std::size_t i = 0; i < kTokens; ++i) {
    const std::string name = "TOKEN-" + std::to_string(i);
    if (const std::size_t at = head.find(name); at != std::string::npos) {
      head.replace(at, name.size(), made_once().tokens[i]);
      made.shown[i] = true;
    }
  }
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  made.authorizes = lower.find("authorization:") != std::string::npos;
  const std::string length = "Content-Length: *";
  if (const std::size_t at = head.find(length); at != std::string::npos) {
    head.replace(at + length.size() - 1, 1, std::to_string(body.size()));
  }
  made.bytes = head + text.substr(end, 4) + body;
  return made;
}

const api::RouteInfo* route_of(std::string_view method, const std::string& pattern) {
  namespace routes = api::gatekeeper;
  for (const api::RouteInfo* info : routes::kAll) {
    if (info->method == method && info->pattern == pattern) return info;
  }
  return nullptr;
}

template <typename List, typename Word>
bool has(const List& list, const Word& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether the API lets anybody with this certificate and these tokens have a success here.
bool may(const api::RouteInfo& info, const net::Peer& peer, const Written& request) {
  if (!info.anybody && !has(info.roles, net::role_name(peer.role))) return false;
  if (info.people.empty()) return true;
  for (std::size_t i = 0; i < kTokens; ++i) {
    if (!request.shown[i] || i == kOnPage) continue;
    if (i == kKeyOfResearcher && !info.access_keys) continue;
    if (i == kOldCustodian && info.step_up) continue;
    if (i != kKeyOfResearcher && &peer != &made_once().peers[kSignedInOn]) continue;
    const auto role = i == kKeyOfResearcher ? state::Role::kResearcher
                      : i == kOldCustodian  ? state::Role::kCustodian
                                            : kPersons[i];
    if (has(info.people, state::role_word(role))) return true;
  }
  return !request.authorizes && has(info.alone, net::role_name(peer.role));
}

/// The page's routes say in their handlers who may. Without its session they let in, or say that
/// nobody is there.
bool needs_page_session(std::string_view pattern) {
  constexpr std::string_view kPage = "/v1/page/";
  if (!pattern.starts_with(kPage)) return false;
  const std::string_view rest = pattern.substr(kPage.size());
  return rest != "account" && !rest.starts_with("sign-in");
}

void check_success(const std::string& method, const std::string& pattern, const net::Peer& peer,
                   const Written& request) {
  const api::RouteInfo* info = route_of(method, pattern);
  if (info == nullptr) return;  // a file of the page
  if (!may(*info, peer, request)) fail("a success for whom the API does not let in: " + pattern);
  if (needs_page_session(pattern) && !request.shown[kOnPage]) {
    fail("a success on the page for nobody: " + pattern);
  }
}

void check_refusal(const net::HttpResponse& answer) {
  const std::string_view text = base::text_of(answer.body);
  const auto error = net::error_from_answer(answer.status, answer.body, "gatekeeper");
  if (error.rule.empty()) fail("a refusal without a rule");
  if (net::status_of(error) != answer.status) fail("a refusal whose status is not its error's");
  if (text.find(made_once().root()) != std::string_view::npos) fail("a refusal tells a place");
  for (const std::string& token : made_once().tokens) {
    if (text.find(token) != std::string_view::npos) fail("a refusal tells a token");
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static std::unique_ptr<World> world;
  static int left = 0;
  if (world == nullptr || left-- == 0) {
    world.reset();
    world = std::make_unique<World>();
    left = kAnswersPerWorld;
  }
  const net::Peer& peer = made_once().peers[data[0] % made_once().peers.size()];
  const Written request =
      written_out(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  const std::uint64_t before = world->recorded();
  const net::HttpResponse answer = net::answer_in_process(world->routes(), peer, request.bytes);
  if (answer.status >= 400) {
    check_refusal(answer);
    return 0;
  }
  const std::size_t space = request.bytes.find(' ');
  const std::string method = request.bytes.substr(0, space);
  const std::string target =
      request.bytes.substr(space + 1, request.bytes.find(' ', space + 1) - space - 1);
  const auto parsed = net::parse_target(target);
  if (!parsed.ok()) fail("a success for a target that is none");
  const auto match = net::match_route(world->routes(), method, *parsed);
  if (!match.ok()) fail("a success for no route");
  check_success(method, match->route->pattern, peer, request);
  if (method == "GET") return 0;
  if (!world->sealed() && match->route->pattern != "/v1/page/account" &&
      world->recorded() == before) {
    // what changed nothing is not there to be read afterwards
    if (!match->route->pattern.ends_with("challenge") &&
        !match->route->pattern.starts_with("/v1/unseal/")) {
      fail("something was done that the audit log does not tell: " + match->route->pattern);
    }
  }
  left = 0;  // the state is another one now
  return 0;
}

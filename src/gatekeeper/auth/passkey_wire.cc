// SPDX-License-Identifier: Apache-2.0
// Client data is JSON that the browser wrote; authenticator data is 37 bytes (SHA-256 of the
// relying party's id, flags, big-endian count), at registration followed by the new key; an
// attestation object is the CBOR map {fmt, attStmt, authData}.
#include "gatekeeper/auth/passkey_wire.h"

#include <cbor.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/hash.h"

namespace cryptonet::gatekeeper::auth {
namespace {
using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Json = nlohmann::json;

constexpr std::size_t kRelyingPartyBytes = 32;
constexpr std::size_t kFixedBytes = kRelyingPartyBytes + 1 + 4;
constexpr std::uint8_t kPresent = 0x01;
constexpr std::uint8_t kVerified = 0x04;
constexpr std::uint8_t kBackupEligible = 0x08;
constexpr std::uint8_t kBackedUp = 0x10;
constexpr std::uint8_t kKeyInside = 0x40;
constexpr std::uint8_t kExtensions = 0x80;

Error refused(const char* rule, const char* what) {
  return Error(ErrorCode::kRefused, rule, std::string("the passkey's answer: ") + what);
}
Error malformed(const char* what) { return refused("passkey.malformed", what); }

struct CredFree {
  void operator()(fido_cred_t* cred) const { fido_cred_free(&cred); }
};
struct AssertFree {
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
};
struct CborFree {
  void operator()(cbor_item_t* item) const { cbor_decref(&item); }
};
using CredHandle = std::unique_ptr<fido_cred_t, CredFree>;
using AssertHandle = std::unique_ptr<fido_assert_t, AssertFree>;
using CborHandle = std::unique_ptr<cbor_item_t, CborFree>;

/// One JSON object in which no name stands twice, at any depth.
std::optional<Json> parse_object(ByteView bytes) {
  std::vector<std::set<std::string>> open_objects;
  bool doubled = false;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key) {
      doubled = doubled || !open_objects.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  Json parsed = Json::parse(bytes.begin(), bytes.end(), watch, false);
  if (doubled || !parsed.is_object()) return std::nullopt;
  return parsed;
}

/// The text of a member; nothing when it is missing or no text.
std::optional<std::string> text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// Members that we do not know are allowed: browsers add some on purpose.
Status check_client_data(const PasskeySite& site, ByteView challenge, ByteView client_data,
                         std::string_view type) {
  const char* const rule = "passkey.client_data";
  if (client_data.size() > kMaxClientDataBytes) return refused(rule, "too much client data");
  const auto object = parse_object(client_data);
  if (!object) return refused(rule, "the client data is no JSON object without doubled names");
  if (text_in(*object, "type") != type) return refused(rule, "it is of the other ceremony");
  const auto said = text_in(*object, "challenge");
  const auto origin = text_in(*object, "origin");
  if (!said || !origin) return refused(rule, "the client data lacks challenge or origin");
  if (*said != to_base64url(challenge)) {
    return refused("passkey.challenge", "it answers another challenge");
  }
  if (*origin != site.origin) return refused("passkey.origin", "it was given to another page");
  const auto crossing = object->find("crossOrigin");
  if (crossing != object->end() && !crossing->is_boolean()) {
    return refused(rule, "crossOrigin is neither true nor false");
  }
  if ((crossing != object->end() && crossing->get<bool>()) || object->contains("topOrigin")) {
    return refused("passkey.origin", "it was given to a page inside another page");
  }
  return base::ok();
}

/// What registration and sign-in share.
Status check_authenticator_data(const PasskeySite& site, ByteView data) {
  if (data.size() < kFixedBytes) return malformed("the authenticator data is cut short");
  const base::Digest wanted = base::sha256(base::view_of(site.rp_id));
  if (!std::equal(wanted.begin(), wanted.end(), data.begin())) {
    return refused("passkey.relying_party", "it is for another relying party");
  }
  const std::uint8_t flags = data[kRelyingPartyBytes];
  if ((flags & kPresent) == 0 || (flags & kVerified) == 0) {
    return refused("passkey.user", "no user was present and verified");
  }
  if ((flags & kBackedUp) != 0 && (flags & kBackupEligible) == 0) {
    return malformed("a key that cannot be copied was copied");
  }
  return base::ok();
}

/// The size of the item of CBOR that begins here; 0 for one that is cut short, nested deeper than
/// authenticators nest (CTAP2's canonical form: 4), of indefinite length, or tagged. libcbor makes
/// room for as many members as a head announces, so heads are held against the bytes there are
/// before it sees them.
std::size_t cbor_item_size(ByteView bytes) {
  constexpr std::size_t kMaxDepth = 8;
  std::array<std::uint64_t, kMaxDepth> left{1};  // items still to come, at each depth
  std::size_t depth = 1;
  std::size_t at = 0;
  while (depth > 0) {
    if (left[depth - 1] == 0) {
      --depth;
      continue;
    }
    --left[depth - 1];
    if (at >= bytes.size()) return 0;
    const unsigned major = bytes[at] >> 5;
    const unsigned info = bytes[at++] & 0x1FU;
    if (info > 27 || major == 6) return 0;
    std::uint64_t value = info;
    if (info >= 24) {
      const std::size_t size = std::size_t{1} << (info - 24);
      if (bytes.size() - at < size) return 0;
      value = 0;
      for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at++];
    }
    const bool holds_items = major == 4 || major == 5;
    if (((major == 2 || major == 3) || holds_items) && value > bytes.size() - at) return 0;
    if (major == 2 || major == 3) at += static_cast<std::size_t>(value);
    if (!holds_items) continue;
    if (depth == kMaxDepth) return 0;
    left[depth++] = major == 5 ? value * 2 : value;
  }
  return at;
}

/// Whether these are `count` items of CBOR and nothing else.
bool are_cbor_items(ByteView bytes, std::size_t count) {
  for (; count > 0; --count) {
    const std::size_t size = cbor_item_size(bytes);
    if (size == 0) return false;
    bytes = bytes.subspan(size);
  }
  return bytes.empty();
}

struct AttestationObject {
  std::string format;
  Bytes statement;  ///< CBOR of attStmt
  bool has_statement = false;
  std::int64_t algorithm = 0;  ///< of the statement's signature; 0 where it says none
  Bytes data;
};

Bytes serialized(const cbor_item_t* item) {
  unsigned char* buffer = nullptr;
  std::size_t room = 0;
  const std::size_t size = cbor_serialize_alloc(item, &buffer, &room);
  Bytes bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

std::string_view text_of_item(const cbor_item_t* item) {
  if (!cbor_isa_string(item) || !cbor_string_is_definite(item)) return {};
  return {reinterpret_cast<const char*>(cbor_string_handle(item)), cbor_string_length(item)};
}

/// The member `alg` of an attestation statement; 0 where there is none.
std::int64_t algorithm_in(const cbor_item_t* statement) {
  for (std::size_t i = 0; i < cbor_map_size(statement); ++i) {
    const cbor_pair& pair = cbor_map_handle(statement)[i];
    if (text_of_item(pair.key) != "alg" || !cbor_isa_negint(pair.value)) continue;
    const std::uint64_t number = cbor_get_int(pair.value);
    if (number < 0xFFFFFFFF) return -1 - static_cast<std::int64_t>(number);
  }
  return 0;
}

/// Takes one member of the map; false for one that must not be there.
bool take_member(const cbor_pair& pair, AttestationObject& out) {
  const std::string_view name = text_of_item(pair.key);
  cbor_item_t* const value = pair.value;
  if (name == "fmt" && out.format.empty()) {
    out.format = text_of_item(value);
    return !out.format.empty();
  }
  if (name == "attStmt" && out.statement.empty() && cbor_isa_map(value) &&
      cbor_map_is_definite(value)) {
    out.has_statement = cbor_map_size(value) != 0;
    out.algorithm = algorithm_in(value);
    out.statement = serialized(value);
    return !out.statement.empty();
  }
  if (name == "authData" && out.data.empty() && cbor_isa_bytestring(value) &&
      cbor_bytestring_is_definite(value)) {
    const unsigned char* const bytes = cbor_bytestring_handle(value);
    out.data.assign(bytes, bytes + cbor_bytestring_length(value));
    return !out.data.empty();
  }
  return false;
}

Result<AttestationObject> parse_attestation(ByteView bytes) {
  const auto wrong = [] { return malformed("the attestation object is not what it must be"); };
  if (bytes.size() > kMaxAttestationBytes || !are_cbor_items(bytes, 1)) return wrong();
  cbor_load_result loaded{};
  const CborHandle root(cbor_load(bytes.data(), bytes.size(), &loaded));
  if (!root || loaded.error.code != CBOR_ERR_NONE || loaded.read != bytes.size()) return wrong();
  if (!cbor_isa_map(root.get()) || !cbor_map_is_definite(root.get()) ||
      cbor_map_size(root.get()) != 3) {
    return wrong();
  }
  AttestationObject object;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!take_member(cbor_map_handle(root.get())[i], object)) return wrong();
  }
  return object;
}

/// Whether what follows the fixed part are id, key and, where they are announced, extensions.
Status check_attested(ByteView data) {
  constexpr std::size_t kIdAt = kFixedBytes + 16 + 2;
  const std::uint8_t flags = data[kRelyingPartyBytes];
  if ((flags & kKeyInside) == 0) return malformed("no key is inside");
  if (data.size() < kIdAt) return malformed("the authenticator data is cut short");
  const std::size_t id_size =
      static_cast<std::size_t>(data[kIdAt - 2]) << 8 | static_cast<std::size_t>(data[kIdAt - 1]);
  if (id_size < kMinPasskeyIdBytes || id_size > kMaxPasskeyIdBytes) {
    return malformed("the passkey's id is shorter than 16 bytes or longer than 1023");
  }
  if (data.size() < kIdAt + id_size ||
      !are_cbor_items(data.subspan(kIdAt + id_size), (flags & kExtensions) != 0 ? 2 : 1)) {
    return malformed("the authenticator data is not id, key and what its flags announce");
  }
  return base::ok();
}

/// Whether libfido2 takes the object for a key of this algorithm.
bool fill(fido_cred_t* cred, const PasskeySite& site, const RegistrationAnswer& answer,
          const AttestationObject& object, std::int64_t algorithm) {
  const base::Digest hash = base::sha256(answer.client_data);
  return fido_cred_set_type(cred, static_cast<int>(algorithm)) == FIDO_OK &&
         fido_cred_set_rp(cred, site.rp_id.c_str(), nullptr) == FIDO_OK &&
         fido_cred_set_uv(cred, FIDO_OPT_TRUE) == FIDO_OK &&
         fido_cred_set_clientdata_hash(cred, hash.data(), hash.size()) == FIDO_OK &&
         fido_cred_set_authdata_raw(cred, object.data.data(), object.data.size()) == FIDO_OK;
}

Status check_statement(fido_cred_t* cred, const AttestationObject& object) {
  if (object.format == "none") {
    return object.has_statement ? malformed("a statement of no format") : base::ok();
  }
  if (object.format != "packed") return malformed("an attestation of a format that is not known");
  if (fido_cred_set_fmt(cred, "packed") != FIDO_OK ||
      fido_cred_set_attstmt(cred, object.statement.data(), object.statement.size()) != FIDO_OK ||
      fido_cred_sig_len(cred) == 0) {
    return malformed("the attestation statement is not what it must be");
  }
  const bool by_maker = fido_cred_x5c_len(cred) != 0;
  if (!by_maker && object.algorithm != fido_cred_type(cred)) {
    return refused("passkey.signature", "it attests itself by another algorithm than its key's");
  }
  if ((by_maker ? fido_cred_verify(cred) : fido_cred_verify_self(cred)) != FIDO_OK) {
    return refused("passkey.signature", "the attestation's signature does not hold");
  }
  return base::ok();
}

/// Calls `use` with the key as libfido2's verifier wants it; false for bytes that are no key.
template <typename Use>
bool with_key(const PasskeyPublicKey& key, Use use) {
  const auto tried = [&](auto* made, auto from, auto release) {
    const bool good = made != nullptr && from(made, key.bytes.data(), key.bytes.size()) == FIDO_OK;
    const bool result = good && use(static_cast<const void*>(made));
    release(&made);
    return result;
  };
  switch (key.algorithm) {
    case COSE_ES256:
      return tried(es256_pk_new(), es256_pk_from_ptr, es256_pk_free);
    case COSE_EDDSA:
      return tried(eddsa_pk_new(), eddsa_pk_from_ptr, eddsa_pk_free);
    case COSE_RS256:
      return tried(rs256_pk_new(), rs256_pk_from_ptr, rs256_pk_free);
    default:
      return false;
  }
}

}  // namespace

std::string to_base64url(ByteView bytes) {
  std::string text = base::to_base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Result<NewPasskey> verify_registration(const PasskeySite& site, ByteView challenge,
                                       const RegistrationAnswer& answer) {
  CN_RETURN_IF_ERROR(check_client_data(site, challenge, answer.client_data, "webauthn.create"));
  CN_ASSIGN(const AttestationObject object, parse_attestation(answer.attestation_object));
  CN_RETURN_IF_ERROR(check_authenticator_data(site, object.data));
  CN_RETURN_IF_ERROR(check_attested(object.data));
  for (const std::int64_t algorithm : kPasskeyAlgorithms) {
    const CredHandle cred(fido_cred_new());
    if (!cred || !fill(cred.get(), site, answer, object, algorithm)) continue;
    CN_RETURN_IF_ERROR(check_statement(cred.get(), object));
    NewPasskey made;
    const unsigned char* const id = fido_cred_id_ptr(cred.get());
    const unsigned char* const key = fido_cred_pubkey_ptr(cred.get());
    if (id == nullptr || key == nullptr) return malformed("no key is inside");
    made.id.assign(id, id + fido_cred_id_len(cred.get()));
    made.key = {algorithm, Bytes(key, key + fido_cred_pubkey_len(cred.get()))};
    made.count = fido_cred_sigcount(cred.get());
    // A point that is not on the curve is found here rather than at the first sign-in.
    if (!with_key(made.key, [](const void*) { return true; })) return malformed("it is no key");
    return made;
  }
  return malformed("the key is malformed or of an algorithm that was not offered");
}

Result<std::uint32_t> verify_sign_in(const PasskeySite& site, ByteView challenge,
                                     const SignInAnswer& answer, const PasskeyPublicKey& key) {
  CN_RETURN_IF_ERROR(check_client_data(site, challenge, answer.client_data, "webauthn.get"));
  const Bytes& data = answer.authenticator_data;
  if (data.size() > kMaxAuthenticatorDataBytes) return malformed("too much authenticator data");
  CN_RETURN_IF_ERROR(check_authenticator_data(site, data));
  const std::uint8_t flags = data[kRelyingPartyBytes];
  if ((flags & kKeyInside) != 0 ||
      !are_cbor_items(ByteView(data).subspan(kFixedBytes), (flags & kExtensions) != 0 ? 1 : 0)) {
    return malformed("the authenticator data is not what its flags announce");
  }
  if (answer.signature.empty() || answer.signature.size() > kMaxPasskeySignatureBytes) {
    return refused("passkey.signature", "a signature has 1 to 512 bytes");
  }
  const AssertHandle assertion(fido_assert_new());
  const base::Digest hash = base::sha256(answer.client_data);
  if (!assertion || fido_assert_set_count(assertion.get(), 1) != FIDO_OK ||
      fido_assert_set_rp(assertion.get(), site.rp_id.c_str()) != FIDO_OK ||
      fido_assert_set_up(assertion.get(), FIDO_OPT_TRUE) != FIDO_OK ||
      fido_assert_set_uv(assertion.get(), FIDO_OPT_TRUE) != FIDO_OK ||
      fido_assert_set_clientdata_hash(assertion.get(), hash.data(), hash.size()) != FIDO_OK ||
      fido_assert_set_authdata_raw(assertion.get(), 0, data.data(), data.size()) != FIDO_OK ||
      fido_assert_set_sig(assertion.get(), 0, answer.signature.data(), answer.signature.size()) !=
          FIDO_OK) {
    return malformed("the authenticator data is not what it must be");
  }
  const bool holds = with_key(key, [&](const void* public_key) {
    return fido_assert_verify(assertion.get(), 0, static_cast<int>(key.algorithm), public_key) ==
           FIDO_OK;
  });
  if (!holds) return refused("passkey.signature", "its signature does not hold");
  return fido_assert_sigcount(assertion.get(), 0);
}

}  // namespace cryptonet::gatekeeper::auth

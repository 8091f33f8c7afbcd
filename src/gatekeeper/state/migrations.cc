// SPDX-License-Identifier: Apache-2.0
// The state's tables. Columns named sealed_* hold records that only the gatekeeper's keys
// open (keys/key_ring.h): a copy of this file alone tells no secret, no total and no label. Times
// are seconds since 1970, UTC.
#include "gatekeeper/state/migrations.h"

#include <array>

namespace cryptonet::gatekeeper::state {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE enrolment (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  role          TEXT NOT NULL CHECK (role IN ('cloud', 'contributor', 'researcher')),
  sealed_secret BLOB NOT NULL,
  made_at       INTEGER NOT NULL,
  revoked_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  hash        BLOB PRIMARY KEY CHECK (length(hash) = 32),
  enrolment   TEXT NOT NULL REFERENCES enrolment (id),
  signing_key BLOB NOT NULL CHECK (length(signing_key) IN (0, 32)),
  made_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- schema_tag and sealed_schema are fixed when the first version is published and outlive every
-- version; next_version only grows.
CREATE TABLE dataset (
  name          TEXT PRIMARY KEY,
  schema_tag    BLOB NOT NULL CHECK (length(schema_tag) = 32),
  sealed_schema BLOB NOT NULL,
  next_version  INTEGER NOT NULL CHECK (next_version >= 1)
) STRICT, WITHOUT ROWID;

-- manifest_digest pins the manifest for ever: nothing else is opened under this upload.
CREATE TABLE upload (
  id               BLOB PRIMARY KEY CHECK (length(id) = 16),
  dataset          TEXT NOT NULL,
  enrolment        TEXT NOT NULL REFERENCES enrolment (id),
  manifest_digest  BLOB NOT NULL CHECK (length(manifest_digest) = 32),
  row_count        INTEGER NOT NULL CHECK (row_count >= 1),
  state            TEXT NOT NULL CHECK (state IN ('receiving', 'published', 'dropped')),
  version          INTEGER CHECK (version >= 1),
  received_at      INTEGER NOT NULL,
  published_at     INTEGER,
  dropped_at       INTEGER,
  frozen_at        INTEGER,
  deletion_pending INTEGER NOT NULL DEFAULT 0 CHECK (deletion_pending IN (0, 1)),
  UNIQUE (dataset, version),
  CHECK ((state = 'receiving') = (version IS NULL))
) STRICT, WITHOUT ROWID;

-- side_a and side_b are columns of the manifest; side_b is -1 for the sum of one column.
CREATE TABLE opened_total (
  upload       BLOB NOT NULL REFERENCES upload (id),
  unit         INTEGER NOT NULL,
  side_a       INTEGER NOT NULL,
  side_b       INTEGER NOT NULL,
  sealed_total BLOB NOT NULL,
  PRIMARY KEY (upload, unit, side_a, side_b)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  question      BLOB PRIMARY KEY CHECK (length(question) = 32),
  dataset       TEXT NOT NULL,
  sealed_answer BLOB NOT NULL,
  made_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_dataset ON answer (dataset);

PRAGMA user_version = 1;
)sql";

// The oldest answers go when there are too many.
constexpr const char* kSecond = R"sql(
CREATE INDEX answer_by_time ON answer (made_at);
PRAGMA user_version = 2;
)sql";

// The gatekeeper's own keys, sealed under the master key whose id stands beside them.
constexpr const char* kKeptKeys = R"sql(
CREATE TABLE kept_key (
  master     BLOB NOT NULL CHECK (length(master) = 16),
  name       TEXT NOT NULL,
  sealed_key BLOB NOT NULL,
  PRIMARY KEY (master, name)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
)sql";

// People sign in; projects say which datasets they may ask about. An office is a role in the whole
// deployment; the other roles are held in a project. Every person added as contributor, researcher
// or steward begins as a member of the project 'default', to which datasets without a project of
// their own belong.
constexpr const char* kPeople = R"sql(
CREATE TABLE person (
  name            TEXT PRIMARY KEY,
  office          TEXT CHECK (office IN ('custodian', 'auditor')),
  made_at         INTEGER NOT NULL,
  disabled_at     INTEGER,
  last_sign_in_at INTEGER
) STRICT, WITHOUT ROWID;

-- last_totp_step only grows: a code stands for at most one sign-in, ever.
CREATE TABLE credential (
  person         TEXT PRIMARY KEY REFERENCES person (name),
  password_hash  TEXT NOT NULL,
  sealed_totp    BLOB NOT NULL,
  last_totp_step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
  person  TEXT NOT NULL REFERENCES person (name),
  hash    BLOB NOT NULL CHECK (length(hash) = 32),
  used_at INTEGER,
  PRIMARY KEY (person, hash)
) STRICT, WITHOUT ROWID;

-- Of names that somebody tried, whether a person has that name or not: keyed tags, no names.
CREATE TABLE failed_sign_in (
  subject   BLOB PRIMARY KEY CHECK (length(subject) = 32),
  failures  INTEGER NOT NULL CHECK (failures >= 1),
  last_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX failed_sign_in_by_time ON failed_sign_in (last_at);

CREATE TABLE project (
  name    TEXT PRIMARY KEY,
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO project (name, made_at) VALUES ('default', unixepoch());

CREATE TABLE member (
  project TEXT NOT NULL REFERENCES project (name),
  person  TEXT NOT NULL REFERENCES person (name),
  role    TEXT NOT NULL CHECK (role IN ('contributor', 'researcher', 'steward')),
  PRIMARY KEY (project, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_person ON member (person);

CREATE TABLE project_dataset (
  dataset TEXT NOT NULL,
  project TEXT NOT NULL REFERENCES project (name),
  PRIMARY KEY (dataset, project)
) STRICT, WITHOUT ROWID;

-- The token itself is nowhere. certificate: the machine that a session is bound to.
CREATE TABLE access_key (
  id               TEXT PRIMARY KEY,
  hash             BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  kind             TEXT NOT NULL CHECK (kind IN ('session', 'access_key')),
  person           TEXT NOT NULL REFERENCES person (name),
  scope            TEXT NOT NULL,
  certificate      BLOB NOT NULL CHECK (length(certificate) IN (0, 32)),
  made_at          INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL CHECK (expires_at > made_at),
  idle_s           INTEGER NOT NULL CHECK (idle_s > 0),
  last_used_at     INTEGER NOT NULL,
  second_factor_at INTEGER NOT NULL,
  ended_at         INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX access_key_by_person ON access_key (person);

-- The latest time that this gatekeeper has seen, and when the machine's own clock said what: a
-- clock that was set back gives nobody more time.
CREATE TABLE clock (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  latest_s  INTEGER NOT NULL,
  boot_id   TEXT NOT NULL,
  boot_s    INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 4;
)sql";

// Public keys only. The count of signatures only grows; a passkey whose count went back is locked.
constexpr const char* kPasskeys = R"sql(
CREATE TABLE passkey (
  id           BLOB PRIMARY KEY CHECK (length(id) BETWEEN 16 AND 1023),
  person       TEXT NOT NULL REFERENCES person (name),
  name         TEXT NOT NULL,
  user_handle  BLOB NOT NULL CHECK (length(user_handle) = 32),
  algorithm    INTEGER NOT NULL,
  public_key   BLOB NOT NULL,
  sign_count   INTEGER NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),
  made_at      INTEGER NOT NULL,
  last_used_at INTEGER,
  locked_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_person ON passkey (person);
PRAGMA user_version = 5;
)sql";

// Where there are too many names that failed, those with the fewest failures go.
constexpr const char* kFewestFailures = R"sql(
DROP INDEX failed_sign_in_by_time;
CREATE INDEX failed_sign_in_by_failures ON failed_sign_in (failures, last_at);
PRAGMA user_version = 6;
)sql";

// What the audit log has in the state: the newest signed head that was put here, and what was done
// while the log was closed, until it opens.
constexpr const char* kAudit = R"sql(
CREATE TABLE audit_head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  head TEXT NOT NULL
) STRICT;
CREATE TABLE audit_pending (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  record TEXT NOT NULL
) STRICT;
PRAGMA user_version = 7;
)sql";

// Openings are counted before they happen. wiped_at: the private half is gone. A statement is the
// authority's signature of a generation's number and public key. A fact is a number with a name.
constexpr const char* kLifeOfKeys = R"sql(
ALTER TABLE upload ADD COLUMN key_openings INTEGER NOT NULL DEFAULT 0 CHECK (key_openings >= 0);
ALTER TABLE upload ADD COLUMN total_openings INTEGER NOT NULL DEFAULT 0
  CHECK (total_openings >= 0);
CREATE TABLE sealing_generation (
  generation INTEGER PRIMARY KEY CHECK (generation >= 1),
  public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  statement  BLOB NOT NULL,
  made_at    INTEGER NOT NULL,
  wiped_at   INTEGER
) STRICT;
CREATE TABLE fact (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 8;
)sql";

// How often a version was unfrozen, and up to which of those times the cloud has proved its
// segments anew since.
constexpr const char* kProvedAnew = R"sql(
ALTER TABLE upload ADD COLUMN unfreezes INTEGER NOT NULL DEFAULT 0 CHECK (unfreezes >= 0);
ALTER TABLE upload ADD COLUMN unfreezes_proved INTEGER NOT NULL DEFAULT 0
  CHECK (unfreezes_proved BETWEEN 0 AND unfreezes);
PRAGMA user_version = 9;
)sql";

// Failures of a person's name are kept; of the names that nobody has, as many as there is room for.
// A row from before is known as a person's with the next attempt.
constexpr const char* kKnownFailures = R"sql(
ALTER TABLE failed_sign_in ADD COLUMN known INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1));
DROP INDEX failed_sign_in_by_failures;
CREATE INDEX failed_sign_in_by_failures ON failed_sign_in (known, failures, last_at);
PRAGMA user_version = 10;
)sql";

// Keys that expired long ago are removed.
constexpr const char* kExpiry = R"sql(
CREATE INDEX access_key_by_expiry ON access_key (expires_at);
PRAGMA user_version = 11;
)sql";

constexpr std::array<const char*, 11> kScripts = {
    kFirst, kSecond,     kKeptKeys,   kPeople,        kPasskeys, kFewestFailures,
    kAudit, kLifeOfKeys, kProvedAnew, kKnownFailures, kExpiry};
}  // namespace

std::span<const char* const> migrations() { return kScripts; }

}  // namespace cryptonet::gatekeeper::state

// SPDX-License-Identifier: Apache-2.0
// The gatekeeper's routes for this page, as they stand in api/openapi.json. Every call is a POST:
// the server takes one only from this origin, and the session's cookie is out of reach of scripts.

export interface KeySummary {
  id: string;
  kind: "session" | "access_key";
  scope: string[];
  last_used_at: number;
  expires_at: number;
  this_one: boolean;
}
export interface PasskeySummary {
  id: string;
  name: string;
  made_at: number;
  last_used_at: number;
  locked: boolean;
}
export interface Account {
  signed_in: boolean;
  user: string;
  roles: string[];
  may_ask: boolean;
  keys: KeySummary[];
  passkeys: PasskeySummary[];
}
/** What an authenticator is to sign; bytes are base64. */
export interface Challenge {
  attempt: string;
  rp_id: string;
  challenge: string;
  allowed: string[];
}
export interface Registration {
  rp_id: string;
  challenge: string;
  user: string;
  user_handle: string;
  known: string[];
  algorithms: number[];
}
export interface Assertion {
  attempt: string;
  passkey: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user_handle: string;
}
export interface Attestation {
  name: string;
  client_data: string;
  attestation_object: string;
}
export interface MadeKey {
  token: string;
  expires_at: number;
}

/** A refusal in the server's own words, without its hint: that is for a command line. */
export class Refused extends Error {
  constructor(readonly code: string, readonly rule: string, message: string) {
    super(message);
  }
}

interface ErrorReply {
  error: { code: string; rule: string; message: string };
}

async function ask<Reply>(path: string, sent?: object): Promise<Reply> {
  let answer: Response;
  try {
    answer = await fetch("/v1/page/" + path, {
      method: "POST",
      headers: sent === undefined ? {} : { "Content-Type": "application/json" },
      body: sent === undefined ? null : JSON.stringify(sent),
      credentials: "same-origin",
      redirect: "error",
    });
  } catch {
    throw new Refused("UNREACHABLE", "page.unreachable", "the gatekeeper cannot be reached");
  }
  if (answer.ok) return (await answer.json()) as Reply;
  const failed: ErrorReply | null = await answer.json().catch(() => null);
  if (failed === null) {
    throw new Refused("UNREACHABLE", "page.status", `the gatekeeper answered ${answer.status}`);
  }
  const { code, rule, message } = failed.error;
  throw new Refused(code, rule, message);
}

export const api = {
  account: () => ask<Account>("account"),
  signIn: (user: string, password: string, code: string) =>
    ask<object>("sign-in", { user, password, code }),
  signInChallenge: (user: string, password: string) =>
    ask<Challenge>("sign-in/challenge", { user, password }),
  signInPasskey: (assertion: Assertion) => ask<object>("sign-in/passkey", assertion),
  signOut: () => ask<object>("sign-out"),
  stepUp: (code: string) => ask<object>("step-up", { code }),
  stepUpChallenge: () => ask<Challenge>("step-up/challenge"),
  stepUpPasskey: (assertion: Assertion) => ask<object>("step-up/passkey", assertion),
  makeKey: (scope: string[]) => ask<MadeKey>("access-keys", { ttl_s: 900, scope }),
  revokeKey: (id: string) => ask<object>("access-keys/revoke", { id }),
  registration: () => ask<Registration>("passkeys/challenge"),
  register: (attestation: Attestation) => ask<object>("passkeys", attestation),
  removePasskey: (id: string) => ask<object>("passkeys/remove", { id }),
};

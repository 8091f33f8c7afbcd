// SPDX-License-Identifier: Apache-2.0
// The browser's side of passkeys: messages to what navigator.credentials takes, and back. The
// user must always be verified; an attestation is not asked for.
import type { Assertion, Attestation, Challenge, Registration } from "./api.js";

const TIMEOUT_MS = 5 * 60 * 1000;

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64(buffer: ArrayBuffer): string {
  return btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
}

function named(ids: string[]): PublicKeyCredentialDescriptor[] {
  return ids.map((id) => ({ type: "public-key", id: bytes(id) }));
}

/** Null when the person cancelled, or nothing answered in time. */
async function unlessCancelled<T>(asked: Promise<T | null>): Promise<T | null> {
  try {
    return await asked;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "NotAllowedError") return null;
    throw failure;
  }
}

export async function createPasskey(
  asked: Registration,
  name: string,
): Promise<Attestation | null> {
  const made = await unlessCancelled(navigator.credentials.create({
    publicKey: {
      rp: { id: asked.rp_id, name: "Cryptonet" },
      user: { id: bytes(asked.user_handle), name: asked.user, displayName: asked.user },
      challenge: bytes(asked.challenge),
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: named(asked.known),
      authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
      attestation: "none",
      timeout: TIMEOUT_MS,
    },
  }));
  if (made === null) return null;
  const response = (made as PublicKeyCredential).response as AuthenticatorAttestationResponse;
  return {
    name,
    client_data: base64(response.clientDataJSON),
    attestation_object: base64(response.attestationObject),
  };
}

export async function showPasskey(asked: Challenge): Promise<Assertion | null> {
  const shown = await unlessCancelled(navigator.credentials.get({
    publicKey: {
      rpId: asked.rp_id,
      challenge: bytes(asked.challenge),
      allowCredentials: named(asked.allowed),
      userVerification: "required",
      timeout: TIMEOUT_MS,
    },
  }));
  if (shown === null) return null;
  const credential = shown as PublicKeyCredential;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    attempt: asked.attempt,
    passkey: base64(credential.rawId),
    client_data: base64(response.clientDataJSON),
    authenticator_data: base64(response.authenticatorData),
    signature: base64(response.signature),
    user_handle: response.userHandle === null ? "" : base64(response.userHandle),
  };
}

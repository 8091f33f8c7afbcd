// SPDX-License-Identifier: Apache-2.0
// What the page shows and does. It holds no secret but a new access key while that is shown, and
// decides nothing: the gatekeeper checks every step again. Text is only ever set as text.
import { api, Refused, type Account, type KeySummary, type PasskeySummary } from "./api.js";
import { createPasskey, showPasskey } from "./passkey.js";

function part<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as T;
}

const message = part("message");
const user = part<HTMLInputElement>("user");
const password = part<HTMLInputElement>("password");
const code = part<HTMLInputElement>("code");
const dialog = part<HTMLDialogElement>("confirm");
const confirmCode = part<HTMLInputElement>("confirm-code");

function say(text: string): void {
  message.textContent = text.slice(0, 1).toUpperCase() + text.slice(1);
  message.hidden = text === "";
  if (text !== "") message.focus();
}

function time(seconds: number): string {
  if (seconds === 0) return "never";
  return new Date(seconds * 1000).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
}

/** Runs one thing at a time, and says what went wrong. */
let busy = false;
async function doing(work: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  const buttons = document.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  say("");
  try {
    await work();
  } catch (failure) {
    if (failure instanceof Refused && failure.code === "NOT_SIGNED_IN") await refresh();
    say(failure instanceof Error ? failure.message : String(failure));
  } finally {
    busy = false;
    buttons.forEach((button) => (button.disabled = false));
  }
}

function cell(row: HTMLTableRowElement, title: string, text: string): HTMLElement {
  const made = document.createElement("div");
  made.textContent = text;
  const place = row.insertCell();
  place.dataset.title = title;
  place.append(made);
  return made;
}

function action(row: HTMLTableRowElement, text: string, about: string, run: () => Promise<void>) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = text;
  button.setAttribute("aria-label", `${text} ${about}`);
  button.addEventListener("click", () => void doing(run));
  row.insertCell().append(button);
}

function keyRow(key: KeySummary): HTMLTableRowElement {
  const row = document.createElement("tr");
  const what = key.kind === "session" ? "Session" : "Access key";
  cell(row, "What", key.this_one ? `${what} (this page)` : `${what} ${key.id.slice(0, 8)}`);
  cell(row, "For", key.scope.length === 0 ? "all that you may do" : key.scope.join(", "));
  cell(row, "Last used", time(key.last_used_at));
  cell(row, "Ends", time(key.expires_at));
  if (key.this_one) {
    row.insertCell();
  } else {
    action(row, "Revoke", `${what} ${key.id.slice(0, 8)}`, async () => {
      await api.revokeKey(key.id);
      await refresh();
    });
  }
  return row;
}

function passkeyRow(passkey: PasskeySummary): HTMLTableRowElement {
  const row = document.createElement("tr");
  const name = cell(row, "Name", passkey.name);
  if (passkey.locked) {
    const note = document.createElement("p");
    note.className = "help";
    note.textContent = "Locked: it was copied, or its count went back. Remove it.";
    name.append(note);
  }
  cell(row, "Added", time(passkey.made_at));
  cell(row, "Last used", time(passkey.last_used_at));
  action(row, "Remove", passkey.name, () =>
    freshly(async () => {
      await api.removePasskey(passkey.id);
      await refresh();
    }));
  return row;
}

function showAccount(account: Account): void {
  part("who").textContent = `${account.user} · ${account.roles.join(", ")}`;
  part("who").hidden = false;
  part("keys").replaceChildren(...account.keys.map(keyRow));
  part("passkeys").replaceChildren(...account.passkeys.map(passkeyRow));
  part("passkey-table").hidden = account.passkeys.length === 0;
  part("no-passkeys").hidden = account.passkeys.length !== 0;
  part("key-form").hidden = !account.may_ask;
  part<HTMLButtonElement>("confirm-passkey").hidden = account.passkeys.every((one) => one.locked);
}

function forgetToken(): void {
  part("token").textContent = "";
  part("made").hidden = true;
  part("copied").textContent = "";
}

async function refresh(): Promise<void> {
  const account = await api.account();
  const { signed_in } = account;
  document.title = `${signed_in ? "Account" : "Sign in"} · Cryptonet`;
  part("sign-in").hidden = signed_in;
  part("account").hidden = !signed_in;
  part("sign-out").hidden = !signed_in;
  part("who").hidden = !signed_in;
  if (signed_in) {
    showAccount(account);
  } else {
    forgetToken();
    part("keys").replaceChildren();
    part("passkeys").replaceChildren();
    if (dialog.open) dialog.close();
    user.focus();
  }
}

async function signedIn(): Promise<void> {
  password.value = "";
  code.value = "";
  await refresh();
}

function signInByCode(): Promise<void> {
  return doing(async () => {
    if (code.value.trim() === "") {
      code.focus();
      throw new Error("type the code of your authenticator app, or use a passkey");
    }
    const typed = code.value.trim();
    code.value = "";
    await api.signIn(user.value, password.value, typed);
    await signedIn();
  });
}

function signInByPasskey(): Promise<void> {
  return doing(async () => {
    const shown = await showPasskey(await api.signInChallenge(user.value, password.value));
    if (shown === null) throw new Error("no passkey was shown; you are not signed in");
    await api.signInPasskey(shown);
    await signedIn();
  });
}

/** Asks for the second factor once more; false when the person would rather not. */
function confirmed(): Promise<boolean> {
  confirmCode.value = "";
  dialog.querySelectorAll("button").forEach((button) => (button.disabled = false));
  dialog.showModal();
  confirmCode.focus();
  return new Promise((resolve, reject) => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const end = (work: () => Promise<boolean>) => {
      listeners.abort();
      dialog.close();
      work().then(resolve, reject);
    };
    part("confirm-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = confirmCode.value.trim();
      confirmCode.value = "";
      end(async () => (await api.stepUp(typed), true));
    }, { signal });
    part("confirm-passkey").addEventListener("click", () => end(async () => {
      const shown = await showPasskey(await api.stepUpChallenge());
      if (shown === null) return false;
      await api.stepUpPasskey(shown);
      return true;
    }), { signal });
    part("confirm-cancel").addEventListener("click", () => end(async () => false), { signal });
    dialog.addEventListener("cancel", () => end(async () => false), { signal });
  });
}

/** What needs a second factor that is not older than five minutes. */
async function freshly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (failure) {
    if (!(failure instanceof Refused) || failure.rule !== "auth.step_up") throw failure;
    if (await confirmed()) await work();
  }
}

function addPasskey(): Promise<void> {
  const name = part<HTMLInputElement>("passkey-name");
  return doing(() => freshly(async () => {
    const made = await createPasskey(await api.registration(), name.value.trim());
    if (made === null) throw new Error("no passkey was added");
    await api.register(made);
    name.value = "";
    await refresh();
  }));
}

function makeKey(): Promise<void> {
  return doing(async () => {
    const datasets = part<HTMLInputElement>("scope").value.split(/[\s,]+/).filter(Boolean);
    const made = await api.makeKey(datasets.map((name) => `dataset:${name}`));
    forgetToken();
    part("token").textContent = made.token;
    part("made-ends").textContent = time(made.expires_at);
    part("made").hidden = false;
    part("copy").focus();
    await refresh();
  });
}

async function copyToken(): Promise<void> {
  const said = part("copied");
  try {
    await navigator.clipboard.writeText(part("token").textContent ?? "");
    said.textContent = "Copied.";
  } catch {
    getSelection()?.selectAllChildren(part("token"));
    said.textContent = "Selected: copy it with your keyboard.";
  }
}

function onSubmit(form: string, run: () => Promise<void>): void {
  part(form).addEventListener("submit", (event) => {
    event.preventDefault();
    void run();
  });
}

onSubmit("sign-in-form", signInByCode);
onSubmit("key-form", makeKey);
onSubmit("passkey-form", addPasskey);
part("sign-in-passkey").addEventListener("click", () => {
  if (part<HTMLFormElement>("sign-in-form").reportValidity()) void signInByPasskey();
});
part("copy").addEventListener("click", () => void copyToken());
part("sign-out").addEventListener("click", () => void doing(async () => {
  await api.signOut();
  await refresh();
}));
if (!("credentials" in navigator) || !("PublicKeyCredential" in window)) {
  for (const id of ["sign-in-passkey", "passkey-form"]) part(id).hidden = true;
}
void doing(refresh);

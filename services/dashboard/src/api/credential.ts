import { useSyncExternalStore } from "react";
import { readToken } from "@/lib/token";

/** What a caller shows: a partner's API key, or a token of an operator or of the OIDC issuer. */
export type Credential =
  | { readonly kind: "key"; readonly secret: string }
  | { readonly kind: "token"; readonly secret: string }
  | { readonly kind: "oidc"; readonly secret: string };

const STORAGE_KEY = "ordermesh.credential";
const KEY = /^omk_[a-z]+_[0-9A-Za-z]{20,}$/;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Tells by its shape what was typed or pasted; undefined where it is neither. */
export function recognise(text: string): Credential | undefined {
  const secret = text
    .trim()
    .replace(/^Bearer\s+/i, "")
    .replace(/^"(.*)"$/, "$1");
  if (KEY.test(secret)) return { kind: "key", secret };
  if (TOKEN.test(secret)) return { kind: "token", secret };
  return undefined;
}

export function credentialHeader(credential: Credential): [name: string, value: string] {
  return credential.kind === "key"
    ? ["X-API-Key", credential.secret]
    : ["Authorization", `Bearer ${credential.secret}`];
}

/** Why there is no credential any more: it was refused by the server, or its owner signed out. */
export type SignOutReason = "refused" | "left";

const listeners = new Set<() => void>();
let reason: SignOutReason | undefined;

function stores(): Storage[] {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
}

function read(): Credential | null {
  for (const store of stores()) {
    try {
      const found = JSON.parse(store.getItem(STORAGE_KEY) ?? "null") as Partial<Credential> | null;
      if (found?.secret && (found.kind === "key" || found.kind === "token" || found.kind === "oidc")) {
        return { kind: found.kind, secret: found.secret };
      }
    } catch {
      // What cannot be read is no credential.
    }
  }
  return null;
}

let current: Credential | null = read();

function change(next: Credential | null): void {
  current = next;
  for (const listener of listeners) listener();
}

// Signing out in one tab signs out in all that share the kept credential.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key === STORAGE_KEY) change(read());
});

export const credentials = {
  get: () => current,
  /** Why the last one went. */
  reason: () => reason,
  set(credential: Credential, keep: boolean): void {
    const [session, device] = stores();
    session?.removeItem(STORAGE_KEY);
    device?.removeItem(STORAGE_KEY);
    (keep ? device : session)?.setItem(STORAGE_KEY, JSON.stringify(credential));
    reason = undefined;
    change(credential);
  },
  /** Puts a renewed token where the old one was kept. */
  renew(credential: Credential): void {
    const [, device] = stores();
    credentials.set(credential, Boolean(device?.getItem(STORAGE_KEY)));
  },
  clear(why: SignOutReason): void {
    for (const store of stores()) store.removeItem(STORAGE_KEY);
    reason = why;
    change(null);
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

let renewer: (() => Promise<void>) | undefined;
let renewing: Promise<void> | undefined;

/** Says how a token that has ended is exchanged for a new one, where that is possible. */
export function renewWith(renew: () => Promise<void>): void {
  renewer = renew;
}

/**
 * The credential for a call. A token is renewed long before it ends, but for a page that slept meanwhile: there the
 * call waits for the new one. Where there is none to be had, the server refuses the old one.
 */
export async function usableCredential(): Promise<Credential | null> {
  const expires = current?.kind === "oidc" && renewer ? readToken(current.secret)?.expires : undefined;
  if (renewer && expires && expires.getTime() <= Date.now()) {
    renewing ??= renewer()
      .catch(() => undefined)
      .finally(() => (renewing = undefined));
    await renewing;
  }
  return current;
}

export function useCredential(): Credential | null {
  return useSyncExternalStore(credentials.subscribe, credentials.get);
}

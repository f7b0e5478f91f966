import { ApiError, Code } from "./errors";

const BY_REASON: Readonly<Record<string, string>> = {
  NETWORK: "Check the connection. The page tries again by itself as soon as the server can be reached.",
  BROKEN_OFF: "The connection was lost, or a part of the mesh was restarted. Try again.",
  KEY_REVOKED: "Ask your operator for a new key.",
  KEY_EXPIRED: "Ask your operator for a new key.",
  TOKEN_EXPIRED: "Sign in again with a fresh token.",
  PARTNER_SUSPENDED: "The partner is suspended. An operator can activate it on its page under Partners.",
  NOT_YOUR_PARTNER: "A partner sees only its own. Look for a typing error in the partner's id.",
  NOT_ALLOWED: "Your role may not do this. Ask somebody with the role operator.",
  NO_ROLE: "Your sign-in carries no role for Ordermesh. Ask whoever manages your identity provider.",
  ISSUER: "Try again. If it comes back, whoever manages your identity provider finds the reason in its logs.",
  STALE: "Somebody was quicker. Load the newest state, compare, and do it again if it is still right.",
  NOT_ALLOWED_NOW: "In its present state this cannot be done. Load the newest state to see what can.",
  QUERY_RATE_LIMITED: "You have asked more often than the partner's limit allows. Wait a moment and try again.",
  COUNT_DIFFERS: "Errors came or went since the preview. Make a new preview and look at its counts.",
  TOO_MANY_JOBS: "Ten jobs are running. Wait until one is done, or cancel one.",
  REQUEST_ID_REUSED: "This was started before with something else in it. Make a new preview.",
  TOO_MANY_EDITS: "This error was edited 100 times, which is the limit. Discard it, and let the partner send it again.",
  TOO_MANY_RETRIES: "This error was sent 20 times, which is the limit. Discard it, and let the partner send it again.",
  TOO_MANY_KEYS: "A partner has two live keys at most. Revoke the one that is no longer used, then make the new one.",
  CONFIG_CHANGED: "Somebody made another version meanwhile. Look at what it changed, then save yours on top of it.",
  ETAG_MISMATCH: "Somebody else has changed the partner. Load the newest state, compare, and save again.",
  DRAINING: "That instance is being restarted. Try again; another one answers.",
  CARD_NUMBER: "The text holds what looks like a payment card number, which is never kept. Remove it and try again.",
};

const BY_CODE: Readonly<Record<number, string>> = {
  [Code.INVALID_ARGUMENT]: "Correct what is named and try again.",
  [Code.NOT_FOUND]: "It does not exist, has expired, or belongs to another partner. Check the id.",
  [Code.ALREADY_EXISTS]: "Choose another name, or work with the one that is there.",
  [Code.PERMISSION_DENIED]: "Your role may not do this. Ask somebody with the role operator.",
  [Code.RESOURCE_EXHAUSTED]: "Wait a moment and try again.",
  [Code.FAILED_PRECONDITION]: "Something else has to be done first: the message says what.",
  [Code.ABORTED]: "Somebody was quicker. Load the newest state and do it again if it is still right.",
  [Code.UNAVAILABLE]: "A part of the mesh is away or being restarted. Try again in a moment; nothing is lost.",
  [Code.DEADLINE_EXCEEDED]: "It took too long. Try again; narrow the filters where there are some.",
  [Code.UNAUTHENTICATED]: "Sign in again.",
};

/** One sentence that says what to do about it. */
export function adviceFor(error: unknown): string {
  if (!(error instanceof ApiError)) return "Reload the page. If it comes back, tell your operator what you did.";
  if (error.reason === "ORIGIN_REFUSED") {
    return `If this lasts, the gateway does not allow this page: add ${location.origin} to its --cors_origins.`;
  }
  return (
    BY_REASON[error.reason] ??
    BY_CODE[error.code] ??
    "Try again. If it comes back, give your operator the request id below: it leads to the logs."
  );
}

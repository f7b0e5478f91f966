/** Bytes fields are base64 in JSON. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  const step = 0x8000;
  for (let start = 0; start < bytes.length; start += step) {
    text += String.fromCharCode(...bytes.subarray(start, start + step));
  }
  return btoa(text);
}

/** The text of a bytes field, exactly: a byte order mark stays. Undefined where it is not UTF-8. */
export function decodeText(base64: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64(base64));
  } catch {
    return undefined;
  }
}

export function encodeText(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A hash in hexadecimal digits. */
export function hexOfBase64(base64: string): string {
  return Array.from(decodeBase64(base64), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

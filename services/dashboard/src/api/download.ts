import { apiUrl, callHeaders, noteRefusal, unanswered } from "./client";
import { brokenOff, errorOfResponse } from "./errors";

interface SaveTarget {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<FileSystemWritableFileStream>;
  }>;
}

async function fileOnDisk(name: string): Promise<SaveTarget | undefined> {
  const picker = (globalThis as FilePicker).showSaveFilePicker;
  if (!picker) return undefined;
  const handle = await picker({ suggestedName: name });
  const writable = await handle.createWritable();
  return {
    write: (chunk) => writable.write(chunk),
    finish: () => writable.close(),
    abandon: () => writable.abort(),
  };
}

function fileInMemory(name: string): SaveTarget {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  return {
    async write(chunk) {
      parts.push(chunk);
    },
    async finish() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
    async abandon() {
      parts.length = 0;
    },
  };
}

export interface DownloadOptions {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly fileName: string;
  readonly signal?: AbortSignal;
  onProgress?(bytes: number): void;
}

/**
 * Saves an export as a file, with the credential. Where the browser can it is written to disk as it comes, so that its
 * size does not matter. What breaks off is not kept: a part would look like the whole. False where no file was chosen.
 */
export async function download({ path, query, fileName, signal, onProgress }: DownloadOptions): Promise<boolean> {
  let target: SaveTarget;
  try {
    target = (await fileOnDisk(fileName)) ?? fileInMemory(fileName);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    // Picking a file needs a fresh click; without one the file is gathered in memory.
    target = fileInMemory(fileName);
  }
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) parameters.set(name, value);
  const headers = await callHeaders();
  const requestId = headers.get("X-Request-Id") ?? "";
  try {
    await copy(`${path}?${parameters}`, headers, target, signal, onProgress);
  } catch (error) {
    await target.abandon().catch(() => undefined);
    if (signal?.aborted) return false;
    throw error instanceof TypeError ? brokenOff(error, requestId) : error;
  }
  await target.finish();
  return true;
}

async function copy(
  url: string,
  headers: Headers,
  target: SaveTarget,
  signal: AbortSignal | undefined,
  onProgress: ((bytes: number) => void) | undefined,
): Promise<void> {
  const requestId = headers.get("X-Request-Id") ?? "";
  const response = await fetch(apiUrl(url), { headers, ...(signal && { signal }) }).catch(async (error: unknown) => {
    throw error instanceof TypeError ? await unanswered(error, requestId) : error;
  });
  if (!response.ok || !response.body) {
    const error = await errorOfResponse(response, requestId);
    noteRefusal(error, headers);
    throw error;
  }
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await target.write(value);
    bytes += value.length;
    onProgress?.(bytes);
  }
}

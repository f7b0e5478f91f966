import { api, read } from "./client";
import { ApiError } from "./errors";

export type Located = { readonly kind: "order" | "error" | "job"; readonly id: string };

async function exists(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.isNotFound || error.status === 400)) return false;
    throw error;
  }
}

/** Finds what has this id. Ids do not say what they are of, so all are asked at once. */
export async function locate(text: string, signal?: AbortSignal): Promise<Located | undefined> {
  const id = text.trim().toLowerCase();
  const options = { params: { path: { id } }, ...(signal && { signal }) };
  const [order, error, job] = await Promise.all([
    exists(read(api.GET("/api/orders/{id}", options))),
    exists(read(api.GET("/api/errors/{id}", options))),
    exists(read(api.GET("/api/repair-jobs/{id}", options))),
  ]);
  if (order) return { kind: "order", id };
  if (error) return { kind: "error", id };
  return job ? { kind: "job", id } : undefined;
}

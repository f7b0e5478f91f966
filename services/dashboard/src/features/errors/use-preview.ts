import { useRef, useState } from "react";
import { postForLines, type PreviewJobRequest, type PreviewJobResponse } from "@/api";

export type PreviewState =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly progress: PreviewJobResponse | undefined }
  | { readonly kind: "done"; readonly result: PreviewJobResponse; readonly request: PreviewJobRequest }
  | { readonly kind: "failed"; readonly error: unknown };

const NONE: PreviewState = { kind: "none" };

/** What a job would do, with progress while it is found out. Nothing is changed by it. */
export function usePreview() {
  const [state, setState] = useState<PreviewState>(NONE);
  const running = useRef<AbortController>(null);

  function stop() {
    running.current?.abort();
    running.current = null;
    setState(NONE);
  }

  async function start(request: PreviewJobRequest) {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    let newest: PreviewJobResponse | undefined;
    const show = (next: PreviewState) => running.current === controller && setState(next);
    show({ kind: "running", progress: undefined });
    try {
      await postForLines<PreviewJobResponse>({
        path: "/api/repair-jobs/preview",
        body: request,
        signal: controller.signal,
        onResult(result) {
          newest = result;
          show({ kind: "running", progress: result });
        },
      });
      show({ kind: "done", result: newest ?? {}, request });
    } catch (error) {
      show({ kind: "failed", error });
    }
  }
  return { state, start, stop };
}

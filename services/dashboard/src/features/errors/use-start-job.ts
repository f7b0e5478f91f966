import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, read } from "@/api";
import { forgetRequestId, type JobPlan, requestIdOf } from "./job-start";

/** Starts a job, once, and leads to its page. */
export function useStartJob() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const navigate = useNavigate();
  const queries = useQueryClient();

  async function start(plan: JobPlan): Promise<boolean> {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      const job = await read(api.POST("/api/repair-jobs", { body: { ...plan, requestId: requestIdOf(plan) } }));
      forgetRequestId();
      void queries.invalidateQueries({ queryKey: ["errors", "jobs"] });
      await navigate({ to: "/errors/jobs/$id", params: { id: job.id ?? "" } });
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, start };
}

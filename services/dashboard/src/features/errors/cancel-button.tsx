import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, read, type RepairJob } from "@/api";
import { Button, ConfirmDialog } from "@/ui";

/** Cancels a job that still takes errors. */
export function CancelButton({
  job,
  size = "medium",
}: {
  readonly job: RepairJob;
  readonly size?: "small" | "medium";
}) {
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const id = job.id ?? "";
  async function cancel() {
    const cancelled = await read(api.POST("/api/repair-jobs/{id}/cancel", { params: { path: { id } }, body: {} }));
    queries.setQueryData(["errors", "job", id], cancelled);
    await queries.invalidateQueries({ queryKey: ["errors", "jobs"] });
  }
  if (job.state !== "RUNNING") return null;
  return (
    <>
      <Button tone="danger" size={size} onClick={() => setAsking(true)}>
        Cancel
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Cancel this job"
        description="It takes no more errors. What it has sent already still gets its verdict."
        action="Cancel the job"
        danger
        onConfirm={cancel}
      />
    </>
  );
}

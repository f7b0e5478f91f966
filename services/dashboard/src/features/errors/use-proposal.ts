import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type ErrorFilter, type MappingProposal, type Patch, read } from "@/api";
import { toast } from "@/ui";
import { draftedFolder } from "./proposal";

/** Asks for a rule as a mapping, and publishes what came of it. */
export function useProposal() {
  const queries = useQueryClient();
  const [proposal, setProposal] = useState<MappingProposal>();
  const [busy, setBusy] = useState<"propose" | "publish">();
  const [error, setError] = useState<unknown>();
  const [published, setPublished] = useState<number>();

  async function doing(what: "propose" | "publish", work: () => Promise<void>) {
    setBusy(what);
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(undefined);
    }
  }
  const propose = (filter: ErrorFilter, patch: Patch, errorId: string | undefined) =>
    doing("propose", async () => {
      setProposal(undefined);
      setPublished(undefined);
      setProposal(await read(api.POST("/api/mapping-proposals", { body: { filter, patch, errorId } })));
    });
  const publish = (message: string) =>
    doing("publish", async () => {
      const { partnerId = "", baseVersion = 0, files } = proposal ?? {};
      const path = { partnerId, version: baseVersion };
      const base = await read(api.GET("/api/partners/{partnerId}/configs/{version}", { params: { path } }));
      // Only in the place of the version that the draft was made from: somebody else's is never replaced unseen.
      const body = { files: draftedFolder(base.files, files), message, baseVersion };
      const made = await read(api.POST("/api/partners/{partnerId}/configs", { params: { path: { partnerId } }, body }));
      setPublished(made.version);
      toast({ tone: "good", title: `Version ${made.version} is live` });
      await queries.invalidateQueries({ queryKey: ["partners"] });
    });
  return { proposal, busy, error, published, propose, publish };
}

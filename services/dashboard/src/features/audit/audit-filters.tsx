import { getRouteApi } from "@tanstack/react-router";
import { isUuid } from "@/lib/ids";
import { Button, PartnerFilter, Segmented, TextFilter } from "@/ui";
import type { AuditSearch } from "./search";

const NARROW = "w-44 max-sm:w-full";
const WIDE = "w-80 max-sm:w-full";

const route = getRouteApi("/shell/audit");

export function AuditFilters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (next: Partial<AuditSearch>) =>
    void navigate({ search: (old) => ({ ...old, event: undefined, ...next }), replace: true });
  const filtered = search.partner || search.actor || search.error;
  return (
    <div className="flex flex-wrap items-end gap-3">
      <PartnerFilter className={NARROW} value={search.partner} onChange={(partner) => set({ partner })} />
      <TextFilter
        label="Actor"
        mono
        className={NARROW}
        value={search.actor}
        placeholder="user:anna"
        onChange={(actor) => set({ actor })}
      />
      <TextFilter
        label="Error id"
        mono
        className={WIDE}
        value={search.error}
        placeholder="a UUID"
        problem={(text) => (isUuid(text) ? undefined : "An error id is a UUID of 36 characters.")}
        onChange={(error) => set({ error })}
      />
      <Segmented
        label="Order of the events"
        value={search.order ?? "oldest"}
        onChange={(order) => set({ order: order === "newest" ? order : undefined })}
        options={[
          { value: "oldest", label: "Oldest first" },
          { value: "newest", label: "Newest first" },
        ]}
      />
      {filtered && (
        <Button tone="quiet" onClick={() => set({ partner: undefined, actor: undefined, error: undefined })}>
          Clear the filters
        </Button>
      )}
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, isPartner, read, useSession } from "@/api";
import { isUuid } from "@/lib/ids";
import { Button, Combobox, Field, Input, Segmented } from "@/ui";
import type { AuditSearch } from "./search";

const route = getRouteApi("/shell/audit");

function usePartnerIds(enabled: boolean): string[] {
  const { data } = useQuery({
    queryKey: ["audit", "partners"],
    queryFn: ({ signal }) => read(api.GET("/api/partners", { params: { query: { pageSize: 1000 } }, signal })),
    enabled,
    staleTime: 60_000,
  });
  return (data?.partners ?? []).map(({ partnerId }) => partnerId);
}

export function AuditFilters() {
  const own = isPartner(useSession());
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const partners = usePartnerIds(!own);
  const set = (next: Partial<AuditSearch>) =>
    void navigate({ search: (old) => ({ ...old, event: undefined, ...next }), replace: true });
  const filtered = search.partner || search.actor || search.error;
  return (
    <div className="flex flex-wrap items-end gap-3">
      {!own && (
        <Field label="Partner" className="w-44 max-sm:w-full">
          <Combobox
            mono
            free
            placeholder="Any"
            value={search.partner ?? ""}
            options={partners}
            onChange={(partner) => set({ partner: partner || undefined })}
          />
        </Field>
      )}
      <TextFilter label="Actor" value={search.actor} placeholder="user:anna" onChange={(actor) => set({ actor })} />
      <TextFilter
        label="Error id"
        wide
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

interface TextFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder: string;
  readonly wide?: boolean;
  problem?(text: string): string | undefined;
  onChange(value: string | undefined): void;
}

/** Takes over on Enter and on leaving. */
function TextFilter({ label, value, placeholder, wide = false, problem, onChange }: TextFilterProps) {
  const [typed, setTyped] = useState<string>();
  const text = (typed ?? value ?? "").trim();
  const wrong = text === "" ? undefined : problem?.(text);
  function accept() {
    if (wrong) return;
    setTyped(undefined);
    if (text !== (value ?? "")) onChange(text || undefined);
  }
  return (
    <Field label={label} error={wrong} className={wide ? "w-80 max-sm:w-full" : "w-44 max-sm:w-full"}>
      <Input
        mono
        placeholder={placeholder}
        value={typed ?? value ?? ""}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={accept}
        onKeyDown={(event) => event.key === "Enter" && accept()}
      />
    </Field>
  );
}

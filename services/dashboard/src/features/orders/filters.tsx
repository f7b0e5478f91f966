import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { ListFilter } from "lucide-react";
import { useState } from "react";
import { api, isPartner, read, useSession } from "@/api";
import { instantOf, wallClockOf } from "@/lib/time";
import { Button, Combobox, Field, Input, useTimeZone } from "@/ui";
import { filterCount } from "./order-row";
import type { OrdersSearch } from "./search";

export interface FiltersProps {
  readonly search: OrdersSearch;
  onChange(search: OrdersSearch): void;
}

function usePartnerIds(enabled: boolean): readonly string[] {
  const { data } = useQuery({
    queryKey: ["orders", "partners"],
    queryFn: ({ signal }) => read(api.GET("/api/partners", { params: { query: { pageSize: 1000 } }, signal })),
    select: ({ partners }) => (partners ?? []).map(({ partnerId }) => partnerId ?? ""),
    staleTime: 60_000,
    enabled,
  });
  return data ?? [];
}

interface TextFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  onCommit(value: string | undefined): void;
}

/** Takes over on Enter or on leaving, so that no half-typed id is asked for. */
function TextFilter({ label, value = "", onCommit }: TextFilterProps) {
  const [text, setText] = useState(value);
  const commit = () => text.trim() !== value && onCommit(text.trim() || undefined);
  return (
    <Field label={label}>
      <Input
        mono
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
      />
    </Field>
  );
}

function TimeFilter({ label, value, onCommit }: TextFilterProps) {
  const zone = useTimeZone();
  return (
    <Field label={label}>
      <Input
        type="datetime-local"
        value={wallClockOf(value, zone)}
        onChange={(event) => onCommit(instantOf(event.target.value, zone))}
      />
    </Field>
  );
}

/** The filters of the list; they stand in the address, so a link leads to the same list. */
export function Filters({ search, onChange }: FiltersProps) {
  const session = useSession();
  const own = isPartner(session);
  const partners = usePartnerIds(!own);
  const [open, setOpen] = useState(false);
  const count = filterCount(search);
  const set = (change: Partial<OrdersSearch>) => onChange({ ...search, ...change });
  return (
    <div className="flex flex-col gap-3">
      <div className="md:hidden">
        <Button
          icon={<ListFilter aria-hidden="true" className="size-4" />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          Filters{count > 0 && `: ${count}`}
        </Button>
      </div>
      <div
        className={clsx(
          "grid grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))] items-end gap-3",
          !open && "max-md:hidden",
        )}
      >
        {!own && (
          <Field label="Partner">
            <Combobox
              value={search.partner ?? ""}
              options={partners}
              free
              placeholder="Any"
              onChange={(partner) => set({ partner: partner || undefined })}
            />
          </Field>
        )}
        <TextFilter
          key={`external ${search.external}`}
          label="External order id"
          value={search.external}
          onCommit={(external) => set({ external })}
        />
        <TextFilter
          key={`product ${search.product}`}
          label="Product id"
          value={search.product}
          onCommit={(product) => set({ product })}
        />
        <TextFilter
          key={`customer ${search.customer}`}
          label="Customer id"
          value={search.customer}
          onCommit={(customer) => set({ customer })}
        />
        <TimeFilter label="Ordered from" value={search.from} onCommit={(from) => set({ from })} />
        <TimeFilter label="Ordered before" value={search.to} onCommit={(to) => set({ to })} />
      </div>
    </div>
  );
}

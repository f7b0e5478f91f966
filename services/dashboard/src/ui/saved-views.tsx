import { Bookmark, Trash2 } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import { createPreference, usePreference } from "@/lib/preference";
import { Button, IconButton } from "./button";
import { Field, Input } from "./field";
import { Popover } from "./popover";

/** Filters as they stand in the address. */
export type ViewSearch = Readonly<Record<string, string | undefined>>;

interface SavedView {
  readonly name: string;
  readonly search: ViewSearch;
}

export interface SavedViewsProps {
  /** Where they are kept on this device: the page's name. */
  readonly page: string;
  readonly current: ViewSearch;
  onApply(search: ViewSearch): void;
}

function acceptViews(stored: unknown): readonly SavedView[] | undefined {
  if (!Array.isArray(stored)) return undefined;
  return (stored as Partial<SavedView>[]).filter(
    (view): view is SavedView => typeof view?.name === "string" && typeof view.search === "object",
  );
}

const given = (search: ViewSearch) =>
  Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => Boolean(entry[1])));

/** Filters under a name, kept on this device. */
export function SavedViews({ page, current, onApply }: SavedViewsProps) {
  const preference = useMemo(() => createPreference<readonly SavedView[]>(`views.${page}`, [], acceptViews), [page]);
  const [views, setViews] = usePreference(preference);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");

  function save(event: FormEvent) {
    event.preventDefault();
    const wanted = name.trim();
    if (!wanted) return;
    setViews([...views.filter((view) => view.name !== wanted), { name: wanted, search: given(current) }]);
    setName("");
  }

  const trigger = (
    <Button icon={<Bookmark aria-hidden="true" className="size-4" />}>
      Views{views.length > 0 && <span className="text-faint">{views.length}</span>}
    </Button>
  );
  return (
    <Popover trigger={trigger} label="Saved views" open={open} onOpenChange={setOpen}>
      <ul className="mb-3 flex flex-col">
        {views.map((view) => (
          <li key={view.name} className="flex items-center gap-1">
            <button
              type="button"
              onClick={() => {
                onApply(view.search);
                setOpen(false);
              }}
              className="min-w-0 flex-1 truncate rounded-md px-2 py-1 text-left hover:bg-hover"
            >
              {view.name}
            </button>
            <IconButton
              size="small"
              label={`Delete the view ${view.name}`}
              onClick={() => setViews(views.filter((other) => other !== view))}
            >
              <Trash2 aria-hidden="true" className="size-3.5" />
            </IconButton>
          </li>
        ))}
        {views.length === 0 && <li className="px-2 text-soft">No views yet. Save the present filters under a name.</li>}
      </ul>
      <form onSubmit={save} className="flex items-end gap-2 border-t border-line pt-3">
        <Field label="Save the present filters as" className="flex-1">
          <Input value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Button type="submit" disabled={!name.trim()}>
          Save
        </Button>
      </form>
    </Popover>
  );
}

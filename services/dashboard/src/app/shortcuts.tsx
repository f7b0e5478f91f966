import { Dialog, useAllCommands } from "@/ui";
import { Keys } from "./keys";

const TABLE_KEYS = [
  { label: "Move in a table", keys: "J K" },
  { label: "Open the row", keys: "Enter" },
  { label: "First and last row", keys: "Home End" },
];

export function Shortcuts({ onOpenChange }: { onOpenChange(open: boolean): void }) {
  const commands = useAllCommands().filter(({ keys }) => keys);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Dialog open onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="mb-1 text-sm font-medium text-faint">{group}</h3>
            <ul>
              {commands
                .filter((command) => command.group === group)
                .map(({ id, label, keys }) => (
                  <li key={id} className="flex items-center justify-between gap-3 py-1">
                    {label} <Keys keys={keys ?? ""} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
        <section>
          <h3 className="mb-1 text-sm font-medium text-faint">Tables</h3>
          <ul>
            {TABLE_KEYS.map(({ label, keys }) => (
              <li key={label} className="flex items-center justify-between gap-3 py-1">
                {label}
                <span className="flex gap-1">
                  {keys.split(" ").map((key) => (
                    <Keys key={key} keys={key} />
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Dialog>
  );
}

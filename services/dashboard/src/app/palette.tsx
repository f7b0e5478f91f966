import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Command } from "cmdk";
import { type ReactNode, useState } from "react";
import { adviceFor, locate, type Located } from "@/api";
import { isUuid } from "@/lib/ids";
import { useAllCommands } from "@/ui";
import { Keys } from "./keys";

const KINDS = { order: "Order", error: "Error", job: "Repair job" } as const;

function useLocated(text: string) {
  return useQuery({
    queryKey: ["locate", text],
    queryFn: async ({ signal }) => (await locate(text, signal)) ?? null,
    enabled: isUuid(text),
  });
}

/** Everything by typing: an id, a page, something to do. */
export function Palette({ onOpenChange }: { onOpenChange(open: boolean): void }) {
  const [text, setText] = useState("");
  const commands = useAllCommands().filter(({ id }) => id !== "palette" && id !== "search");
  const groups = [...new Set(commands.map(({ group }) => group))];
  const query = text.trim();

  const run = (action: () => void) => {
    onOpenChange(false);
    action();
  };
  return (
    <Command.Dialog
      open
      onOpenChange={onOpenChange}
      label="Search and commands"
      overlayClassName="fixed inset-0 z-40 bg-[rgb(8_12_20/50%)]"
      contentClassName={clsx(
        "fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl",
        "border border-line bg-raised shadow-raised outline-none",
      )}
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="An order id, an error id, a page, a command"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none"
      />
      <Command.List className="scroll-thin max-h-[min(24rem,60vh)] overflow-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-soft">Nothing has this name.</Command.Empty>
        {query.length > 2 && <Found text={query} onRun={run} />}
        {groups.map((group) => (
          <Group key={group} heading={group}>
            {commands
              .filter((command) => command.group === group)
              .map((command) => (
                <Item key={command.id} value={`${group} ${command.label}`} onSelect={() => run(command.run)}>
                  <span className="truncate">{command.label}</span>
                  {command.keys && <Keys keys={command.keys} />}
                </Item>
              ))}
          </Group>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}

/** What the text may be an id of. */
function Found({ text, onRun }: { readonly text: string; onRun(action: () => void): void }) {
  const navigate = useNavigate();
  const { data, error, isFetching } = useLocated(text);
  const open = ({ kind, id }: Located) => {
    if (kind === "order") void navigate({ to: "/orders/$id", params: { id } });
    else if (kind === "error") void navigate({ to: "/errors/$id", params: { id } });
    else void navigate({ to: "/errors/jobs/$id", params: { id } });
  };
  if (isUuid(text)) {
    return (
      <Group heading="By id">
        {isFetching && !data && <Note>Looking for {text}</Note>}
        {error && <Note>{adviceFor(error)}</Note>}
        {data === null && <Note>No order, error or job has this id.</Note>}
        {data && (
          <Item value={`id ${text}`} onSelect={() => onRun(() => open(data))}>
            {KINDS[data.kind]} <code className="truncate font-mono text-sm text-soft">{data.id}</code>
          </Item>
        )}
      </Group>
    );
  }
  return (
    <Group heading={`Search "${text}" as`}>
      <Item
        value={`external ${text}`}
        onSelect={() => onRun(() => void navigate({ to: "/orders", search: { external: text } }))}
      >
        External id of an order
      </Item>
      <Item
        value={`product ${text}`}
        onSelect={() => onRun(() => void navigate({ to: "/orders", search: { product: text } }))}
      >
        Product id of orders
      </Item>
      <Item
        value={`customer ${text}`}
        onSelect={() => onRun(() => void navigate({ to: "/orders", search: { customer: text } }))}
      >
        Customer id of orders
      </Item>
      <Item
        value={`payload ${text}`}
        onSelect={() => onRun(() => void navigate({ to: "/errors", search: { tab: "list", text } }))}
      >
        Text in the payload of errors
      </Item>
    </Group>
  );
}

function Group({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className={clsx(
        "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1",
        "[&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint",
      )}
    >
      {children}
    </Command.Group>
  );
}

function Item({
  value,
  onSelect,
  children,
}: {
  readonly value: string;
  onSelect(): void;
  readonly children: ReactNode;
}) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 items-center justify-between gap-3 rounded-md px-2.5 data-[selected=true]:bg-hover"
    >
      {children}
    </Command.Item>
  );
}

function Note({ children }: { readonly children: ReactNode }) {
  return <p className="px-2.5 py-2 text-soft">{children}</p>;
}

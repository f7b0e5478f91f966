import {
  columnVisibilityFeature,
  type ColumnDef,
  type ReactTable,
  type Row,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import type { VirtualItem } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { memo, type MouseEvent, type ReactNode, useCallback, useEffect, useId, useMemo, useRef } from "react";
import { type Column, gridTemplate, minimumWidth } from "./table-columns";
import { useWidth } from "./use-width";
import { HEADER, useCursor, useVirtualRows } from "./virtual-rows";

export type { Column } from "./table-columns";

export interface VirtualTableProps<T extends object> {
  /** What the rows are: "Orders". */
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  rowKey(row: T): string;
  /** Ids of columns that are not shown. */
  readonly hidden?: readonly string[];
  /** A row was clicked, or Enter pressed on it. Its first cell should hold a link to the same place. */
  onOpen?(row: T): void;
  /** A row on a narrow screen, in place of its cells. */
  compact?(row: T): ReactNode;
  readonly rowHeight?: number;
  readonly compactHeight?: number;
  /** The last rows are near: time to load more. Called again whenever there are more rows. */
  onEndReached?(): void;
  /** Below the last row: that more are loading, an error, or that these are all. */
  readonly footer?: ReactNode;
  /** Stands there where there are no rows. */
  readonly empty?: ReactNode;
  isMarked?(row: T): boolean;
  /** How it gets its height; by default it fills a flex column. */
  readonly className?: string;
  /** A change of it scrolls to the first row. */
  readonly scrollKey?: string | number;
}

const COMPACT_BELOW = 640;
const features = tableFeatures({ columnVisibilityFeature });
type Features = typeof features;

function useModel<T extends object>(props: VirtualTableProps<T>, first: number, end: number) {
  const { rows, columns, hidden, rowKey } = props;
  const data = useMemo(() => rows.slice(first, end), [rows, first, end]);
  const defs = useMemo(
    () =>
      columns.map((column): ColumnDef<Features, T> => ({
        id: column.id,
        header: () => column.header,
        cell: ({ row }) => column.cell(row.original),
      })),
    [columns],
  );
  const columnVisibility = useMemo(() => Object.fromEntries((hidden ?? []).map((name) => [name, false])), [hidden]);
  return useTable({ features, columns: defs, data, state: { columnVisibility }, getRowId: rowKey });
}

/**
 * A table of any length: only the rows in sight are in the document, and only they are given to the table's model, so
 * that neither grows with the number of rows. Keys move a cursor, Enter opens.
 */
export function VirtualTable<T extends object>(props: VirtualTableProps<T>) {
  const { rows, columns, hidden, compact, onEndReached, scrollKey, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useWidth(scroller) < COMPACT_BELOW && compact !== undefined;
  const rowHeight = narrow ? (props.compactHeight ?? 72) : (props.rowHeight ?? 36);
  const id = useId();
  const sight = useVirtualRows({ scroller, count: rows.length, rowHeight, onEndReached, scrollKey });
  const open = (index: number) => {
    const row = rows[index];
    if (row) onOpen?.(row);
  };
  const { cursor, onKeyDown } = useCursor({ count: rows.length, rowHeight, onOpen: open, onMove: sight.scrollTo });
  const table = useModel(props, sight.first, sight.end);
  const modelRows = table.getRowModel().rows;
  const visible = useMemo(() => columns.filter((column) => !hidden?.includes(column.id)), [columns, hidden]);
  const newestOpen = useRef(onOpen);
  useEffect(() => {
    newestOpen.current = onOpen;
  });
  const openRow = useCallback((row: T) => newestOpen.current?.(row), []);
  const template = narrow ? "minmax(0, 1fr)" : gridTemplate(visible);
  const inSight = cursor >= sight.first && cursor < sight.end;
  // A grid has rows: where there are none, nothing says that it is one.
  if (rows.length === 0) return <div className={props.className ?? "min-h-0 flex-1"}>{props.empty}</div>;
  return (
    <div ref={scroller} className={clsx("scroll-thin relative overflow-auto", props.className ?? "min-h-0 flex-1")}>
      <div
        role="grid"
        tabIndex={0}
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={inSight ? `${id}-${cursor}` : undefined}
        onKeyDown={onKeyDown}
        className="group focus-visible:-outline-offset-2"
        style={{ minWidth: narrow ? undefined : minimumWidth(visible) }}
      >
        <HeaderRow columns={visible} template={template} narrow={narrow} />
        <div role="rowgroup" className="relative" style={{ height: sight.height }}>
          {sight.items.map((item) => {
            const row = modelRows[item.index - sight.first];
            return (
              row && (
                <BodyRow<T>
                  key={item.key}
                  id={`${id}-${item.index}`}
                  {...{ item, row, table, template, visible }}
                  onOpen={onOpen && openRow}
                  compact={narrow ? compact : undefined}
                  active={item.index === cursor}
                  marked={props.isMarked?.(row.original) ?? false}
                />
              )
            );
          })}
        </div>
      </div>
      {props.footer && <div className="sticky left-0 px-3 py-3">{props.footer}</div>}
    </div>
  );
}

interface BodyRowProps<T extends object> {
  readonly id: string;
  readonly item: VirtualItem;
  readonly row: Row<Features, T>;
  readonly table: ReactTable<Features, T>;
  readonly template: string;
  readonly visible: readonly Column<T>[];
  readonly onOpen: ((row: T) => void) | undefined;
  readonly compact: ((row: T) => ReactNode) | undefined;
  readonly active: boolean;
  readonly marked: boolean;
}

/** The model's objects are made anew with every scroll, for the same data: only what is shown counts. */
function showsTheSame<T extends object>(a: BodyRowProps<T>, b: BodyRowProps<T>): boolean {
  return (
    a.row.original === b.row.original &&
    a.item === b.item &&
    a.visible === b.visible &&
    a.template === b.template &&
    a.compact === b.compact &&
    a.onOpen === b.onOpen &&
    a.active === b.active &&
    a.marked === b.marked
  );
}

/** A row; while the table is scrolled, those that stay are not rendered again. */
const BodyRow = memo(PlainRow, showsTheSame) as typeof PlainRow;

function PlainRow<T extends object>(props: BodyRowProps<T>) {
  const { id, item, row, table, template, visible, onOpen, compact, active, marked } = props;
  function onClick(event: MouseEvent) {
    // A click on something within, or one that ends the selection of a text, is no click on the row.
    const inner = (event.target as Element).closest("a, button, input, label");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (inner?.hasAttribute("data-row-link") && plain && onOpen) event.preventDefault();
    else if (inner || getSelection()?.toString()) return;
    onOpen?.(row.original);
  }
  return (
    // The keys work on the grid, by aria-activedescendant.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="row"
      aria-rowindex={item.index + 2}
      onClick={onClick}
      className={clsx(
        "absolute inset-x-0 top-0 grid items-center border-b border-line",
        onOpen && "cursor-pointer hover:bg-hover",
        marked && "bg-accent-wash",
        active && "group-focus:bg-hover group-focus:shadow-[inset_3px_0_0_var(--accent)]",
      )}
      style={{
        height: item.size,
        transform: `translateY(${item.start - HEADER}px)`,
        gridTemplateColumns: template,
      }}
    >
      {compact ? (
        <div role="gridcell" className="min-w-0 px-3">
          {compact(row.original)}
        </div>
      ) : (
        row.getVisibleCells().map((cell, index) => (
          <div key={cell.id} role="gridcell" className={cellClass(visible[index])}>
            <table.FlexRender cell={cell} />
          </div>
        ))
      )}
    </div>
  );
}

export interface RowLinkProps {
  readonly href: string;
  readonly children: ReactNode;
}

/**
 * The link of a row to where a click on the row leads. The router's own links cost too much for rows that pass by the
 * dozen while a long table is scrolled; this one leaves a plain click to the table's onOpen.
 */
export function RowLink({ href, children }: RowLinkProps) {
  return (
    <a href={href} data-row-link className="link font-mono text-sm">
      {children}
    </a>
  );
}

function cellClass<T>(column: Column<T> | undefined): string {
  return clsx("min-w-0 truncate px-3", column?.align === "end" && "text-right");
}

interface HeaderRowProps<T> {
  readonly columns: readonly Column<T>[];
  readonly template: string;
  readonly narrow: boolean;
}

function HeaderRow<T>({ columns, template, narrow }: HeaderRowProps<T>) {
  return (
    <div role="rowgroup" className={clsx("sticky top-0 z-10", narrow && "sr-only")}>
      <div
        role="row"
        aria-rowindex={1}
        className="grid items-center border-b border-line bg-sunken text-xs font-medium text-soft"
        style={{ gridTemplateColumns: template, height: HEADER }}
      >
        {narrow ? (
          <div role="columnheader">{columns.map((column) => column.header).join(", ")}</div>
        ) : (
          columns.map((column) => (
            <div key={column.id} role="columnheader" className={cellClass(column)}>
              {column.header}
            </div>
          ))
        )}
      </div>
    </div>
  );
}

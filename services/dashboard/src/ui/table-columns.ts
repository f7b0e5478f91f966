import type { ReactNode } from "react";

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  cell(row: T): ReactNode;
  /** Its least width in pixels. */
  readonly width: number;
  /** Its share of the room that is left; 0 where it keeps its width. */
  readonly grow?: number;
  readonly align?: "start" | "end";
}

export function gridTemplate<T>(columns: readonly Column<T>[]): string {
  return columns.map(({ width, grow = 0 }) => (grow > 0 ? `minmax(${width}px, ${grow}fr)` : `${width}px`)).join(" ");
}

export function minimumWidth<T>(columns: readonly Column<T>[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0);
}

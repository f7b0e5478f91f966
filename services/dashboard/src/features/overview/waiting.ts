import type { ErrorGroup } from "@/api";
import { parseCount } from "@/lib/count";

export interface WaitingGroup {
  readonly code: string;
  readonly field: string;
  readonly open: bigint;
}

export interface WaitingPartner {
  readonly partner: string;
  /** Its errors that wait for a decision; undefined where only its groups are known, in which an error may be twice. */
  readonly open: bigint | undefined;
  /** Most open errors first. */
  readonly groups: readonly WaitingGroup[];
}

const descending = (a: bigint, b: bigint) => (a === b ? 0 : a > b ? -1 : 1);

/** Whose errors wait for a decision, and why they were refused; who has most first. */
export function waitingPartners(
  groups: readonly ErrorGroup[],
  open: ReadonlyMap<string, bigint>,
): readonly WaitingPartner[] {
  const byPartner = new Map<string, WaitingGroup[]>();
  for (const group of groups) {
    const count = parseCount(group.open);
    if (count === 0n) continue;
    const partner = group.partnerId ?? "";
    const known = byPartner.get(partner) ?? [];
    byPartner.set(partner, [...known, { code: group.code ?? "", field: group.field ?? "", open: count }]);
  }
  const largest = ({ open: own, groups: ofPartner }: WaitingPartner) => own ?? ofPartner[0]?.open ?? 0n;
  return [...byPartner]
    .map(([partner, ofPartner]) => ({
      partner,
      open: open.get(partner) || undefined,
      groups: ofPartner.sort((a, b) => descending(a.open, b.open)),
    }))
    .sort((a, b) => descending(largest(a), largest(b)));
}

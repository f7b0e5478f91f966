import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, read, type TryEditResponse } from "@/api";
import { JsonFault, type JsonNode, readJson } from "@/lib/json-place";
import type { CodeDiagnostic } from "@/ui";
import { type Payload, payloadBody } from "./payload";
import { type FieldPlaces, rangeOf } from "./places";
import { useSettled } from "./use-settled";
import { groupViolations, lineWords } from "./words";

const DELAY = 400;

export interface Verdict {
  /** What the newest checked text would become; undefined until the first check has ended. */
  readonly answer: TryEditResponse | undefined;
  /** The text is being checked, or is about to be. */
  readonly checking: boolean;
  readonly error: unknown;
  /** Where the text is no JSON. */
  readonly fault: JsonFault | undefined;
  readonly diagnostics: readonly CodeDiagnostic[];
  /** The text that the answer is about. */
  readonly text: string;
  recheck(): void;
}

interface Parsed {
  readonly root?: JsonNode;
  readonly fault?: JsonFault;
}

function parse(text: string): Parsed {
  try {
    return { root: readJson(text) };
  } catch (error) {
    return { fault: error instanceof JsonFault ? error : new JsonFault("it is nested too deep", 0) };
  }
}

export function diagnosticsOf(
  { root, fault }: Parsed,
  answer: TryEditResponse | undefined,
  places: FieldPlaces,
): readonly CodeDiagnostic[] {
  if (fault) return [{ from: fault.at, to: fault.at + 1, severity: "error", message: `No JSON: ${fault.message}.` }];
  if (!root) return [];
  return groupViolations(answer?.violations).flatMap(({ violations, sentence, message }) =>
    violations.map((violation) => ({
      ...rangeOf(violation, root, places),
      severity: "error" as const,
      message: [sentence, lineWords([violation.line ?? 0]), message].filter(Boolean).join(": "),
    })),
  );
}

export interface VerdictOptions {
  readonly id: string;
  readonly kind: Payload["kind"];
  readonly text: string;
  readonly places: FieldPlaces;
  readonly enabled: boolean;
}

/** Asks what the text would become, a moment after the last key; an older question is given up for a newer one. */
export function useVerdict({ id, kind, text, places, enabled }: VerdictOptions): Verdict {
  const settled = useSettled(text, DELAY);
  const parsed = useMemo(() => parse(settled.value), [settled.value]);
  const asked = enabled && !(kind === "order" && parsed.fault);
  const query = useQuery({
    queryKey: ["errors", "try", id, settled.turn],
    queryFn: ({ signal }) =>
      read(
        api.POST("/api/errors/{id}/try", { params: { path: { id } }, body: payloadBody(kind, settled.value), signal }),
      ),
    enabled: asked,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 0,
  });
  const answer = asked ? query.data : undefined;
  const diagnostics = useMemo(() => diagnosticsOf(parsed, answer, places), [parsed, answer, places]);
  return {
    answer,
    checking: enabled && (settled.value !== text || query.isFetching),
    error: query.error,
    fault: parsed.fault,
    diagnostics,
    text: settled.value,
    recheck: () => void query.refetch(),
  };
}

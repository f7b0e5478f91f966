import { useMemo, useState } from "react";
import type { Order } from "@/api";
import { decodeBase64, decodeText } from "@/lib/bytes";
import { countOf, formatBytes } from "@/lib/count";
import { prettyJson } from "@/lib/json";
import { CodeEditor, CopyButton, Panel, Segmented } from "@/ui";

type Look = "pretty" | "exact";

/** What the partner sent: laid out, or exactly as it came. */
export function Payload({ order }: { readonly order: Order }) {
  const [look, setLook] = useState<Look>("pretty");
  const raw = order.rawPayload ?? "";
  const text = useMemo(() => decodeText(raw), [raw]);
  const pretty = useMemo(() => (text === undefined ? undefined : prettyJson(text)), [text]);
  if (raw === "") {
    return (
      <Panel title="Payload">
        <p className="text-soft">
          It was sent as a canonical order, so there is no payload in the partner's own shape.
        </p>
      </Panel>
    );
  }
  const size = decodeBase64(raw).length;
  if (text === undefined) {
    return (
      <Panel title="Payload" actions={<CopyButton value={raw} what="payload in base64" labelled />}>
        <p className="text-soft">Its {countOf(size, "byte")} are no UTF-8 text.</p>
      </Panel>
    );
  }
  const shown = look === "pretty" ? (pretty ?? text) : text;
  return (
    <Panel
      title="Payload"
      description={`As the partner sent it, ${formatBytes(size)}`}
      actions={
        <>
          <Segmented<Look>
            label="How the payload is shown"
            value={look}
            onChange={setLook}
            options={[
              { value: "pretty", label: "Laid out" },
              { value: "exact", label: "Byte for byte" },
            ]}
          />
          <CopyButton value={text} what="payload" labelled />
        </>
      }
    >
      <CodeEditor label="Payload" value={shown} language={look === "pretty" ? "json" : "text"} maxHeight="32rem" />
    </Panel>
  );
}

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";
import { toast } from "./toast";

/** Writes to the clipboard; the newer interface is missing where the page came over plain HTTP. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    // Within an open dialog only what belongs to it may have the focus.
    (document.activeElement?.closest("[role=dialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export interface CopyButtonProps {
  /** The text, or what makes it, where that is costly. */
  readonly value: string | (() => string);
  /** What is copied: "order id". */
  readonly what: string;
  /** Shows its name beside the icon. */
  readonly labelled?: boolean;
}

const SHOWN = 1500;

export function CopyButton({ value, what, labelled = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    if (await copyText(typeof value === "function" ? value() : value)) setCopied(true);
    else
      toast({ tone: "bad", title: "The browser did not allow copying", description: "Select the text and copy it." });
  }

  const icon = copied ? (
    <Check aria-hidden="true" className="size-3.5 text-good" />
  ) : (
    <Copy aria-hidden="true" className="size-3.5" />
  );
  const label = copied ? "Copied" : `Copy ${what}`;
  if (labelled) {
    return (
      <Button size="small" icon={icon} onClick={copy}>
        {label}
      </Button>
    );
  }
  return (
    <IconButton size="tiny" label={label} onClick={copy}>
      {icon}
    </IconButton>
  );
}

import { LoaderCircle } from "lucide-react";

export function Spinner({ label }: { readonly label?: string }) {
  return (
    <span role={label ? "status" : undefined} className="inline-flex items-center gap-2">
      <LoaderCircle aria-hidden="true" className="size-3.5 animate-spin" />
      {label && <span>{label}</span>}
    </span>
  );
}

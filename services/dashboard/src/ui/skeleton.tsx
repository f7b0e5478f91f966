import { clsx } from "clsx";

/** A place where something is about to be. */
export function Skeleton({ className }: { readonly className?: string }) {
  return (
    <span aria-hidden="true" className={clsx("block animate-pulse rounded bg-hover", className ?? "h-4 w-full")} />
  );
}

export function SkeletonLines({ lines = 3, label = "Loading" }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-2.5">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={clsx("h-4", index % 3 === 2 ? "w-2/3" : "w-full")} />
      ))}
    </div>
  );
}

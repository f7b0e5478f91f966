import { lazy, Suspense } from "react";
import type { ChartProps } from "./chart-types";
import { Skeleton } from "./skeleton";

const Plot = lazy(() => import("./chart-plot").then((module) => ({ default: module.ChartPlot })));

/** Lines over time. The library is loaded when the first chart is shown. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<Skeleton className="h-50 w-full" />}>
      <Plot {...props} />
    </Suspense>
  );
}

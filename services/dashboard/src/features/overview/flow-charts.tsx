import { useMemo, useState } from "react";
import { formatShare } from "@/lib/count";
import { formatClock } from "@/lib/time";
import { Chart, type ChartSeries, Panel, useTimeZone } from "@/ui";
import { formatOrderRate, knownSince, orderRate, rejectionRate, type Sample } from "./flow";
import { SeriesLine } from "./series-line";

export interface FlowChartsProps {
  readonly samples: readonly Sample[];
  /** Each gets a line, in this order of colours. */
  readonly partners: readonly string[];
}

type Measure = (samples: readonly Sample[], index: number, partner?: string) => number | null;

interface FlowChartProps extends FlowChartsProps {
  readonly title: string;
  readonly description: string;
  readonly measure: Measure;
  /** The upper end of a quiet axis. */
  readonly atLeast: number;
  formatValue(value: number | null): string;
  formatAxis(value: number): string;
}

/** Lines of the last hour, and below them the values of now, or of the time that is pointed at. */
function FlowChart(props: FlowChartProps) {
  const { samples, partners, title, description, measure, atLeast, formatValue, formatAxis } = props;
  const [pointed, setPointed] = useState<number>();
  const zone = useTimeZone();
  const times = useMemo(() => samples.map(({ at }) => at), [samples]);
  const series = useMemo(
    () =>
      partners.map((partner, colour): ChartSeries => ({
        label: partner,
        colour,
        values: samples.map((_, index) => measure(samples, index, partner)),
      })),
    [samples, partners, measure],
  );
  const at = pointed === undefined ? undefined : times[pointed];
  const valueOf = ({ values }: ChartSeries, index: number | undefined) =>
    formatValue((index === undefined ? values.at(-1) : values[index]) ?? null);
  const since = knownSince(samples);
  const spoken = series.map((one) => `${one.label} ${valueOf(one, undefined)}`).join(", ");
  return (
    <Panel
      title={title}
      description={description}
      actions={<span className="text-sm text-faint">{at ? formatClock(new Date(at * 1000), zone) : "now"}</span>}
    >
      <Chart
        label={`${title} ${since ? `since ${formatClock(since, zone)}` : "over the last hour"}. Now: ${spoken}.`}
        times={times}
        series={series}
        format={formatAxis}
        atLeast={atLeast}
        onHover={setPointed}
      />
      <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1">
        {series.map((one) => (
          <li key={one.label} className="flex items-center gap-2 text-sm">
            <SeriesLine colour={one.colour} />
            <span className="text-soft">{one.label}</span>
            <span className="min-w-8 font-semibold">{valueOf(one, at ? pointed : undefined)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const formatRejection = (share: number | null) => (share === null ? "–" : formatShare(share));

/** What came and what was refused in the last hour, a line a partner. */
export function FlowCharts({ samples, partners }: FlowChartsProps) {
  const zone = useTimeZone();
  const since = knownSince(samples);
  return (
    <div className="grid gap-x-4 gap-y-2 lg:grid-cols-2">
      <FlowChart
        title="Orders a minute"
        description="Created, over a minute"
        measure={orderRate}
        atLeast={5}
        formatValue={formatOrderRate}
        formatAxis={(rate) => String(Number(rate.toFixed(1)))}
        {...{ samples, partners }}
      />
      <FlowChart
        title="Rejection rate"
        description="Became an error, over five minutes"
        measure={rejectionRate}
        atLeast={0.1}
        formatValue={formatRejection}
        formatAxis={(share) => `${Math.round(share * 100)} %`}
        {...{ samples, partners }}
      />
      {since && (
        <p className="text-sm text-faint lg:col-span-2">
          Since {formatClock(since, zone)}, when the gateway began to count. Totals are exact from the first order on.
        </p>
      )}
    </div>
  );
}

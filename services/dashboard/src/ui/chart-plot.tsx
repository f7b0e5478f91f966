import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { zoneName } from "@/lib/time";
import type { ChartProps, ChartSeries } from "./chart-types";
import { themePreference, useTimeZone } from "./preferences";
import { usePreference } from "@/lib/preference";

const COLOURS = 8;
const HEIGHT = 200;

function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function lineOf({ label, colour }: ChartSeries): uPlot.Series {
  return {
    label,
    stroke: () => variable(`--series-${(colour % COLOURS) + 1}`),
    width: 1.75,
    dash: colour >= COLOURS ? [4, 3] : [],
    points: { show: false },
    spanGaps: false,
  };
}

function axis(): uPlot.Axis {
  return {
    stroke: () => variable("--faint"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: () => variable("--line"), width: 1 },
    ticks: { stroke: () => variable("--line"), width: 1, size: 4 },
  };
}

interface Setup {
  readonly host: HTMLDivElement;
  readonly props: ChartProps;
  readonly zone: string;
  format(value: number): string;
  hover(index: number | undefined): void;
}

function optionsOf({ host, props, zone, format, hover }: Setup): uPlot.Options {
  const { atLeast = 1, height = HEIGHT } = props;
  return {
    width: Math.max(host.clientWidth, 80),
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zoneName(zone)),
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(atLeast, (high ?? 0) * 1.08)] } },
    series: [{}, ...props.series.map(lineOf)],
    axes: [
      { ...axis(), size: 30, space: 64, values: "{HH}:{mm}" },
      { ...axis(), size: 48, values: (_plot, splits) => splits.map(format) },
    ],
    hooks: { setCursor: [(plot) => hover(plot.cursor.idx ?? undefined)] },
  };
}

function dataOf({ times, series }: ChartProps): uPlot.AlignedData {
  return [times as number[], ...series.map(({ values }) => values as (number | null)[])];
}

export function ChartPlot(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });
  const zone = useTimeZone();
  const [theme] = usePreference(themePreference);
  const shape = JSON.stringify(props.series.map(({ label, colour }) => [label, colour]));

  useEffect(() => {
    const parent = host.current;
    if (!parent) return undefined;
    const format = (value: number) => newest.current.format?.(value) ?? String(value);
    const hover = (index: number | undefined) => newest.current.onHover?.(index);
    const setup = { host: parent, props: newest.current, zone, format, hover };
    const made = new uPlot(optionsOf(setup), dataOf(newest.current), parent);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (parent.clientWidth !== made.width) made.setSize({ width: parent.clientWidth, height: made.height });
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape, zone]);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  }, [props]);

  useEffect(() => {
    // The colours are read anew after the document has its theme.
    const frame = requestAnimationFrame(() => plot.current?.redraw(false));
    return () => cancelAnimationFrame(frame);
  }, [theme]);

  return (
    <div ref={host} role="img" aria-label={props.label} style={{ height: props.height ?? HEIGHT }} className="w-full" />
  );
}

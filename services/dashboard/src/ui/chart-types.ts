export interface ChartSeries {
  readonly label: string;
  /** 0 to 7, the colours --series-1 to --series-8; beyond that they repeat with another dash. */
  readonly colour: number;
  /** As many as there are times; null where there is no value. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What the chart shows, with the most important figures, for who does not see it. */
  readonly label: string;
  /** Unix seconds, rising. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly height?: number;
  /** How values are written at the axis. */
  format?(value: number): string;
  /** The upper end of the axis where the values do not need more. */
  readonly atLeast?: number;
  /** Called with the index of the time below the pointer; undefined where it left. */
  onHover?(index: number | undefined): void;
}

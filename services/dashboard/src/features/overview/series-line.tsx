/** The colour of a line in the charts; -1 for what has none. */
export function SeriesLine({ colour }: { readonly colour: number }) {
  if (colour < 0) return <span className="w-4" />;
  const background = `var(--series-${(colour % 8) + 1})`;
  return <span aria-hidden="true" className="h-1 w-4 shrink-0 rounded-full" style={{ background }} />;
}

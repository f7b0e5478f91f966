import { formatCount } from "@/lib/count";

const WIDTH = 96;
const HEIGHT = 20;

/** A row of small bars; its words say the same. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="h-5 w-24 fill-(--series-1)"
      preserveAspectRatio="none"
    >
      <title>{`${label}, at most ${formatCount(highest)} in one step`}</title>
      {values.map((value, index) => {
        const height = value > 0 ? Math.max(2, (value / highest) * HEIGHT) : 1;
        return (
          <rect
            key={index}
            x={index * step + 0.5}
            y={HEIGHT - height}
            width={Math.max(1, step - 1)}
            height={height}
            opacity={value > 0 ? 1 : 0.3}
          />
        );
      })}
    </svg>
  );
}

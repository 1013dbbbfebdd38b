/** Small pictures of what changes over time, each with its name and what matters of it in words. */

import * as React from 'react';

const WIDTH = 180;
const HEIGHT = 48;

export interface Plot {
  name: string;
  /** What is read off the line without a scale. */
  told: React.ReactNode;
  /** Where the line goes; it is interrupted at null. */
  points: readonly (readonly [number, number | null])[];
  /** Both scales begin at zero, instead of at the least of the values. */
  isFromZero?: boolean;
}

export function Plots({ plots, remark }: { plots: readonly Plot[]; remark?: string }): React.JSX.Element | null {
  if (plots.length === 0) {
    return null;
  }
  return (
    <div className="acai-Plots">
      {plots.map(plot => (
        <Figure key={plot.name} plot={plot} />
      ))}
      {remark !== undefined && <p className="acai-Remark">{remark}</p>}
    </div>
  );
}

function Figure({ plot }: { plot: Plot }): React.JSX.Element {
  return (
    <figure className="acai-Plots-figure" data-name={plot.name}>
      <figcaption>
        {plot.name} {plot.told}
      </figcaption>
      <svg viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} role="img" aria-label={`Curve of ${plot.name}`}>
        <path d={path(plot)} />
      </svg>
    </figure>
  );
}

/** The line, as SVG's path. */
export function path({ points, isFromZero = false }: Pick<Plot, 'points' | 'isFromZero'>): string {
  const known = points.flatMap(([at, value]) => (value === null ? [] : [[at, value] as const]));
  const least = isFromZero ? 0 : Infinity;
  const x = scale(
    known.map(([at]) => at),
    least
  );
  const y = scale(
    known.map(([, value]) => value),
    least
  );
  let isDrawing = false;
  return points
    .map(([at, value]) => {
      if (value === null) {
        isDrawing = false;
        return '';
      }
      const place = `${(x(at) * WIDTH).toFixed(1)},${((1 - y(value)) * HEIGHT).toFixed(1)}`;
      // A point alone is a line of no length, which round ends make visible.
      const begin = isDrawing ? '' : `M${place}`;
      isDrawing = true;
      return `${begin}L${place}`;
    })
    .join('');
}

/** Maps numbers from at most `least` to 0 … 1. */
function scale(numbers: readonly number[], least: number): (value: number) => number {
  const low = Math.min(least, ...numbers);
  const width = Math.max(...numbers) - low || 1;
  return value => (value - low) / width;
}

/** Draws the curves of a job's numbers, each as a small picture with its last value. */

import * as React from 'react';

import type { Curve, Num } from '../../wire';

const WIDTH = 180;
const HEIGHT = 48;
/** So many series are drawn. */
const MOST_CURVES = 12;

export function Curves({ curves }: { curves: readonly Curve[] }): React.JSX.Element | null {
  if (curves.length === 0) {
    return null;
  }
  const more = curves.length - MOST_CURVES;
  return (
    <div className="acai-Curves">
      {curves.slice(0, MOST_CURVES).map(curve => (
        <Figure key={curve.key} curve={curve} />
      ))}
      {more > 0 && <p className="acai-Remark">and {more} more: acai job metrics prints them all.</p>}
    </div>
  );
}

function Figure({ curve }: { curve: Curve }): React.JSX.Element {
  const last = curve.points.at(-1);
  return (
    <figure className="acai-Curves-figure" data-key={curve.key}>
      <figcaption>
        {curve.key} {last && <b>{shown(last.value)}</b>} {last && <small>at {last.step}</small>}
      </figcaption>
      <svg viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} role="img" aria-label={`Curve of ${curve.key}`}>
        <path d={path(curve)} />
      </svg>
    </figure>
  );
}

/** The line, interrupted where a value is no number. */
export function path(curve: Curve): string {
  const numbers = curve.points.flatMap(({ step, value }) => (typeof value === 'number' ? [{ step, value }] : []));
  const x = scale(numbers.map(point => point.step));
  const y = scale(numbers.map(point => point.value));
  let isDrawing = false;
  return curve.points
    .map(({ step, value }) => {
      if (typeof value !== 'number') {
        isDrawing = false;
        return '';
      }
      const place = `${(x(step) * WIDTH).toFixed(1)},${((1 - y(value)) * HEIGHT).toFixed(1)}`;
      // A point alone is a line of no length, which round ends make visible.
      const begin = isDrawing ? '' : `M${place}`;
      isDrawing = true;
      return `${begin}L${place}`;
    })
    .join('');
}

/** Maps numbers to 0 … 1. */
function scale(numbers: readonly number[]): (value: number) => number {
  const least = Math.min(...numbers);
  const width = Math.max(...numbers) - least || 1;
  return value => (value - least) / width;
}

function shown(value: Num): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value.number;
}

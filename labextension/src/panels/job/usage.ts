/** What a job uses, as curves: the latest attempt's CPUs and memory over time. */

import type { Sample } from '../../wire';

const MB = 1024 * 1024;

export interface Curve {
  name: string;
  /** Seconds since the command began, and the value. */
  points: readonly (readonly [number, number])[];
  /** The most so far, in words. */
  most: string;
}

/** The curves of the last attempt; none where nothing was sampled. */
export function curvesOf(samples: readonly Sample[]): Curve[] {
  const attempt = samples.at(-1)?.attempt;
  const last = samples.filter(sample => sample.attempt === attempt);
  if (last.length === 0) {
    return [];
  }
  const cpus = last.map((sample, place): [number, number] => [sample.elapsed, cpusIn(last[place - 1], sample)]);
  const memory = last.map((sample): [number, number] => [sample.elapsed, sample.memory / MB]);
  return [
    { name: 'CPUs', points: cpus, most: greatest(cpus).toFixed(1) },
    { name: 'Memory', points: memory, most: `${greatest(memory).toFixed(0)} MB` }
  ];
}

/** The points of an SVG polyline, from zero to the greatest value. */
export function polyline(curve: Curve, width: number, height: number): string {
  const wide = curve.points.at(-1)?.[0] ?? 0;
  const high = greatest(curve.points);
  return curve.points
    .map(([at, value]) => `${share(at, wide, width).toFixed(1)},${(height - share(value, high, height)).toFixed(1)}`)
    .join(' ');
}

function share(part: number, whole: number, of: number): number {
  return whole > 0 ? (part / whole) * of : 0;
}

/** How many CPUs were in use on average since the sample before. */
function cpusIn(before: Sample | undefined, sample: Sample): number {
  const passed = sample.elapsed - (before?.elapsed ?? 0);
  return passed > 0 ? Math.max(0, sample.cpu_time - (before?.cpu_time ?? 0)) / passed : 0;
}

function greatest(points: readonly (readonly [number, number])[]): number {
  return points.reduce((most, [, value]) => Math.max(most, value), 0);
}

/** What a job uses: the latest attempt's CPUs and memory over time. */

import * as React from 'react';

import type { Sample } from '../../wire';
import { Plots, type Plot } from './plots';

const MB = 1024 * 1024;

export function UsageCurves({ samples }: { samples: readonly Sample[] }): React.JSX.Element | null {
  return <Plots plots={plotsOf(samples)} />;
}

/** The curves of the last attempt; none where nothing was sampled. */
export function plotsOf(samples: readonly Sample[]): Plot[] {
  const attempt = samples.at(-1)?.attempt;
  const last = samples.filter(sample => sample.attempt === attempt);
  if (last.length === 0) {
    return [];
  }
  const cpus = last.map((sample, place): [number, number] => [sample.elapsed, cpusIn(last[place - 1], sample)]);
  const memory = last.map((sample): [number, number] => [sample.elapsed, sample.memory / MB]);
  return [
    { name: 'CPUs', told: <small>at most {greatest(cpus).toFixed(1)}</small>, points: cpus, isFromZero: true },
    { name: 'Memory', told: <small>at most {greatest(memory).toFixed(0)} MB</small>, points: memory, isFromZero: true }
  ];
}

/** How many CPUs were in use on average since the sample before. */
function cpusIn(before: Sample | undefined, sample: Sample): number {
  const passed = sample.elapsed - (before?.elapsed ?? 0);
  return passed > 0 ? Math.max(0, sample.cpu_time - (before?.cpu_time ?? 0)) / passed : 0;
}

function greatest(points: readonly (readonly [number, number])[]): number {
  return points.reduce((most, [, value]) => Math.max(most, value), 0);
}

/** What a job uses, as curves. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { UsageCurves } from '../src/panels/job/usagecurves';
import { JobModel } from '../src/panels/job/model';
import { curvesOf, polyline } from '../src/panels/job/usage';
import { aJob, aRunningJob } from './fakes';
import { FakeJobs } from './fakejobs';

const SUMS = { read_bytes: 0, written_bytes: 0, throttled_time: 0 };
const MEGABYTE = 1024 * 1024;
const SAMPLES = [
  { attempt: 1, position: 0, elapsed: 2, cpu_time: 9, memory: MEGABYTE, ...SUMS },
  { attempt: 2, position: 0, elapsed: 2, cpu_time: 3, memory: 100 * MEGABYTE, ...SUMS },
  { attempt: 2, position: 1, elapsed: 4, cpu_time: 4, memory: 50 * MEGABYTE, ...SUMS }
];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('the curves are those of the last attempt', () => {
  const [cpus, memory] = curvesOf(SAMPLES);
  expect(cpus).toEqual({
    name: 'CPUs',
    points: [
      [2, 1.5],
      [4, 0.5]
    ],
    most: '1.5'
  });
  expect(memory?.most).toBe('100 MB');
});

test('a curve begins at nothing and fills its picture', () => {
  const [cpus] = curvesOf(SAMPLES);
  expect(cpus && polyline(cpus, 120, 24)).toBe('60.0,0.0 120.0,16.0');
});

test('curves are drawn with their greatest value, and nothing where nothing was sampled', () => {
  const drawn = renderToStaticMarkup(<UsageCurves samples={SAMPLES} />);
  expect(drawn).toContain('at most 100 MB');
  expect(drawn.match(/<polyline/g)).toHaveLength(2);
  expect(renderToStaticMarkup(<UsageCurves samples={[]} />)).toBe('');
});

test('a job is asked for what it uses until it has ended', async () => {
  const jobs = new FakeJobs(aRunningJob({ number: 1 }));
  const model = new JobModel(1, jobs);
  await vi.advanceTimersByTimeAsync(0);
  expect(model.samples).toEqual([]);
  jobs.samples = SAMPLES;
  jobs.change(aJob({ number: 1 }));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(model.samples).toEqual(SAMPLES);
  jobs.samples = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(model.samples).toEqual(SAMPLES);
  model.dispose();
});

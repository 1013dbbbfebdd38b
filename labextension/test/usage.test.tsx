/** What a job uses, as curves. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { CURVES_MS, JobModel } from '../src/panels/job/model';
import { path } from '../src/panels/job/plots';
import { UsageCurves, plotsOf } from '../src/panels/job/usage';
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
  const [cpus, memory] = plotsOf(SAMPLES);
  expect(cpus?.points).toEqual([
    [2, 1.5],
    [4, 0.5]
  ]);
  expect(memory?.points).toEqual([
    [2, 100],
    [4, 50]
  ]);
});

test('a curve begins at nothing and fills its picture', () => {
  const [cpus] = plotsOf(SAMPLES);
  expect(cpus && path(cpus)).toBe('M90.0,0.0L90.0,0.0L180.0,32.0');
});

test('curves are drawn with their greatest value, and nothing where nothing was sampled', () => {
  const drawn = renderToStaticMarkup(<UsageCurves samples={SAMPLES} />);
  expect(drawn).toContain('at most 1.5');
  expect(drawn).toContain('at most 100 MB');
  expect(drawn.match(/<svg/g)).toHaveLength(2);
  expect(renderToStaticMarkup(<UsageCurves samples={[]} />)).toBe('');
});

test('what a job uses is read when there is more of it, and once more when it has ended', async () => {
  const jobs = new FakeJobs(aRunningJob({ number: 1, id: 'job_1' }));
  const read = vi.spyOn(jobs, 'usage');
  const model = new JobModel(1, jobs);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(model.samples).toEqual([]);
  expect(read).toHaveBeenCalledTimes(1);
  jobs.samples = SAMPLES.slice(0, 2);
  jobs.measured.emit({ job: 'job_1', what: 'usage' });
  await vi.advanceTimersByTimeAsync(CURVES_MS);
  expect(model.samples).toEqual(SAMPLES.slice(0, 2));
  jobs.samples = SAMPLES;
  jobs.change(aJob({ number: 1, id: 'job_1' }));
  jobs.change(aJob({ number: 1, id: 'job_1' }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(model.samples).toEqual(SAMPLES);
  expect(read).toHaveBeenCalledTimes(3);
  model.dispose();
});

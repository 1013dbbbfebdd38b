/** The curves of a job's numbers. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Curves, plotOf } from '../src/panels/job/curves';
import { CURVES_MS, JobModel } from '../src/panels/job/model';
import { path } from '../src/panels/job/plots';
import type { Curve, Num } from '../src/wire';
import { aRunningJob } from './fakes';
import { FakeJobs } from './fakejobs';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function aCurve(key: string, ...values: Num[]): Curve {
  const points = values.map((value, index) => ({ step: index + 1, value, time: '2026-11-20T09:30:00Z' }));
  return { key, count: values.length, points };
}

test('a curve is interrupted where a value is no number', () => {
  expect(path(plotOf(aCurve('loss', 0.5, { number: 'nan' }, 0.25, 0.25)))).toBe(
    'M0.0,0.0L0.0,0.0M120.0,48.0L120.0,48.0L180.0,48.0'
  );
});

test('one value, and none that is a number, can be drawn', () => {
  expect(path(plotOf(aCurve('loss', 7)))).toBe('M0.0,48.0L0.0,48.0');
  expect(path(plotOf(aCurve('loss', { number: 'inf' })))).toBe('');
});

test('curves are told with their last values, and no more than can be seen', () => {
  const few = renderToStaticMarkup(<Curves curves={[aCurve('<loss>', 2, 1), aCurve('acc', { number: '-inf' })]} />);
  expect(few).toContain('&lt;loss&gt; <b>1</b> <small>at 2</small>');
  expect(few).toContain('acc <b>-inf</b>');
  const many = renderToStaticMarkup(<Curves curves={Array.from({ length: 14 }, (_, n) => aCurve(`key${n}`, n))} />);
  expect(many.match(/<svg/g)).toHaveLength(12);
  expect(many).toContain('and 2 more');
  expect(renderToStaticMarkup(<Curves curves={[]} />)).toBe('');
});

test('what a job measured is read at first, and again when there is more, but not all the time', async () => {
  const jobs = new FakeJobs(aRunningJob());
  const read = vi.spyOn(jobs, 'curves');
  jobs.drawn = [aCurve('loss', 2)];
  const model = new JobModel(12, jobs);
  await vi.advanceTimersByTimeAsync(0);
  expect(model.curves).toEqual([aCurve('loss', 2)]);
  jobs.drawn = [aCurve('loss', 2, 1)];
  jobs.measured.emit({ job: 'job_12', what: 'numbers' });
  jobs.measured.emit({ job: 'job_12', what: 'numbers' });
  jobs.measured.emit({ job: 'job_13', what: 'numbers' });
  await vi.advanceTimersByTimeAsync(2 * CURVES_MS);
  expect(model.curves).toEqual([aCurve('loss', 2, 1)]);
  expect(read).toHaveBeenCalledTimes(2);
  model.dispose();
  jobs.measured.emit({ job: 'job_12', what: 'numbers' });
  await vi.advanceTimersByTimeAsync(2 * CURVES_MS);
  expect(read).toHaveBeenCalledTimes(2);
});

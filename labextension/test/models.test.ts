import { expect, test, vi } from 'vitest';

import { AcaiError } from '../src/api';
import { GridModel } from '../src/panels/grid/model';
import { JobModel } from '../src/panels/job/model';
import { JobsModel } from '../src/panels/jobs/model';
import type { Grid } from '../src/wire';
import { aGrid, aJob, aRunningJob, FakeSocket } from './fakes';
import { FakeGrids } from './fakegrids';
import { FakeJobs } from './fakejobs';

const microtasks = (): Promise<void> => Promise.resolve().then(() => undefined);

function aList(...others: Grid[]): { jobs: FakeJobs; grids: FakeGrids; model: JobsModel; shown: () => number[] } {
  const grids = new FakeGrids(...others);
  const jobs = new FakeJobs(
    aJob({ number: 4, status: 'KILLED', creator: 'mary' }),
    aRunningJob({ number: 3, name: 'Evaluate' }),
    aJob({ number: 2, status: 'FAILED', command: ['python', 'fit.py'], name: null, input: null, output_version: null }),
    aJob({ number: 1, output_version: 'Other:9' })
  );
  const model = new JobsModel(jobs, grids);
  return { jobs, grids, model, shown: () => model.visible.map(({ item }) => item.number) };
}

test('the order of the service is kept', () => {
  expect(aList().shown()).toEqual([4, 3, 2, 1]);
});

test.each([
  ['evaluate', [3]],
  ['EVAL', [3]],
  ['fit.py', [2]],
  ['mary', [4]],
  ['digits:1', [4, 3, 1]],
  ['other:9', [1]],
  ['model', [4, 3, 2]],
  ['train mary', [4]],
  ['  ', [4, 3, 2, 1]],
  ['nothing like it', []]
])('the text %j finds what a person means', (text, numbers) => {
  const { model, shown } = aList();
  model.text = text;
  expect(shown()).toEqual(numbers);
});

test.each([
  ['all', [4, 3, 2, 1]],
  ['unended', [3]],
  ['FINISHED', [1]],
  ['FAILED', [2]],
  ['KILLED', [4]]
] as const)('the filter %s', (status, numbers) => {
  const { model, shown } = aList();
  model.status = status;
  expect(shown()).toEqual(numbers);
});

test('the model tells of every change, its own and those of the jobs, until it is disposed', () => {
  const { jobs, model } = aList();
  let changes = 0;
  model.stateChanged.connect(() => changes++);
  model.text = 'x';
  model.status = 'FAILED';
  model.selected = { kind: 'job', number: 3 };
  model.selected = { kind: 'job', number: 3 };
  jobs.change();
  expect([changes, model.isEmpty]).toEqual([4, true]);
  model.dispose();
  jobs.change();
  expect([changes, model.isDisposed]).toEqual([4, true]);
});

const at = (second: number): string => `2026-11-20T09:30:0${second}.000000Z`;

test('grids stand between the jobs, by the time at which they were submitted', () => {
  const { jobs, grids, model } = aList();
  jobs.change(aJob({ number: 9, create_time: at(4) }), aJob({ number: 2, create_time: at(2) }));
  grids.change(aGrid({ number: 3, create_time: at(5) }), aGrid({ number: 1, create_time: at(3) }));
  const shown = (): string[] => model.visible.map(({ kind, item }) => `${kind} ${item.number}`);
  expect(shown()).toEqual(['grid 3', 'job 9', 'grid 1', 'job 2']);
  model.text = 'forest';
  expect(shown()).toEqual(['grid 3', 'grid 1']);
  model.text = 'grid 1';
  expect(shown()).toEqual(['grid 1']);
  model.text = '';
  model.status = 'unended';
  expect(shown()).toEqual(['grid 3', 'grid 1']);
});

test('the list ends where one of its two lists has gaps, and goes on there', () => {
  const { jobs, grids, model } = aList();
  jobs.hasMore = true;
  jobs.change(aJob({ number: 9, create_time: at(4) }), aJob({ number: 8, create_time: at(3) }));
  grids.change(aGrid({ number: 2, create_time: at(5) }), aGrid({ number: 1, create_time: at(2) }));
  expect(model.visible.map(({ item }) => item.number)).toEqual([2, 9, 8]);
  model.loadMore();
  expect([jobs.done, grids.done]).toEqual([['more'], []]);
  jobs.hasMore = false;
  grids.hasMore = true;
  expect(model.visible.map(({ item }) => item.number)).toEqual([2, 9, 8, 1]);
  model.loadMore();
  expect(grids.done).toEqual(['more']);
});

test('a job model asks for the details, and shows the job that everybody shares', async () => {
  const jobs = new FakeJobs(aRunningJob({ number: 1 }));
  const model = new JobModel(1, jobs);
  await microtasks();
  expect([jobs.done, model.error]).toEqual([['fetch 1'], null]);
  jobs.change(aJob({ number: 1 }));
  expect(model.job?.status).toBe('FINISHED');
});

test('a job that does not exist is told, and not asked for again', async () => {
  const jobs = new FakeJobs();
  jobs.refusal = new AcaiError(404, 'job_not_found', 'There is no job 9.');
  const model = new JobModel(9, jobs);
  await microtasks();
  await microtasks();
  jobs.change();
  expect([model.job, model.error, jobs.done]).toEqual([null, 'There is no job 9.', ['fetch 9']]);
});

test('details that could not be had are asked for again once there is a connection', async () => {
  const jobs = new FakeJobs(aJob({ number: 1 }));
  jobs.connection = { state: 'reconnecting', message: null };
  jobs.refusal = new AcaiError(503, 'unavailable', 'The platform is starting.');
  const model = new JobModel(1, jobs);
  await microtasks();
  await microtasks();
  jobs.refusal = null;
  jobs.change(...jobs.items);
  expect(jobs.done).toEqual(['fetch 1']);
  jobs.connection = { state: 'connected', message: null };
  jobs.change(...jobs.items);
  await microtasks();
  expect([jobs.done.length, model.error]).toEqual([2, null]);
});

test('after a login that was refused the job is asked for again, and its log opened again', async () => {
  const jobs = new FakeJobs(aRunningJob({ number: 1 }));
  jobs.refusal = new AcaiError(403, 'unauthenticated', 'Log in again.');
  const model = new JobModel(1, jobs);
  model.log.open();
  await vi.waitFor(() => {
    expect([model.error, FakeSocket.opened.length]).toEqual(['Log in again.', 1]);
  });
  FakeSocket.last.break(4403, 'Log in again.');
  jobs.connection = { state: 'refused', message: 'Log in again.' };
  jobs.change(...jobs.items);
  expect([model.log.connection.state, jobs.done]).toEqual(['refused', ['fetch 1']]);
  jobs.refusal = null;
  jobs.connection = { state: 'connected', message: null };
  jobs.change(...jobs.items);
  jobs.change(...jobs.items);
  await vi.waitFor(() => {
    expect([model.error, FakeSocket.opened.length, jobs.done]).toEqual([null, 2, ['fetch 1', 'fetch 1']]);
  });
});

test('a grid that could not be read is read again once the list can be', async () => {
  const grids = new FakeGrids(aGrid({ number: 1 }));
  grids.refusal = new AcaiError(403, 'unauthenticated', 'Log in again.');
  grids.error = 'Log in again.';
  const model = new GridModel(1, grids);
  await vi.waitFor(() => {
    expect(model.error).toBe('Log in again.');
  });
  grids.refusal = null;
  grids.change(...grids.items);
  expect(model.error).toBe('Log in again.');
  grids.error = null;
  grids.change(...grids.items);
  await vi.waitFor(() => {
    expect(model.error).toBeNull();
  });
  model.dispose();
});

test('a disposed job model ends its log', () => {
  const jobs = new FakeJobs(aJob({ number: 1 }));
  new JobModel(1, jobs).dispose();
  expect(jobs.followed[0]?.isDisposed).toBe(true);
});

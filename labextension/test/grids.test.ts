/** The service of grids, on answers of a server. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Api } from '../src/api';
import { EventStream } from '../src/events';
import { GATHER_MS, Grids } from '../src/grids';
import { PAGE_SIZE } from '../src/livelist';
import { Jobs } from '../src/service';
import type { Grid } from '../src/wire';
import { aGrid, aJob, aServer, detailsOf, FakeSocket, settle } from './fakes';

let stored: Grid[];
let requests: string[];
let broken: boolean;
let missing: boolean;
let grids: Grids;
let jobs: Jobs;
let eventNumber: number;

beforeEach(async () => {
  vi.useFakeTimers();
  stored = [];
  requests = [];
  broken = false;
  missing = false;
  eventNumber = 0;
  const api = new Api(aServer(answer));
  const events = new EventStream(api);
  grids = new Grids(api, events);
  jobs = new Jobs(api, events);
  grids.start();
  jobs.start();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.tell({ kind: 'connected', number: 0 });
  await gathered();
});

afterEach(() => {
  grids.dispose();
  jobs.dispose();
  vi.useRealTimers();
});

function answer(url: URL, method: string): { status?: number; body: unknown } {
  const path = url.pathname.replace('/base/acai/api/v1/', '');
  const [noun, reference] = path.split('/');
  if (noun === 'whoami') {
    return { body: { name: 'john' } };
  }
  requests.push(`${method} ${path}`);
  if (broken) {
    return { status: 503, body: { code: 'unavailable', message: 'The platform is starting.' } };
  }
  if (missing) {
    return { status: 404, body: { code: 'grid_not_found', message: 'There is no such grid.' } };
  }
  if (noun === 'jobs') {
    return { body: reference === undefined ? { items: [], cursor: null } : detailsOf(aJob({ number: 7, grid: 1 })) };
  }
  if (reference === undefined) {
    const below = Number(url.searchParams.get('cursor') ?? Infinity);
    const items = stored.filter(grid => grid.number < below).slice(0, Number(url.searchParams.get('limit')));
    return { body: { items, cursor: items.length === PAGE_SIZE ? String(items.at(-1)?.number) : null } };
  }
  return { body: stored.find(grid => [grid.id, String(grid.number)].includes(reference)) };
}

async function gathered(): Promise<void> {
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  requests = [];
}

function tell(kind: string, ids: Record<string, string>): void {
  FakeSocket.last.tell({ number: ++eventNumber, kind, ids, time: '2026-11-20T09:30:00.000000Z' });
}

const ofGrid = { job: 'job_7', grid: 'grid_1' };

test('a submitted grid comes on top', async () => {
  stored = [aGrid({ number: 1 })];
  tell('grid.submitted', { grid: 'grid_1' });
  await settle();
  expect([requests, grids.get(1)?.name]).toEqual([['GET grids/grid_1'], 'forest']);
});

test("a hundred of a grid's jobs that come further are two requests for the grid, and none for them", async () => {
  stored = [aGrid({ number: 1 })];
  const moved: string[] = [];
  grids.moved.connect((_, id) => moved.push(id));
  for (let count = 0; count < 100; count++) {
    tell('job.ended', { job: `job_${count}`, grid: 'grid_1' });
  }
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  expect([requests, moved.length]).toEqual([['GET grids/grid_1', 'GET grids/grid_1'], 100]);
});

test('what leaves the grid as it is asks for nothing, numbers for its rows alone', async () => {
  const moved = vi.fn();
  grids.moved.connect(moved);
  tell('job.logged', ofGrid);
  tell('job.sampled', ofGrid);
  tell('job.changed', { job: 'job_7' });
  await settle();
  requests = [];
  expect(moved).not.toHaveBeenCalled();
  tell('job.measured', ofGrid);
  await settle();
  expect([moved.mock.calls.length, requests]).toEqual([1, []]);
});

test("a grid's job that somebody looks at is kept up to date, and is no row of the list", async () => {
  stored = [aGrid({ number: 1 })];
  await jobs.fetch(7);
  await gathered();
  tell('job.changed', ofGrid);
  await settle();
  expect([requests.sort(), jobs.items]).toEqual([['GET grids/grid_1', 'GET jobs/job_7'], []]);
});

test('the end of a grid that was seen before is told once, and that it will be late', async () => {
  const told: string[] = [];
  grids.ended.connect((_, grid) => told.push(`${grid.number} ended`));
  grids.late.connect((_, grid) => told.push(`${grid.number} late`));
  const next = async (changes: Partial<Grid>): Promise<void> => {
    stored = [1, 2].map(number => aGrid({ number, creator: number === 1 ? 'john' : 'mary', ...changes }));
    grids.refresh();
    await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  };
  await next({ late_count: 0 });
  await next({ late_count: 1 });
  await next({ late_count: 2 });
  await next({ status: 'FAILED' });
  await next({ status: 'FAILED' });
  expect(told).toEqual(['1 late', '1 ended']);
});

test('older grids come page by page', async () => {
  stored = Array.from({ length: 60 }, (_, index) => aGrid({ number: 60 - index }));
  grids.refresh();
  await gathered();
  expect([grids.items.length, grids.hasMore]).toEqual([50, true]);
  grids.loadMore();
  await gathered();
  expect([grids.items.length, grids.hasMore]).toEqual([60, false]);
});

test('kill and retry ask the platform, and show its answer', async () => {
  stored = [aGrid({ number: 1 })];
  await grids.kill(1).catch(() => undefined);
  await grids.retry(1).catch(() => undefined);
  expect(requests).toEqual(['POST grids/1/kill', 'POST grids/1/retry']);
  expect(grids.get(1)?.status).toBe('RUNNING');
});

test('an error is told, and forgotten once it works again', async () => {
  broken = true;
  grids.refresh();
  await gathered();
  expect(grids.error).toBe('The platform is starting.');
  broken = false;
  grids.refresh();
  await gathered();
  expect(grids.error).toBeNull();
});

test('a grid that is gone is no error', async () => {
  missing = true;
  tell('job.ended', ofGrid);
  await settle();
  expect([requests, grids.error]).toEqual([['GET grids/grid_1'], null]);
});

test('a grid that began and ended between two readings was seen all the same', async () => {
  const ended: number[] = [];
  grids.ended.connect((_, grid) => ended.push(grid.number));
  stored = [aGrid({ number: 1, status: 'FAILED' })];
  tell('grid.submitted', { grid: 'grid_1' });
  tell('job.ended', ofGrid);
  await gathered();
  expect(ended).toEqual([1]);
});

test('a retried grid runs again, and its end is told again', async () => {
  const ended: string[] = [];
  grids.ended.connect((_, grid) => ended.push(grid.status));
  for (const status of ['RUNNING', 'FAILED', 'RUNNING', 'FINISHED'] as const) {
    stored = [aGrid({ number: 1, status })];
    tell('job.changed', ofGrid);
    await gathered();
  }
  expect(ended).toEqual(['FAILED', 'FINISHED']);
});

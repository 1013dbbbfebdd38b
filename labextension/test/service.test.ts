import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Api } from '../src/api';
import { EventStream } from '../src/events';
import { PAGE_SIZE, SAFETY_MS } from '../src/livelist';
import { GATHER_MS, Jobs } from '../src/service';
import type { Job } from '../src/wire';
import { aJob, aRunningJob, aServer, detailsOf, FakeSocket, settle } from './fakes';

/** What the server has, by number. */
let stored: Map<number, Job>;
let requests: string[];
let broken: boolean;
let service: Jobs;
let eventNumber: number;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  stored = new Map();
  requests = [];
  broken = false;
  eventNumber = 0;
});

afterEach(() => {
  service.dispose();
  vi.useRealTimers();
});

function store(...jobs: Job[]): void {
  jobs.forEach(job => stored.set(job.number, job));
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function answer(url: URL, method: string): { status?: number; body: unknown } {
  const path = url.pathname.replace('/base/acai/api/v1/', '');
  if (path === 'whoami') {
    return { body: { name: 'john' } };
  }
  requests.push(
    method === 'GET' ? path + (path === 'jobs' ? `?${url.searchParams.toString()}` : '') : `${method} ${path}`
  );
  if (broken) {
    return { status: 503, body: { code: 'unavailable', message: 'The platform is starting.' } };
  }
  if (path === 'jobs') {
    return { body: page(Number(url.searchParams.get('limit')), url.searchParams.get('cursor')) };
  }
  const name = path.split('/')[1] ?? '';
  const job = [...stored.values()].find(each => each.id === name || String(each.number) === name);
  return job ? { body: detailsOf(job) } : { status: 404, body: { code: 'job_not_found', message: `No job ${name}.` } };
}

function page(limit: number, cursor: string | null): { items: Job[]; cursor: string | null } {
  const below = cursor === null ? Infinity : Number(cursor);
  const sorted = [...stored.values()].sort((one, other) => other.number - one.number);
  const items = sorted.filter(job => job.number < below).slice(0, limit);
  return { items, cursor: items.length === limit ? String(items.at(-1)?.number) : null };
}

/** The service after its first reading, with its stream of events open. */
async function start(): Promise<void> {
  const api = new Api(aServer(answer));
  service = new Jobs(api, new EventStream(api));
  service.start();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.tell({ kind: 'connected', number: 0 });
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  requests = [];
}

function tell(kind: string, job: number): void {
  FakeSocket.last.tell({
    number: ++eventNumber,
    kind,
    ids: { job: `job_${job}` },
    time: '2026-11-20T09:30:00.000000Z'
  });
}

const numbers = (): number[] => service.items.map(job => job.number);

test('the list is read once when it starts, and once more when the events have begun', async () => {
  store(aJob({ number: 1 }), aJob({ number: 2 }));
  const api = new Api(aServer(answer));
  service = new Jobs(api, new EventStream(api));
  expect(service.isLoaded).toBe(false);
  service.start();
  await settle();
  expect(requests).toEqual([`jobs?grids=false&limit=${PAGE_SIZE}`]);
  expect([service.isLoaded, service.hasMore, numbers()]).toEqual([true, false, [2, 1]]);
  FakeSocket.last.accept();
  FakeSocket.last.tell({ kind: 'connected', number: 0 });
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(requests).toHaveLength(2);
});

test('a new job comes on top', async () => {
  store(aJob({ number: 1 }), aJob({ number: 2 }));
  await start();
  store(aRunningJob({ number: 3 }));
  let changes = 0;
  service.changed.connect(() => changes++);
  tell('job.submitted', 3);
  await settle();
  expect(numbers()).toEqual([3, 2, 1]);
  expect(requests).toEqual(['jobs/job_3']);
  expect(changes).toBe(1);
});

test('a burst of events makes one request at once and one at its end', async () => {
  store(aRunningJob({ number: 7, progress: 'downloading' }));
  await start();
  for (let count = 0; count < 20; count++) {
    tell('job.changed', 7);
  }
  await vi.advanceTimersByTimeAsync(GATHER_MS - 1);
  expect(requests).toEqual(['jobs/job_7']);
  store(aRunningJob({ number: 7, progress: 'uploading' }));
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toEqual(['jobs/job_7', 'jobs/job_7']);
  expect(service.get(7)?.progress).toBe('uploading');
  await vi.advanceTimersByTimeAsync(10 * GATHER_MS);
  expect(requests).toHaveLength(2);
});

test('when many jobs change at once, the list is read instead of each of them', async () => {
  store(...range(1, 30).map(number => aRunningJob({ number })));
  await start();
  range(1, 30).forEach(number => {
    tell('job.changed', number);
  });
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(requests).toEqual(['jobs/job_1', `jobs?grids=false&limit=${PAGE_SIZE}`]);
});

test('a grown log and events about other things are no reason to ask', async () => {
  store(aRunningJob({ number: 1 }));
  await start();
  tell('job.logged', 1);
  FakeSocket.last.tell({ number: 50, kind: 'fileset.created', ids: { fileset: 'fileset_1', job: 'job_1' }, time: '' });
  FakeSocket.last.tell({ number: 51, kind: 'something.new', ids: {}, time: '' });
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(requests).toEqual([]);
});

test('older jobs come page by page, and are read again with the others', async () => {
  store(...range(1, 120).map(number => aJob({ number })));
  await start();
  expect([numbers().length, service.hasMore]).toEqual([50, true]);
  service.loadMore();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(requests).toEqual([`jobs?grids=false&limit=${PAGE_SIZE}&cursor=71`]);
  expect(numbers()).toEqual(range(21, 120).reverse());
  service.refresh();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(requests[1]).toBe('jobs?grids=false&limit=100');
  service.loadMore();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect([numbers().length, service.hasMore]).toEqual([120, false]);
});

test('a job far down is known without being listed', async () => {
  store(...range(1, 120).map(number => aJob({ number })));
  await start();
  const job = await service.fetch(3);
  expect(job.notes).toEqual(['memory rounded up from 2000MB to 2048MB']);
  expect(service.get(3)).toBe(job);
  expect(numbers()).not.toContain(3);
});

test('where too much is new for one page, the list begins anew, without a gap', async () => {
  store(...range(1, 10).map(number => aJob({ number })));
  await start();
  store(...range(11, 200).map(number => aJob({ number })));
  service.refresh();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(numbers()).toEqual(range(151, 200).reverse());
  expect(service.hasMore).toBe(true);
});

test("what is told of one job alone survives the list's reading", async () => {
  store(aRunningJob({ number: 1 }));
  await start();
  await service.fetch(1);
  service.refresh();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(service.get(1)?.notes).toHaveLength(1);
});

test('an answer that was overtaken does not bring an ended job back to life', async () => {
  store(aJob({ number: 1 }));
  await start();
  store(aRunningJob({ number: 1 }));
  await service.fetch(1);
  expect(service.get(1)?.status).toBe('FINISHED');
});

test('the end of a job that was seen before is told once, others are not', async () => {
  store(aRunningJob({ number: 1 }), aJob({ number: 2 }), aRunningJob({ number: 3, creator: 'mary' }));
  await start();
  const ended: number[] = [];
  service.ended.connect((_, job) => ended.push(job.number));
  store(aJob({ number: 1 }), aJob({ number: 3, creator: 'mary' }), aJob({ number: 4 }));
  [1, 2, 3, 4].forEach(number => {
    tell('job.ended', number);
  });
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  tell('job.ended', 1);
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  expect(ended).toEqual([1]);
});

test('a job that began and ended between two readings was seen all the same', async () => {
  await start();
  const ended: number[] = [];
  service.ended.connect((_, job) => ended.push(job.number));
  store(aJob({ number: 1, status: 'FAILED' }));
  tell('job.submitted', 1);
  tell('job.ended', 1);
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  expect(ended).toEqual([1]);
});

test('kill asks the platform, and shows its answer', async () => {
  store(aRunningJob({ number: 1 }));
  await start();
  store(aRunningJob({ number: 1, kill_requested: true }));
  await service.kill(1);
  expect(requests).toEqual(['POST jobs/1/kill']);
  expect(service.get(1)?.kill_requested).toBe(true);
});

test('retry tells the number of the new job, which is known then', async () => {
  await start();
  store(aRunningJob({ number: 2 }));
  expect(await service.retry(2)).toBe(2);
  expect([requests, service.get(2)?.status]).toEqual([['POST jobs/2/retry'], 'RUNNING']);
});

test('an error is told, and forgotten once it works again', async () => {
  broken = true;
  await start();
  expect([service.error, service.isLoaded]).toEqual(['The platform is starting.', false]);
  broken = false;
  store(aJob({ number: 1 }));
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(500);
  expect(service.connection.state).toBe('reconnecting');
  FakeSocket.last.accept();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect([service.error, numbers()]).toEqual([null, [1]]);
});

test('a job that is gone is no error', async () => {
  await start();
  tell('job.changed', 99);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(service.error).toBeNull();
});

test('the list is read again from time to time, but not for a page that nobody sees', async () => {
  await start();
  await vi.advanceTimersByTimeAsync(SAFETY_MS);
  expect(requests).toHaveLength(1);
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  await vi.advanceTimersByTimeAsync(3 * SAFETY_MS);
  expect(requests).toHaveLength(1);
});

test('a disposed service asks for nothing', async () => {
  await start();
  service.dispose();
  await vi.advanceTimersByTimeAsync(3 * SAFETY_MS);
  expect([requests, service.isDisposed]).toEqual([[], true]);
});

import { Notification } from '@jupyterlab/apputils';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { EndedNotifications, GATHER_ENDED_MS } from '../src/notifications';
import { aGrid, aJob } from './fakes';
import { FakeGrids } from './fakegrids';
import { FakeJobs } from './fakejobs';

let jobs: FakeJobs;
let grids: FakeGrids;
let opened: number[];
let told: EndedNotifications;

beforeEach(() => {
  vi.useFakeTimers();
  jobs = new FakeJobs();
  opened = [];
  grids = new FakeGrids();
  told = new EndedNotifications(
    jobs,
    grids,
    number => opened.push(number),
    number => opened.push(-number)
  );
});

afterEach(() => {
  Notification.dismiss();
  vi.useRealTimers();
});

function texts(): string[] {
  return Notification.manager.notifications.map(({ type, message }) => `${type}: ${message}`).reverse();
}

test('each of a few endings is told, with a way to its log', () => {
  jobs.ended.emit(aJob({ number: 1 }));
  jobs.ended.emit(aJob({ number: 2, status: 'FAILED', reason: 'exit code', exit_code: 3 }));
  jobs.ended.emit(aJob({ number: 3, status: 'KILLED' }));
  expect(texts()).toEqual([]);
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect(texts()).toEqual([
    'success: Job 1 train finished in 4.0s.',
    'error: Job 2 train failed: exit code 3.',
    'info: Job 3 train was killed.'
  ]);
  Notification.manager.notifications.at(-1)?.options.actions?.[0]?.callback(new MouseEvent('click'));
  expect(opened).toEqual([1]);
});

test('many endings are told in one sentence', () => {
  [1, 2, 3, 4].forEach(number => {
    jobs.ended.emit(aJob({ number, status: number === 2 ? 'FAILED' : 'FINISHED' }));
  });
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect(texts()).toEqual(['error: 4 jobs ended: 3 finished, 1 failed.']);
});

test('a long command is cut', () => {
  jobs.ended.emit(aJob({ name: null, command: 'x'.repeat(500), runtime: null }));
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect(texts()[0]).toMatch(/^success: Job 12 x{56}… finished\.$/);
});

test('who does not want to be told is not', () => {
  told.wanted = 'none';
  jobs.ended.emit(aJob());
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect(texts()).toEqual([]);
});

test('who wants to be told of failures is told of those only, however many jobs end', () => {
  told.wanted = 'failures';
  [1, 2, 3, 4, 5].forEach(number => {
    jobs.ended.emit(
      aJob({ number, name: 'train', status: number === 2 ? 'FAILED' : number === 3 ? 'KILLED' : 'FINISHED' })
    );
  });
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toMatch(/^error: Job 2 train failed/);
});

test('disposed, it tells nothing', () => {
  jobs.ended.emit(aJob());
  told.dispose();
  vi.advanceTimersByTime(GATHER_ENDED_MS);
  expect([texts(), told.isDisposed]).toEqual([[], true]);
});

test('a coming miss of a bound is told at once, unless nobody wants to be told', () => {
  const late = aJob({ number: 7, status: 'RUNNING', late: true, max_time: 600, max_cost: 0.5, enforce: true });
  jobs.late.emit(late);
  expect(texts()).toEqual([
    'warning: Job 7 train is expected to miss its bound (within 10m 00s and $0.5, ended there).'
  ]);
  told.wanted = 'none';
  jobs.late.emit(late);
  expect(texts()).toHaveLength(1);
});

test('a grid is told of once, with a way to its table', () => {
  const counts = { FINISHED: 1, FAILED: 1 };
  grids.ended.emit(aGrid({ number: 3, status: 'FAILED', ended_count: 2, counts }));
  grids.late.emit(aGrid({ number: 4, late_count: 2 }));
  expect(texts()).toEqual([
    'error: Grid 3 forest: 2 of 2 ended: 1 finished, 1 failed.',
    'warning: Jobs of Grid 4 forest are expected to miss their bound.'
  ]);
  Notification.manager.notifications.at(-1)?.options.actions?.[0]?.callback(new MouseEvent('click'));
  expect(opened).toEqual([-3]);
  told.wanted = 'failures';
  grids.ended.emit(aGrid({ status: 'FINISHED' }));
  told.wanted = 'none';
  grids.late.emit(aGrid());
  expect(texts()).toHaveLength(2);
});

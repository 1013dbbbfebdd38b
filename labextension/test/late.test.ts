/** The live jobs tell when one of the user's own will miss its bound. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Api } from '../src/api';
import { EventStream } from '../src/events';
import { GATHER_MS, Jobs } from '../src/service';
import type { Job } from '../src/wire';
import { aRunningJob, aServer, detailsOf, FakeSocket } from './fakes';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('a job of the user that will miss its bound is told once', async () => {
  let late = false;
  const stored = (number: number): Job => aRunningJob({ number, late, creator: number === 7 ? 'john' : 'ann' });
  const api = new Api(
    aServer(url => {
      const path = url.pathname.replace('/base/acai/api/v1/', '');
      if (path === 'whoami') {
        return { body: { name: 'john' } };
      }
      const [, id] = path.split('/job_');
      return { body: id === undefined ? { items: [stored(8), stored(7)], cursor: null } : detailsOf(stored(+id)) };
    })
  );
  const service = new Jobs(api, new EventStream(api));
  const told: number[] = [];
  service.late.connect((_, job) => told.push(job.number));
  service.start();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  FakeSocket.last.accept();
  FakeSocket.last.tell({ kind: 'connected', number: 0 });
  await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  late = true;
  for (const [number, job] of [7, 8, 7].entries()) {
    const ids = { job: `job_${job}` };
    FakeSocket.last.tell({ number: number + 1, kind: 'job.late', ids, time: '2026-11-20T09:30:00.000000Z' });
    await vi.advanceTimersByTimeAsync(2 * GATHER_MS);
  }
  expect(told).toEqual([7]);
  service.dispose();
});

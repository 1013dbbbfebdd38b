/** What becomes of a page whose login ran out, and was renewed, maybe in another tab. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Api } from '../src/api';
import { EventStream } from '../src/events';
import { SAFETY_MS } from '../src/livelist';
import { Jobs } from '../src/service';
import { aJob, aServer, FakeSocket, settle } from './fakes';

let isLoggedOut: boolean;
let service: Jobs;

beforeEach(async () => {
  vi.useFakeTimers();
  isLoggedOut = false;
  const api = new Api(
    aServer(url => {
      if (isLoggedOut) {
        return { status: 403, body: { code: 'unauthenticated', message: 'Log in again.' } };
      }
      const isList = url.pathname.endsWith('/jobs');
      return { body: isList ? { items: [aJob({ number: 1 })], cursor: null } : { name: 'john' } };
    })
  );
  service = new Jobs(api, new EventStream(api));
  service.start();
  await settle();
  FakeSocket.last.accept();
});

afterEach(() => {
  service.dispose();
  vi.useRealTimers();
});

test('a stream that was refused is opened again once somebody has logged in again', async () => {
  isLoggedOut = true;
  FakeSocket.last.break(4403, 'Log in again.');
  await vi.advanceTimersByTimeAsync(SAFETY_MS);
  expect([service.connection.state, service.error]).toEqual(['refused', 'Log in again.']);
  expect(FakeSocket.opened).toHaveLength(1);
  isLoggedOut = false;
  await vi.advanceTimersByTimeAsync(SAFETY_MS);
  expect([service.error, FakeSocket.opened.length]).toEqual([null, 2]);
  FakeSocket.last.accept();
  expect(service.connection.state).toBe('connected');
});

test('a stream that comes back by itself is left alone by what is read', async () => {
  FakeSocket.last.break();
  expect(service.connection.state).toBe('reconnecting');
  service.loadMore();
  await settle();
  expect(FakeSocket.opened).toHaveLength(1);
});

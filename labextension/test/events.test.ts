import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import golden from '../../tests/wire/event.json';
import connected from '../../tests/wire/event_connected.json';
import reset from '../../tests/wire/event_reset.json';
import { Api } from '../src/api';
import { EventStream } from '../src/events';
import type { Event } from '../src/wire';
import { aServer, FakeSocket, settle } from './fakes';

let whoAmI: () => { status?: number; body: unknown };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  whoAmI = () => ({ body: { name: 'john' } });
});

afterEach(() => {
  vi.useRealTimers();
});

function aStream(more: Parameters<typeof aServer>[1] = {}): {
  stream: EventStream;
  events: Event[];
  resets: () => number;
} {
  const stream = new EventStream(new Api(aServer(() => whoAmI(), more)));
  const events: Event[] = [];
  let resets = 0;
  stream.event.connect((_, event) => events.push(event));
  stream.reset.connect(() => resets++);
  stream.open();
  return { stream, events, resets: () => resets };
}

test('the stream begins from now on, and asks to read everything once', async () => {
  const { stream, events, resets } = aStream();
  await settle();
  expect(FakeSocket.last.url).toBe('ws://localhost:8888/base/acai/api/v1/events');
  FakeSocket.last.accept();
  FakeSocket.last.tell(connected);
  FakeSocket.last.tell({ ...golden, colour: 'purple' });
  expect(stream.connection).toEqual({ state: 'connected', message: null });
  expect(resets()).toBe(1);
  expect(events.map(event => event.number)).toEqual([42]);
});

test('after a break it goes on from the last number, and nothing is told twice', async () => {
  const { stream, events, resets } = aStream();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.tell(connected);
  FakeSocket.last.tell(golden);
  FakeSocket.last.break();
  expect(stream.connection.state).toBe('reconnecting');
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.last.url).toMatch(/events\?after=42$/);
  FakeSocket.last.accept();
  FakeSocket.last.tell({ ...connected, number: 42 });
  FakeSocket.last.tell(golden);
  FakeSocket.last.tell({ ...golden, number: 43 });
  expect(events.map(event => event.number)).toEqual([42, 43]);
  expect(resets()).toBe(1);
});

test('a reset asks to read everything, and goes on from its number', async () => {
  const { events, resets } = aStream();
  await settle();
  FakeSocket.last.tell({ ...connected, number: 900 });
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(500);
  FakeSocket.last.tell(reset);
  FakeSocket.last.tell({ ...connected, number: reset.number });
  FakeSocket.last.tell(golden);
  expect(resets()).toBe(2);
  expect(events.map(event => event.number)).toEqual([42]);
});

test('attempts come later and later, at most half a minute apart, and begin anew after one that worked', async () => {
  aStream();
  await settle();
  const waits: number[] = [];
  for (let failures = 0; failures < 9; failures++) {
    const before = Date.now();
    const count = FakeSocket.opened.length;
    FakeSocket.last.break();
    while (FakeSocket.opened.length === count) {
      await vi.advanceTimersByTimeAsync(100);
    }
    waits.push(Date.now() - before);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  FakeSocket.last.accept();
  await vi.advanceTimersByTimeAsync(6000);
  const count = FakeSocket.opened.length;
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.opened.length).toBe(count + 1);
});

test('half of the wait is left to chance', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  aStream();
  await settle();
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(250);
  expect(FakeSocket.opened).toHaveLength(2);
});

test.each([4401, 4403])('the close code %d ends the attempts, and the reason is told', async code => {
  const { stream } = aStream();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.tell({ code: 'forbidden', message: 'Your token was revoked.' });
  FakeSocket.last.break(code, 'forbidden');
  expect(stream.connection).toEqual({ state: 'refused', message: 'Your token was revoked.' });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(FakeSocket.opened).toHaveLength(1);
  stream.open();
  await settle();
  expect(FakeSocket.opened).toHaveLength(2);
});

test('a platform that is not ready is asked again, and its word is shown', async () => {
  const { stream } = aStream();
  await settle();
  FakeSocket.last.accept();
  FakeSocket.last.tell({ code: 'unavailable', message: 'The platform is starting.' });
  FakeSocket.last.break(4503, 'unavailable');
  expect(stream.connection).toEqual({ state: 'reconnecting', message: 'The platform is starting.' });
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.opened).toHaveLength(2);
});

test('a login that does not suffice is found out before a socket is opened', async () => {
  whoAmI = () => ({ status: 403, body: { code: 'forbidden', message: 'No user of the project is called eve.' } });
  const { stream } = aStream();
  await settle();
  expect(stream.connection).toEqual({ state: 'refused', message: 'No user of the project is called eve.' });
  expect(FakeSocket.opened).toHaveLength(0);
});

test.each([
  [{ token: 'se cret', appendToken: true }, '?token=se%20cret'],
  [{ token: 'se cret', appendToken: false }, ''],
  [{ token: '', appendToken: true }, '']
])('the token goes into the address as JupyterLab does it: %o', async (settings, query) => {
  aStream(settings);
  await settle();
  expect(FakeSocket.last.url.slice('ws://localhost:8888/base/acai/api/v1/events'.length)).toBe(query);
});

test('what is no message is ignored', async () => {
  const { events } = aStream();
  await settle();
  FakeSocket.last.onmessage?.({ data: 'not JSON' });
  FakeSocket.last.tell([1, 2]);
  FakeSocket.last.tell({ kind: 'job.changed' });
  expect(events).toEqual([]);
});

test('a disposed stream is silent', async () => {
  const { stream } = aStream();
  await settle();
  const socket = FakeSocket.last;
  stream.dispose();
  expect(socket.isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(FakeSocket.opened).toHaveLength(1);
  expect(stream.isDisposed).toBe(true);
});

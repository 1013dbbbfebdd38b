import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import logEnd from '../../tests/wire/log_end.json';
import { Api } from '../src/api';
import { LogStream, TAIL_BYTES } from '../src/log';
import { aServer, FakeSocket, settle } from './fakes';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
});

afterEach(() => {
  vi.useRealTimers();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The stream of a log that has `size` bytes when it is opened. */
async function aLog(size = 0): Promise<LogStream> {
  const log = new LogStream(new Api(aServer(() => ({ body: { offset: 0, size, complete: false, data: '' } }))), 12);
  log.open();
  await settle();
  FakeSocket.last.accept();
  return log;
}

function linesOf(log: LogStream): string[] {
  return log.text.blocks.flatMap(block => block.lines);
}

test('a log is followed from its beginning to its end', async () => {
  const log = await aLog(4);
  let changes = 0;
  log.changed.connect(() => changes++);
  expect(FakeSocket.last.url).toBe('ws://localhost:8888/base/acai/api/v1/jobs/12/log/stream?offset=0');
  expect(FakeSocket.last.binaryType).toBe('arraybuffer');
  FakeSocket.last.send(bytes('one\nt'));
  FakeSocket.last.send(bytes('wo\n'));
  expect([log.isComplete, changes]).toEqual([false, 2]);
  const socket = FakeSocket.last;
  FakeSocket.last.tell(logEnd);
  expect([log.isComplete, socket.isClosed]).toEqual([true, true]);
  expect(linesOf(log)).toEqual(['one', 'two', '']);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(FakeSocket.opened).toHaveLength(1);
});

test('after a break it goes on from the byte that was reached, in the midst of a letter if need be', async () => {
  const log = await aLog();
  const whole = bytes('açaí 🍇\n');
  FakeSocket.last.send(whole.slice(0, 8));
  FakeSocket.last.break();
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.last.url).toMatch(/stream\?offset=8$/);
  FakeSocket.last.accept();
  FakeSocket.last.send(whole.slice(8));
  expect(linesOf(log)).toEqual(['açaí 🍇', '']);
});

test('of a long log the end is fetched, from a whole line on', async () => {
  const log = await aLog(TAIL_BYTES + 1000);
  expect(FakeSocket.last.url).toMatch(/stream\?offset=1000$/);
  expect(log.isCut).toBe(true);
  FakeSocket.last.send(bytes('rest of a '));
  FakeSocket.last.send(bytes('line\nfirst\nsec'));
  FakeSocket.last.send(bytes('ond\nthird'));
  expect(linesOf(log)).toEqual(['first', 'second', 'third']);
});

test('a log that does not exist is refused for good', async () => {
  const body = { code: 'job_not_found', message: 'There is no job 12: see what there is with acai job ls.' };
  const log = new LogStream(new Api(aServer(() => ({ status: 404, body }))), 12);
  log.open();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(log.connection).toEqual({ state: 'refused', message: body.message });
  expect(FakeSocket.opened).toHaveLength(0);
});

test('a disposed log is not followed any more', async () => {
  const log = await aLog();
  const socket = FakeSocket.last;
  log.dispose();
  expect(socket.isClosed).toBe(true);
  expect(socket.onmessage).toBeNull();
});

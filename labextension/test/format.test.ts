import { expect, test } from 'vitest';

import {
  arrival,
  bound,
  command,
  cost,
  explanation,
  label,
  moment,
  resources,
  runtime,
  secondsRun,
  title,
  value,
  wholeValue
} from '../src/format';
import { aJob, aRunningJob } from './fakes';

test.each([
  [0, '0.0s'],
  [4.24, '4.2s'],
  [9.94, '9.9s'],
  [9.96, '10s'],
  [59.6, '1m 00s'],
  [64, '1m 04s'],
  [3599.7, '1h 00m'],
  [7500, '2h 05m'],
  [90_000, '1d 01h']
])('%d seconds are %s', (seconds, text) => {
  expect(runtime(seconds)).toBe(text);
});

test.each([
  [0, '$0'],
  [0.00007, '$0.00007'],
  [0.000001, '$0.000001'],
  [0.000123, '$0.00012'],
  [0.0123, '$0.012'],
  [0.1, '$0.1'],
  [0.5, '$0.5'],
  [0.999, '$1.00'],
  [1.5, '$1.50'],
  [1234.567, '$1234.57']
])('%d dollars are %s', (dollars, text) => {
  expect(cost(dollars)).toBe(text);
});

test('a running job counts from its start, an ended one says its runtime', () => {
  const now = Date.parse('2026-11-20T09:31:00.200Z');
  expect(secondsRun(aRunningJob(), now)).toBe(60);
  expect(secondsRun(aRunningJob(), now - 3_600_000)).toBe(0);
  expect(secondsRun(aJob(), now)).toBe(4);
  expect(secondsRun(aJob({ runtime: null }), now)).toBe(4);
  expect(secondsRun(aJob({ runtime: null, start_time: null }), now)).toBeNull();
});

test('resources are told in the units in which they are asked for', () => {
  expect(resources(aJob())).toBe('2 vCPU · 2 GiB');
  expect(resources(aJob({ cpu: 0.5, memory_mb: 768, gpu: 1 }))).toBe('0.5 vCPU · 768 MB · 1 GPU');
});

test('a list is shown as one would type it', () => {
  expect(command(aJob({ command: ['python', '-c', "print('a b')"] }))).toBe(`python -c 'print('\\''a b'\\'')'`);
  expect(command(aJob())).toBe('python train.py --epoch 5');
});

test('a job goes by its name, else by its command', () => {
  expect([label(aJob()), title(aJob())]).toEqual(['train', '12 train']);
  expect(label(aJob({ name: null }))).toBe('python train.py --epoch 5');
});

test.each([
  [{ status: 'FAILED', reason: 'exit code', exit_code: 3 }, 'exit code 3'],
  [{ status: 'FAILED', reason: 'signal', signal: 9 }, 'signal 9'],
  [{ status: 'FAILED', reason: 'out of memory' }, 'out of memory'],
  [{ status: 'FAILED', reason: null }, ''],
  [{ status: 'KILLED', detail: 'by john' }, 'by john'],
  [{ status: 'RUNNING', progress: 'uploading', end_time: null }, 'uploading'],
  [{ status: 'RUNNING', progress: 'running', end_time: null }, ''],
  [{ status: 'RUNNING', progress: 'running', end_time: null, kill_requested: true }, 'being killed'],
  [{ status: 'FINISHED' }, '']
] as const)('%o is explained by %j', (changes, text) => {
  expect(explanation(aJob(changes))).toBe(text);
});

test('the day is told unless it is today', () => {
  const time = '2026-11-20T09:30:00.000000Z';
  const day = new Date(time).toLocaleDateString();
  expect(moment(time, Date.parse(time))).not.toContain(day);
  expect(moment(time, Date.parse('2026-11-25T09:30:00Z'))).toContain(day);
});

const NOON = Date.parse('2026-11-20T12:00:00Z');
const ENDS = { eta: '2026-11-20T12:03:30Z', eta_low: '2026-11-20T12:03:00Z', eta_high: '2026-11-20T12:04:00Z' };

test.each([
  [{ step: 3, steps: 10, ...ENDS }, 'step 3 of 10 · ends in 3m 00s – 4m 00s'],
  [{ step: 3, steps: null, eta: null, eta_low: null, eta_high: null }, 'step 3'],
  [{ step: null, steps: null, ...ENDS, late: true }, 'ends in 3m 00s – 4m 00s · misses its bound'],
  [{ step: null, ...ENDS, eta_high: '2026-11-20T11:59:00Z' }, 'expected to have ended'],
  [{ status: 'FINISHED', step: 10, steps: 10 } as const, '']
])('when a job ends is told as far as it is known: %o', (changes, text) => {
  expect(arrival(aRunningJob(changes), NOON)).toBe(text);
});

test('a bound tells its limits', () => {
  expect(bound(aJob({ max_time: 600, max_cost: 0.5, enforce: true }))).toBe('within 10m 00s and $0.5, ended there');
  expect(bound(aJob({ max_time: null, max_cost: 0.5, enforce: false }))).toBe('within $0.5');
  expect(bound(aJob({ max_time: null, max_cost: null }))).toBeNull();
});

test.each([
  [20261122, '20261122', undefined],
  [-9007199254740991, '-9007199254740991', undefined],
  [0.1, '0.1', undefined],
  [0.123456789, '0.123457', '0.123456789'],
  [20261122.25, '20261122', '20261122.25'],
  [1.23456789e20, '1.23457e+20', '123456789000000000000'],
  [{ number: 'nan' }, 'nan', undefined],
  ['text', 'text', undefined]
] as const)('%o is shown as %j', (given, shown, whole) => {
  expect(value(given)).toBe(shown);
  expect(wholeValue(given)).toBe(whole);
});

/** The types say what the golden messages say: no field less, no field more. */

import { expect, test } from 'vitest';

import error from '../../tests/wire/error.json';
import event from '../../tests/wire/event.json';
import connected from '../../tests/wire/event_connected.json';
import reset from '../../tests/wire/event_reset.json';
import grid from '../../tests/wire/grid.json';
import gridRow from '../../tests/wire/grid_row.json';
import job from '../../tests/wire/job.json';
import details from '../../tests/wire/job_details.json';
import logEnd from '../../tests/wire/log_end.json';
import {
  isEnded,
  isError,
  type Connected,
  type ErrorMessage,
  type Event,
  type Grid,
  type GridRow,
  type Job,
  type LogEnd,
  type Particulars,
  type Reset,
  type Transition
} from '../src/wire';

/** The fields of a type. The compiler refuses a record that lacks one or has another. */
type Fields<Type> = Record<keyof Type, true>;

const JOB: Fields<Job> = {
  id: true,
  number: true,
  name: true,
  creator: true,
  create_time: true,
  command: true,
  input: true,
  input_job: true,
  grid: true,
  grid_row: true,
  output: true,
  output_path: true,
  code: true,
  git: true,
  image: true,
  python: true,
  requirements: true,
  env: true,
  secrets: true,
  cpu: true,
  memory_mb: true,
  gpu: true,
  timeout: true,
  priority: true,
  retry_of: true,
  max_time: true,
  max_cost: true,
  enforce: true,
  predicted_runtime: true,
  predicted_low: true,
  predicted_high: true,
  status: true,
  progress: true,
  reason: true,
  detail: true,
  exit_code: true,
  signal: true,
  exit_status: true,
  attempt: true,
  waits_for: true,
  step: true,
  steps: true,
  eta: true,
  eta_low: true,
  eta_high: true,
  late: true,
  launch_time: true,
  start_time: true,
  end_time: true,
  kill_requested: true,
  download_time: true,
  command_time: true,
  upload_time: true,
  cpu_time: true,
  throttled_time: true,
  peak_memory: true,
  read_bytes: true,
  written_bytes: true,
  enforced: true,
  runtime: true,
  cost: true,
  output_version: true,
  kept_files: true
};
const PARTICULARS: Fields<Particulars> = { notes: true, history: true, after: true };
const TRANSITION: Fields<Transition> = { status: true, progress: true, reason: true, attempt: true, time: true };
const EVENT: Fields<Event> = { number: true, kind: true, ids: true, time: true };
const CONNECTED: Fields<Connected> = { kind: true, number: true };
const RESET: Fields<Reset> = { kind: true, number: true };
const LOG_END: Fields<LogEnd> = { complete: true, size: true };
const ERROR: Fields<ErrorMessage> = { code: true, message: true };

const GRID: Fields<Grid> = {
  id: true,
  number: true,
  name: true,
  creator: true,
  create_time: true,
  command: true,
  row_count: true,
  ended_count: true,
  status: true,
  counts: true,
  late_count: true,
  cost: true,
  runtime: true
};

const GRID_ROW: Fields<Omit<GridRow, 'job'>> = { row: true, arguments: true, values: true };

test.each([
  ['grid', grid, GRID],
  ['grid_row', gridRow, GRID_ROW],
  ['job', job, JOB],
  ['job_details', details, PARTICULARS],
  ['an entry of history', details.history[0], TRANSITION],
  ['event', event, EVENT],
  ['event_connected', connected, CONNECTED],
  ['event_reset', reset, RESET],
  ['log_end', logEnd, LOG_END],
  ['error', error, ERROR]
])('%s has the fields of its type', (_, golden, fields) => {
  expect(Object.keys(golden ?? {}).sort()).toEqual(Object.keys(fields).sort());
});

test('messages without a payload say what they are', () => {
  expect([connected.kind, reset.kind]).toEqual(['connected', 'reset']);
});

test('the golden job has ended', () => {
  expect(isEnded(job as Job)).toBe(true);
  expect(isEnded({ status: 'RUNNING' })).toBe(false);
});

test('an error is told from other messages', () => {
  expect(isError(error)).toBe(true);
  expect(isError(event)).toBe(false);
  expect(isError([])).toBe(false);
  expect(isError(null)).toBe(false);
});

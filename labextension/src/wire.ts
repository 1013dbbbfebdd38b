/**
 * What goes over the wire, as the OpenAPI document of the platform describes it. Times are RFC 3339 in UTC, runtimes
 * are seconds, costs are dollars.
 */

/** The states of a job. */
export type Status = 'QUEUED' | 'LAUNCHING' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

/** Where a RUNNING job is. */
export type Progress = 'downloading' | 'running' | 'uploading';

/** What was checked out where a job's code lay. */
export interface GitState {
  commit: string;
  branch: string | null;
  /** The code differed from the commit. */
  dirty: boolean;
  remote: string | null;
}

/** A job: what was pinned when it was submitted, and what became of it. */
export interface Job {
  id: string;
  number: number;
  name: string | null;
  creator: string;
  create_time: string;
  /** Text runs by `/bin/sh -c`, a list is argv. */
  command: string | string[];
  input: string | null;
  /** The job whose output is the input. */
  input_job: number | null;
  grid: number | null;
  grid_row: number | null;
  output: string | null;
  output_path: string | null;
  code: string | null;
  git: GitState | null;
  image: string | null;
  python: string | null;
  requirements: string | null;
  env: Record<string, string>;
  /** Names; no value is ever told. */
  secrets: string[];
  cpu: number;
  memory_mb: number;
  gpu: number;
  timeout: number | null;
  priority: number;
  retry_of: number | null;
  /** The bounds that it was submitted under, in seconds and dollars; `enforce` ends it there. */
  max_time: number | null;
  max_cost: number | null;
  enforce: boolean;
  /** Seconds, as predicted when it was submitted, with a 90 % interval. */
  predicted_runtime: number | null;
  predicted_low: number | null;
  predicted_high: number | null;
  status: Status;
  progress: Progress | null;
  reason: string | null;
  detail: string | null;
  exit_code: number | null;
  signal: number | null;
  exit_status: number | null;
  attempt: number;
  /** How many jobs must finish before its turn can come. */
  waits_for: number;
  /** How far it says that it is, and of how many steps. */
  step: number | null;
  steps: number | null;
  /** When it is expected to end, with a 90 % interval; null unless it runs. */
  eta: string | null;
  eta_low: string | null;
  eta_high: string | null;
  /** It is expected to miss its bound, or has missed it. */
  late: boolean;
  launch_time: string | null;
  start_time: string | null;
  end_time: string | null;
  kill_requested: boolean;
  download_time: number | null;
  command_time: number | null;
  upload_time: number | null;
  cpu_time: number | null;
  throttled_time: number | null;
  peak_memory: number | null;
  read_bytes: number | null;
  written_bytes: number | null;
  enforced: Record<string, string> | null;
  runtime: number | null;
  cost: number | null;
  output_version: string | null;
  kept_files: string | null;
}

/** An entry of a job's history. */
export interface Transition {
  status: Status;
  progress: Progress | null;
  reason: string | null;
  attempt: number;
  time: string;
}

/** What is told of a job only when it is asked for alone. */
export interface Particulars {
  notes: string[];
  history: Transition[];
  /** The jobs that had to finish first. */
  after: number[];
}

/** Jobs that were submitted as one thing: a command for every combination of its values. */
export interface Grid {
  id: string;
  number: number;
  name: string | null;
  creator: string;
  create_time: string;
  command: string | string[];
  row_count: number;
  ended_count: number;
  /** QUEUED and RUNNING until every row has ended, then the worst of their ends. */
  status: Status;
  /** Rows by the status of their latest job. */
  counts: Partial<Record<Status, number>>;
  /** How many rows are expected to miss their bound, or have missed it. */
  late_count: number;
  /** Of all its jobs, also of those that were retried. */
  cost: number;
  runtime: number;
}

/** A row of a grid: its arguments, what its latest job has as metadata, and that job. */
export interface GridRow {
  row: number;
  arguments: Record<string, Value>;
  values: Record<string, Value>;
  job: Job;
}

/** A value of metadata as JSON says it. */
export type Value = string | boolean | Num | { time: string };

/** A number as JSON can say it: NaN and the infinities are told in words. */
export type Num = number | { number: 'nan' | 'inf' | '-inf' };

/** The history of one of a job's numbers, thinned for drawing; `count` is how many points there are. */
export interface Curve {
  key: string;
  count: number;
  points: { step: number; value: Num; time: string }[];
}

export type JobDetails = Job & Particulars;

/** A page of a list; `cursor` asks for the next one, and is null on the last. */
export interface Page<Item> {
  items: Item[];
  cursor: string | null;
}

/** A fact about the project. It carries ids only. */
export interface Event {
  number: number;
  kind: string;
  ids: Record<string, string>;
  time: string;
}

/** The first message of the stream of events: it goes on from `number`. */
export interface Connected {
  kind: 'connected';
  number: number;
}

/** Events that were asked for are kept no longer: everything has to be read anew. */
export interface Reset {
  kind: 'reset';
  number: number;
}

/** The last message of a log. */
export interface LogEnd {
  complete: boolean;
  size: number;
}

/** An error of the platform. */
export interface ErrorMessage {
  code: string;
  message: string;
}

/** Whether a job has come to its end. */
export function isEnded(job: Pick<Job, 'status'>): boolean {
  return job.status === 'FINISHED' || job.status === 'FAILED' || job.status === 'KILLED';
}

/** Whether something received is an error of the platform. */
export function isError(given: unknown): given is ErrorMessage {
  return isRecord(given) && typeof given.code === 'string' && typeof given.message === 'string';
}

export function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** What a job had used at one moment: sums since its command began, but `memory` (bytes) at that moment. */
export interface Sample {
  attempt: number;
  position: number;
  elapsed: number;
  cpu_time: number;
  memory: number;
  read_bytes: number;
  written_bytes: number;
  throttled_time: number;
}

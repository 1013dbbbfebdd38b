/** How things of jobs are written for people. */

import type { Grid, Job, Status, Value } from './wire';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `4.2s`, `1m 04s`, `2h 05m`, `3d 01h`. */
export function runtime(seconds: number): string {
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)}s`;
  }
  const whole = Math.round(seconds);
  if (whole < MINUTE) {
    return `${whole}s`;
  }
  if (whole < HOUR) {
    return `${Math.floor(whole / MINUTE)}m ${twoDigits(whole % MINUTE)}s`;
  }
  if (whole < DAY) {
    return `${Math.floor(whole / HOUR)}h ${twoDigits(Math.floor((whole % HOUR) / MINUTE))}m`;
  }
  return `${Math.floor(whole / DAY)}d ${twoDigits(Math.floor((whole % DAY) / HOUR))}h`;
}

/** Seconds that a job has run at the moment `now`, null for one that never ran. */
export function secondsRun(job: Job, now: number): number | null {
  if (job.runtime !== null) {
    return job.runtime;
  }
  if (job.start_time === null) {
    return null;
  }
  const end = job.end_time === null ? now : Date.parse(job.end_time);
  // The clock of this machine may be behind the server's.
  return Math.max(0, (end - Date.parse(job.start_time)) / 1000);
}

/** `step 3 of 10 · ends in 3m 05s – 4m 10s`, as far as that is known; empty for a job that does not run. */
export function arrival(job: Job, now: number): string {
  if (job.status !== 'RUNNING') {
    return '';
  }
  const parts: string[] = [];
  if (job.step !== null) {
    parts.push(`step ${job.step}${job.steps === null ? '' : ` of ${job.steps}`}`);
  }
  parts.push(arrivalRange(job, now), job.late ? 'misses its bound' : '');
  return parts.filter(Boolean).join(' · ');
}

/** `ends in 3m 05s – 4m 10s`; empty while nobody knows. */
export function arrivalRange(job: Job, now: number): string {
  if (job.status !== 'RUNNING' || job.eta_low === null || job.eta_high === null) {
    return '';
  }
  const [low, high] = [secondsUntil(job.eta_low, now), secondsUntil(job.eta_high, now)];
  return high <= 0 ? 'expected to have ended' : `ends in ${range(runtime(Math.max(0, low)), runtime(high))}`;
}

function secondsUntil(time: string, now: number): number {
  return (Date.parse(time) - now) / 1000;
}

function range(low: string, high: string): string {
  return low === high ? low : `${low} – ${high}`;
}

/** `within 10m 00s and $0.5, ended there`; null for a job without a bound. */
export function bound(job: Job): string | null {
  const limits = [
    ...(job.max_time === null ? [] : [runtime(job.max_time)]),
    ...(job.max_cost === null ? [] : [cost(job.max_cost)])
  ];
  return limits.length === 0 ? null : `within ${limits.join(' and ')}${job.enforce ? ', ended there' : ''}`;
}

/** Dollars: cents from one dollar on, below that two digits that say something. */
export function cost(dollars: number): string {
  if (dollars === 0) {
    return '$0';
  }
  if (dollars >= 0.995) {
    return `$${dollars.toFixed(2)}`;
  }
  const decimals = 1 - Math.floor(Math.log10(dollars));
  return `$${dollars.toFixed(Math.min(6, decimals)).replace(/0+$/, '')}`;
}

/** `2 vCPU · 2 GiB`, with GPUs where there are any. A MB is a power of two, as everywhere in the platform. */
export function resources(job: Job): string {
  const { cpu, memory_mb: memory, gpu } = job;
  const size = memory % 1024 === 0 ? `${memory / 1024} GiB` : `${memory} MB`;
  return [`${cpu} vCPU`, size, ...(gpu > 0 ? [`${gpu} GPU`] : [])].join(' · ');
}

/** A moment on the clock of the reader, with its day unless that is today. */
export function moment(time: string, now: number): string {
  const at = new Date(time);
  const clock = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return at.toDateString() === new Date(now).toDateString() ? clock : `${at.toLocaleDateString()} ${clock}`;
}

/** The command as one would type it. */
export function command(job: Pick<Job, 'command'>): string {
  return typeof job.command === 'string' ? job.command : job.command.map(quoted).join(' ');
}

/** What people call a job or a grid: its name, else its command. */
export function label(job: Pick<Job, 'name' | 'command'>): string {
  return job.name ?? command(job);
}

/** The job's number and name. */
export function title(job: Job): string {
  return `${job.number} ${label(job)}`;
}

/** `Grid 3 forest`. */
export function gridTitle(grid: Grid): string {
  return `Grid ${grid.number} ${label(grid)}`;
}

/** `2 of 6 ended: 1 finished, 1 failed`. */
export function counts(grid: Grid): string {
  const ends: readonly Status[] = ['FINISHED', 'FAILED', 'KILLED'];
  const told = ends.flatMap(status => {
    const count = grid.counts[status];
    return count ? [`${count} ${status.toLowerCase()}`] : [];
  });
  return `${grid.ended_count} of ${grid.row_count} ended${told.length === 0 ? '' : `: ${told.join(', ')}`}`;
}

/** A number: whole ones as they are, of others six digits, or all before the point. */
export function numeral(given: number): string {
  if (Number.isSafeInteger(given)) {
    return String(given);
  }
  if (Math.abs(given) > Number.MAX_SAFE_INTEGER) {
    return Number(given.toPrecision(6)).toExponential();
  }
  const wholeDigits = String(Math.trunc(Math.abs(given))).length;
  return String(Number(given.toPrecision(Math.max(6, wholeDigits))));
}

/** What tells all of a value of which `value` shows less; undefined where it does not. */
export function wholeValue(given: Value): string | undefined {
  return typeof given === 'number' && numeral(given) !== String(given) ? String(given) : undefined;
}

/** A value of metadata. */
export function value(given: Value): string {
  if (typeof given === 'number') {
    return numeral(given);
  }
  if (typeof given === 'object') {
    return 'time' in given ? moment(given.time, Date.now()) : given.number;
  }
  return String(given);
}

/** Why the job ended as it did, or where it is; empty where the status says it all. */
export function explanation(job: Job): string {
  if (job.status === 'FAILED') {
    if (job.reason === 'exit code') {
      return `exit code ${job.exit_code ?? '?'}`;
    }
    return job.reason === 'signal' ? `signal ${job.signal ?? '?'}` : (job.reason ?? '');
  }
  if (job.status === 'KILLED') {
    return job.detail ?? '';
  }
  if (job.kill_requested && job.end_time === null) {
    return 'being killed';
  }
  return job.status === 'RUNNING' && job.progress !== 'running' ? (job.progress ?? '') : '';
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

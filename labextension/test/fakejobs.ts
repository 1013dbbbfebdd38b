/** A double of the live jobs, which tests change by hand. */

import { Signal } from '@lumino/signaling';

import { Api } from '../src/api';
import { LogStream } from '../src/log';
import type { Connection } from '../src/socket';
import type { IJobs, KnownJob, Measured } from '../src/tokens';
import type { Curve, Sample } from '../src/wire';
import { aServer, detailsOf } from './fakes';

export class FakeJobs implements IJobs {
  constructor(...jobs: KnownJob[]) {
    this.items = jobs;
  }

  items: readonly KnownJob[];
  hasMore = false;
  isLoaded = true;
  error: string | null = null;
  connection: Connection = { state: 'connected', message: null };
  readonly changed = new Signal<this, void>(this);
  readonly ended = new Signal<this, KnownJob>(this);
  readonly late = new Signal<this, KnownJob>(this);
  readonly measured = new Signal<this, Measured>(this);
  drawn: Curve[] = [];
  readonly followed: LogStream[] = [];
  readonly done: string[] = [];
  samples: readonly Sample[] = [];
  /** What `fetch` throws, if anything. */
  refusal: Error | null = null;

  get(number: number): KnownJob | undefined {
    return this.items.find(job => job.number === number);
  }

  fetch(number: number): Promise<KnownJob> {
    this.done.push(`fetch ${number}`);
    const job = this.get(number);
    if (this.refusal !== null || job === undefined) {
      return Promise.reject(this.refusal ?? new Error(`There is no job ${number}.`));
    }
    return Promise.resolve(detailsOf(job));
  }

  curves(): Promise<Curve[]> {
    return Promise.resolve(this.drawn);
  }

  usage(): Promise<readonly Sample[]> {
    return Promise.resolve(this.samples);
  }

  kill(number: number): Promise<void> {
    this.done.push(`kill ${number}`);
    return Promise.resolve();
  }

  retry(number: number): Promise<number> {
    this.done.push(`retry ${number}`);
    return this.refusal === null ? Promise.resolve(number + 100) : Promise.reject(this.refusal);
  }

  loadMore(): void {
    this.done.push('more');
  }

  refresh(): void {
    this.done.push('refresh');
  }

  /** A log that stays unopened; tests append to its text. */
  followLog(number: number): LogStream {
    const log = new LogStream(new Api(aServer(() => ({ body: {} }))), number);
    this.followed.push(log);
    return log;
  }

  change(...jobs: KnownJob[]): void {
    this.items = jobs;
    this.changed.emit();
  }
}

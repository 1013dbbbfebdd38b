/** Keeps the list of jobs up to date, and brings what is drawn of a job. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Api } from './api';
import type { EventStream } from './events';
import { LiveList } from './livelist';
import { LogStream } from './log';
import type { Connection } from './socket';
import type { IJobs, KnownJob, Measured } from './tokens';
import { isEnded, type Curve, type Event, type Job, type Page, type Sample } from './wire';

/** Changes are gathered for so long: at most one request per job in this time. */
export const GATHER_MS = 250;

const GROWN: Readonly<Record<string, Measured['what'] | undefined>> = {
  'job.measured': 'numbers',
  'job.sampled': 'usage'
};

export class Jobs extends LiveList<Job, KnownJob> implements IJobs {
  constructor(api: Api, events: EventStream) {
    super(api, events, GATHER_MS);
  }

  get connection(): Connection {
    return this._events.connection;
  }

  get measured(): ISignal<this, Measured> {
    return this._measured;
  }

  override dispose(): void {
    super.dispose();
    this._events.dispose();
  }

  curves(number: number): Promise<Curve[]> {
    return this._api.curves(number);
  }

  usage(number: number): Promise<readonly Sample[]> {
    return this._api.usage(number);
  }

  async retry(number: number): Promise<number> {
    return this._take(await this._api.retry(number)).number;
  }

  async kill(number: number): Promise<void> {
    this._take(await this._api.kill(number));
  }

  followLog(number: number): LogStream {
    const log = new LogStream(this._api, number);
    log.open();
    return log;
  }

  protected _page(limit: number, cursor: string | null): Promise<Page<Job>> {
    return this._api.jobs(limit, cursor);
  }

  protected _ask(reference: number | string): Promise<Job> {
    return this._api.job(reference);
  }

  protected _note(event: Event): void {
    const id = event.ids.job;
    const what = GROWN[event.kind];
    if (id !== undefined && what !== undefined) {
      this._measured.emit({ job: id, what });
      return;
    }
    // A grown log is no change of the job; whoever shows the log follows it.
    if (id === undefined || !event.kind.startsWith('job.') || event.kind === 'job.logged') {
      return;
    }
    // A grid's jobs are the grid's to show; only those that somebody asked for are kept up to date.
    if (event.ids.grid !== undefined && !this._isKnown(id)) {
      return;
    }
    if (event.kind === 'job.submitted') {
      this._begun(id);
    } else {
      this._look(id);
    }
  }

  /** What is told of one job alone stays; an answer that was overtaken on its way is left out. */
  protected _merge(before: KnownJob | undefined, given: Job): KnownJob {
    return before !== undefined && isEnded(before) && !isEnded(given) ? before : { ...before, ...given };
  }

  protected _isLate(job: Job): boolean {
    return job.late;
  }

  protected _isListed(job: KnownJob): boolean {
    return job.grid === null;
  }

  private readonly _measured = new Signal<this, Measured>(this);
}

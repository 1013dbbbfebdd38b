/** Keeps the list of jobs up to date: pages of the API, then whatever the events say has changed. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { AcaiError, LARGEST_PAGE, messageOf, type Api } from './api';
import { Batches } from './batches';
import type { EventStream } from './events';
import { LogStream } from './log';
import type { Connection } from './socket';
import type { IJobs, KnownJob, Measured } from './tokens';
import { isEnded, type Curve, type Event, type Job, type Sample } from './wire';

export const PAGE_SIZE = 50;
/** Changes are gathered for so long: at most one request per job in this time. */
export const GATHER_MS = 250;
/** Nothing depends on an event arriving: the list is read again so often. */
export const SAFETY_MS = 60_000;
/** When more jobs than this changed at once, the list is read again instead of each of them. */
const MOST_SINGLE_READS = 10;

const GROWN: Readonly<Record<string, Measured['what'] | undefined>> = {
  'job.measured': 'numbers',
  'job.sampled': 'usage'
};

const ALL = Symbol('read the list anew');
const MORE = Symbol('read the next page');
type Wanted = string | typeof ALL | typeof MORE;

export class Jobs implements IJobs, IDisposable {
  constructor(
    private readonly _api: Api,
    private readonly _events: EventStream
  ) {
    _events.event.connect((_, event) => {
      this._note(event);
    });
    _events.reset.connect(this.refresh, this);
    _events.connectionChanged.connect((_, connection) => {
      if (connection.state === 'connected' && this._error !== null) {
        this._batches.add(ALL);
      }
      this._emitChanged();
    });
  }

  get items(): readonly KnownJob[] {
    this._items ??= [...this._known.values()]
      .filter(job => job.number >= this._oldestListed && job.grid === null)
      .sort((one, other) => other.number - one.number);
    return this._items;
  }

  get hasMore(): boolean {
    return this._cursor !== null;
  }

  get isLoaded(): boolean {
    return this._isLoaded;
  }

  get error(): string | null {
    return this._error;
  }

  get connection(): Connection {
    return this._events.connection;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get ended(): ISignal<this, KnownJob> {
    return this._ended;
  }

  get late(): ISignal<this, KnownJob> {
    return this._late;
  }

  get measured(): ISignal<this, Measured> {
    return this._measured;
  }

  get isDisposed(): boolean {
    return this._batches.isDisposed;
  }

  /** Read the list, and follow the events from now on. */
  start(): void {
    this.refresh();
    this._safety = setInterval(() => {
      if (!document.hidden) {
        this._batches.add(ALL);
      }
    }, SAFETY_MS);
  }

  dispose(): void {
    clearInterval(this._safety);
    this._batches.dispose();
    this._events.dispose();
    Signal.clearData(this);
  }

  get(number: number): KnownJob | undefined {
    return this._known.get(number);
  }

  async fetch(number: number): Promise<KnownJob> {
    const job = this._put(await this._api.job(number));
    this._emitChanged();
    return job;
  }

  curves(number: number): Promise<Curve[]> {
    return this._api.curves(number);
  }

  usage(number: number): Promise<readonly Sample[]> {
    return this._api.usage(number);
  }

  async retry(number: number): Promise<number> {
    const job = this._put(await this._api.retry(number));
    this._emitChanged();
    return job.number;
  }

  async kill(number: number): Promise<void> {
    this._put(await this._api.kill(number));
    this._emitChanged();
  }

  loadMore(): void {
    this._batches.add(MORE);
  }

  refresh(): void {
    this._events.open();
    this._batches.add(ALL);
  }

  followLog(number: number): LogStream {
    const log = new LogStream(this._api, number);
    log.open();
    return log;
  }

  private _note(event: Event): void {
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
    if (event.ids.grid !== undefined && !this._ids.has(id)) {
      return;
    }
    if (event.kind === 'job.submitted') {
      this._seenUnended.add(id);
    }
    this._batches.add(id);
  }

  private async _read(wanted: ReadonlySet<Wanted>): Promise<void> {
    const ids = [...wanted].filter(key => typeof key === 'string');
    try {
      if (wanted.has(ALL) || ids.length > MOST_SINGLE_READS) {
        await this._readAll(ids);
      } else {
        await Promise.all(ids.map(id => this._readOne(id)));
      }
      if (wanted.has(MORE) && this._cursor !== null) {
        await this._readPage(PAGE_SIZE, this._cursor);
      }
      this._error = null;
    } catch (error) {
      this._error = messageOf(error);
    }
    this._emitChanged();
  }

  /** The list from its top, as far down as it was read before, and those of `ids` that lie further down. */
  private async _readAll(ids: readonly string[]): Promise<void> {
    this._user ??= (await this._api.whoAmI()).name;
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, this.items.length));
    const read = await this._readPage(limit, null);
    await Promise.all(ids.filter(id => this._ids.has(id) && !read.has(id)).map(id => this._readOne(id)));
  }

  /** Read one page; returns the ids of its jobs. */
  private async _readPage(limit: number, cursor: string | null): Promise<Set<string>> {
    const page = await this._api.jobs(limit, cursor);
    const oldest = page.cursor === null ? 0 : Math.min(...page.items.map(job => job.number));
    const newestBefore = this.items[0]?.number ?? 0;
    // Where so much is new that the page does not reach what was listed, the list begins anew: it has no gaps.
    if (oldest <= this._oldestListed || oldest > newestBefore) {
      this._oldestListed = oldest;
      this._cursor = page.cursor;
    }
    page.items.forEach(job => this._put(job));
    this._isLoaded = true;
    return new Set(page.items.map(job => job.id));
  }

  private async _readOne(id: string): Promise<void> {
    try {
      this._put(await this._api.job(id));
    } catch (error) {
      if (!(error instanceof AcaiError && error.status === 404)) {
        throw error;
      }
    }
  }

  private _put(given: Job): KnownJob {
    const before = this._known.get(given.number);
    if (before !== undefined && isEnded(before) && !isEnded(given)) {
      return before; // an answer that was overtaken on its way
    }
    const job: KnownJob = { ...before, ...given };
    this._known.set(job.number, job);
    this._ids.add(job.id);
    this._items = null;
    if (!isEnded(job)) {
      this._seenUnended.add(job.id);
      if (job.late && before?.late === false && job.creator === this._user && job.grid === null) {
        this._late.emit(job);
      }
    } else if (this._seenUnended.delete(job.id) && job.creator === this._user && job.grid === null) {
      this._ended.emit(job);
    }
    return job;
  }

  private _emitChanged(): void {
    this._changed.emit();
  }

  private readonly _batches = new Batches<Wanted>(wanted => this._read(wanted), GATHER_MS);
  private readonly _known = new Map<number, KnownJob>();
  private readonly _ids = new Set<string>();
  private readonly _seenUnended = new Set<string>();
  private _items: KnownJob[] | null = null;
  /** `_items` has no gap down to this number. */
  private _oldestListed = Number.POSITIVE_INFINITY;
  private _cursor: string | null = null;
  private _user: string | null = null;
  private _isLoaded = false;
  private _error: string | null = null;
  private _safety: ReturnType<typeof setInterval> | undefined;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, KnownJob>(this);
  private readonly _late = new Signal<this, KnownJob>(this);
  private readonly _measured = new Signal<this, Measured>(this);
}

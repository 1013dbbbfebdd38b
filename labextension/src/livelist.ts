/** Keeps a numbered list of the platform up to date: pages of the API, then whatever the events say has changed. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { AcaiError, LARGEST_PAGE, messageOf, type Api } from './api';
import { Batches } from './batches';
import type { EventStream } from './events';
import type { ILiveList } from './tokens';
import { isEnded, type Event, type Job, type Page } from './wire';

export const PAGE_SIZE = 50;
/** Nothing depends on an event arriving: the list is read again so often. */
export const SAFETY_MS = 60_000;
/** When more than this changed at once, the list is read again instead of each of them. */
const MOST_SINGLE_READS = 10;

const ALL = Symbol('read the list anew');
const MORE = Symbol('read the next page');
type Wanted = string | typeof ALL | typeof MORE;

/** What a list can hold: newer ones have higher numbers. */
type Listed = Pick<Job, 'id' | 'number' | 'creator' | 'status'>;

/** A list of what the API tells as `Given` and this page keeps as `Kept`. */
export abstract class LiveList<Given extends Listed, Kept extends Given = Given>
  implements ILiveList<Kept>, IDisposable
{
  /** Changes are gathered for `gap` ms: at most one request for each item in this time. */
  constructor(
    protected readonly _api: Api,
    protected readonly _events: EventStream,
    gap: number
  ) {
    this._batches = new Batches<Wanted>(wanted => this._read(wanted), gap);
    _events.event.connect((_, event) => {
      this._note(event);
    });
    _events.reset.connect(this.refresh, this);
    _events.connectionChanged.connect((_, connection) => {
      if (connection.state === 'connected' && this._error !== null) {
        this._batches.add(ALL);
      }
      this._changed.emit();
    });
  }

  get items(): readonly Kept[] {
    this._items ??= [...this._known.values()]
      .filter(item => item.number >= this._oldestListed && this._isListed(item))
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

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get ended(): ISignal<this, Kept> {
    return this._ended;
  }

  get late(): ISignal<this, Kept> {
    return this._late;
  }

  get isDisposed(): boolean {
    return this._batches.isDisposed;
  }

  /** Read the list now, and again from time to time. */
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
    Signal.clearData(this);
  }

  get(number: number): Kept | undefined {
    return this._known.get(number);
  }

  async fetch(number: number): Promise<Kept> {
    return this._take(await this._ask(number));
  }

  loadMore(): void {
    this._batches.add(MORE);
  }

  refresh(): void {
    this._events.open();
    this._batches.add(ALL);
  }

  protected abstract _page(limit: number, cursor: string | null): Promise<Page<Given>>;
  protected abstract _ask(reference: number | string): Promise<Given>;
  /** What an event means for the list: `_look` for what it may have changed. */
  protected abstract _note(event: Event): void;
  /** What is kept of `given`, where `before` was known. */
  protected abstract _merge(before: Kept | undefined, given: Given): Kept;
  protected abstract _isLate(item: Given): boolean;
  /** Whether it is a row of the list, or only known. */
  protected abstract _isListed(item: Kept): boolean;

  protected _isKnown(id: string): boolean {
    return this._ids.has(id);
  }

  /** Read the item of this id soon. */
  protected _look(id: string): void {
    this._batches.add(id);
  }

  /** An item of this id has begun: its end is told, however soon it comes. */
  protected _begun(id: string): void {
    this._seenUnended.add(id);
    this._look(id);
  }

  /** Keep what the platform answered, and tell that it changed. */
  protected _take(given: Given): Kept {
    const item = this._put(given);
    this._changed.emit();
    return item;
  }

  private async _read(wanted: ReadonlySet<Wanted>): Promise<void> {
    const ids = [...wanted].filter(key => typeof key === 'string');
    try {
      this._user ??= (await this._api.whoAmI()).name;
      if (wanted.has(ALL) || ids.length > MOST_SINGLE_READS) {
        await this._readAll(ids);
      } else {
        await Promise.all(ids.map(id => this._readOne(id)));
      }
      if (wanted.has(MORE) && this._cursor !== null) {
        await this._readPage(PAGE_SIZE, this._cursor);
      }
      this._error = null;
      if (this._events.connection.state === 'refused') {
        this._events.open(); // somebody has logged in again, maybe in another tab
      }
    } catch (error) {
      this._error = messageOf(error);
    }
    this._changed.emit();
  }

  /** The list from its top, as far down as it was read before, and those of `ids` that lie further down. */
  private async _readAll(ids: readonly string[]): Promise<void> {
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, this.items.length));
    const read = await this._readPage(limit, null);
    await Promise.all(ids.filter(id => this._ids.has(id) && !read.has(id)).map(id => this._readOne(id)));
  }

  /** Read one page; returns the ids of what is on it. */
  private async _readPage(limit: number, cursor: string | null): Promise<Set<string>> {
    const page = await this._page(limit, cursor);
    const oldest = page.cursor === null ? 0 : Math.min(...page.items.map(item => item.number));
    const newestBefore = this.items[0]?.number ?? 0;
    // Where so much is new that the page does not reach what was listed, the list begins anew: it has no gaps.
    if (oldest <= this._oldestListed || oldest > newestBefore) {
      this._oldestListed = oldest;
      this._cursor = page.cursor;
    }
    page.items.forEach(item => this._put(item));
    this._isLoaded = true;
    return new Set(page.items.map(item => item.id));
  }

  private async _readOne(id: string): Promise<void> {
    try {
      this._put(await this._ask(id));
    } catch (error) {
      if (!(error instanceof AcaiError && error.status === 404)) {
        throw error;
      }
    }
  }

  private _put(given: Given): Kept {
    const before = this._known.get(given.number);
    const item = this._merge(before, given);
    this._known.set(item.number, item);
    this._ids.add(item.id);
    this._items = null;
    const isTold = item.creator === this._user && this._isListed(item);
    if (!isEnded(item)) {
      this._seenUnended.add(item.id);
      if (isTold && before !== undefined && this._isLate(item) && !this._isLate(before)) {
        this._late.emit(item);
      }
    } else if (this._seenUnended.delete(item.id) && isTold) {
      this._ended.emit(item);
    }
    return item;
  }

  private readonly _batches: Batches<Wanted>;
  private readonly _known = new Map<number, Kept>();
  private readonly _ids = new Set<string>();
  private readonly _seenUnended = new Set<string>();
  private _items: Kept[] | null = null;
  /** `_items` has no gap down to this number. */
  private _oldestListed = Number.POSITIVE_INFINITY;
  private _cursor: string | null = null;
  private _user: string | null = null;
  private _isLoaded = false;
  private _error: string | null = null;
  private _safety: ReturnType<typeof setInterval> | undefined;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Kept>(this);
  private readonly _late = new Signal<this, Kept>(this);
}

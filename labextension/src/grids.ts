/** Keeps the list of grids up to date: pages of the API, then whatever the events say has changed. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { LARGEST_PAGE, messageOf, type Api } from './api';
import { Batches } from './batches';
import type { EventStream } from './events';
import type { IGrids } from './tokens';
import { isEnded, type Event, type Grid, type GridRow, type Page } from './wire';

export const PAGE_SIZE = 50;
/** Changes are gathered for so long: at most one request per grid in this time, however many jobs it has. */
export const GATHER_MS = 500;
/** Nothing depends on an event arriving: the list is read again so often. */
const SAFETY_MS = 60_000;

/** Events about jobs that leave the grid as it is. */
const BESIDE = new Set(['job.logged', 'job.sampled']);

const ALL = Symbol('read the list anew');
const MORE = Symbol('read the next page');
type Wanted = string | typeof ALL | typeof MORE;

export class Grids implements IGrids, IDisposable {
  constructor(
    private readonly _api: Api,
    events: EventStream
  ) {
    events.event.connect((_, event) => {
      this._note(event);
    });
    events.reset.connect(this.refresh, this);
    events.connectionChanged.connect((_, connection) => {
      if (connection.state === 'connected' && this._error !== null) {
        this.refresh();
      }
    });
  }

  get items(): readonly Grid[] {
    return [...this._known.values()]
      .filter(grid => grid.number >= this._oldestListed)
      .sort((one, other) => other.number - one.number);
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

  get moved(): ISignal<this, string> {
    return this._moved;
  }

  get ended(): ISignal<this, Grid> {
    return this._ended;
  }

  get late(): ISignal<this, Grid> {
    return this._late;
  }

  get isDisposed(): boolean {
    return this._batches.isDisposed;
  }

  /** Read the list, and again from time to time. */
  start(): void {
    this.refresh();
    this._safety = setInterval(() => {
      if (!document.hidden) {
        this.refresh();
      }
    }, SAFETY_MS);
  }

  dispose(): void {
    clearInterval(this._safety);
    this._batches.dispose();
    Signal.clearData(this);
  }

  get(number: number): Grid | undefined {
    return this._known.get(number);
  }

  async fetch(number: number): Promise<Grid> {
    return this._take(await this._api.grid(number));
  }

  rows(number: number, limit: number, cursor: string | null = null): Promise<Page<GridRow>> {
    return this._api.gridRows(number, limit, cursor);
  }

  async kill(number: number): Promise<void> {
    this._take(await this._api.killGrid(number));
  }

  async retry(number: number): Promise<void> {
    this._take(await this._api.retryGrid(number));
  }

  loadMore(): void {
    this._batches.add(MORE);
  }

  refresh(): void {
    this._batches.add(ALL);
  }

  private _note(event: Event): void {
    const id = event.ids.grid;
    if (id === undefined || BESIDE.has(event.kind)) {
      return;
    }
    this._moved.emit(id);
    if (event.kind !== 'job.measured') {
      this._batches.add(id);
    }
  }

  private async _read(wanted: ReadonlySet<Wanted>): Promise<void> {
    try {
      this._user ??= (await this._api.whoAmI()).name;
      if (wanted.has(ALL)) {
        await this._readPage(Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, this.items.length)), null);
      }
      if (wanted.has(MORE) && this._cursor !== null) {
        await this._readPage(PAGE_SIZE, this._cursor);
      }
      const ids = [...wanted].filter(key => typeof key === 'string');
      (await Promise.all(ids.map(id => this._api.grid(id)))).forEach(grid => {
        this._put(grid);
      });
      this._error = null;
    } catch (error) {
      this._error = messageOf(error);
    }
    this._changed.emit();
  }

  private async _readPage(limit: number, cursor: string | null): Promise<void> {
    const page = await this._api.grids(limit, cursor);
    const oldest = page.cursor === null ? 0 : Math.min(...page.items.map(grid => grid.number));
    const newestBefore = this.items[0]?.number ?? 0;
    // Where so much is new that the page does not reach what was listed, the list begins anew: it has no gaps.
    if (oldest <= this._oldestListed || oldest > newestBefore) {
      this._oldestListed = oldest;
      this._cursor = page.cursor;
    }
    page.items.forEach(grid => {
      this._put(grid);
    });
    this._isLoaded = true;
  }

  private _take(grid: Grid): Grid {
    this._put(grid);
    this._changed.emit();
    return grid;
  }

  private _put(grid: Grid): void {
    const before = this._known.get(grid.number);
    this._known.set(grid.number, grid);
    if (grid.creator !== this._user || before === undefined) {
      return;
    }
    if (isEnded(grid) && !isEnded(before)) {
      this._ended.emit(grid);
    } else if (!isEnded(grid) && grid.late_count > 0 && before.late_count === 0) {
      this._late.emit(grid);
    }
  }

  private readonly _batches = new Batches<Wanted>(wanted => this._read(wanted), GATHER_MS);
  private readonly _known = new Map<number, Grid>();
  /** `items` has no gap down to this number. */
  private _oldestListed = Number.POSITIVE_INFINITY;
  private _cursor: string | null = null;
  private _user: string | null = null;
  private _isLoaded = false;
  private _error: string | null = null;
  private _safety: ReturnType<typeof setInterval> | undefined;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _moved = new Signal<this, string>(this);
  private readonly _ended = new Signal<this, Grid>(this);
  private readonly _late = new Signal<this, Grid>(this);
}

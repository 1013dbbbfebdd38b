/** Keeps the list of grids up to date, and brings their rows. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Api } from './api';
import type { EventStream } from './events';
import { LiveList } from './livelist';
import type { IGrids } from './tokens';
import type { Event, Grid, GridRow, Page } from './wire';

/** Changes are gathered for so long: at most one request per grid in this time, however many jobs it has. */
export const GATHER_MS = 500;

/** Events about jobs that leave the grid as it is. */
const BESIDE = new Set(['job.logged', 'job.sampled']);

export class Grids extends LiveList<Grid> implements IGrids {
  constructor(api: Api, events: EventStream) {
    super(api, events, GATHER_MS);
  }

  get moved(): ISignal<this, string> {
    return this._moved;
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

  protected _page(limit: number, cursor: string | null): Promise<Page<Grid>> {
    return this._api.grids(limit, cursor);
  }

  protected _ask(reference: number | string): Promise<Grid> {
    return this._api.grid(reference);
  }

  protected _note(event: Event): void {
    const id = event.ids.grid;
    if (id === undefined || BESIDE.has(event.kind)) {
      return;
    }
    this._moved.emit(id);
    if (event.kind === 'grid.submitted') {
      this._begun(id);
    } else if (event.kind !== 'job.measured') {
      this._look(id);
    }
  }

  /** A retry brings an ended grid back to life, so the last answer stands. */
  protected _merge(_before: Grid | undefined, given: Grid): Grid {
    return given;
  }

  protected _isLate(grid: Grid): boolean {
    return grid.late_count > 0;
  }

  protected _isListed(): boolean {
    return true;
  }

  private readonly _moved = new Signal<this, string>(this);
}

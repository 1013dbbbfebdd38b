/** A double of the live grids, which tests change by hand. */

import { Signal } from '@lumino/signaling';

import type { IGrids } from '../src/tokens';
import type { Grid, GridRow, Page } from '../src/wire';

export class FakeGrids implements IGrids {
  constructor(...grids: Grid[]) {
    this.items = grids;
  }

  items: readonly Grid[];
  hasMore = false;
  isLoaded = true;
  error: string | null = null;
  readonly changed = new Signal<this, void>(this);
  readonly moved = new Signal<this, string>(this);
  readonly ended = new Signal<this, Grid>(this);
  readonly late = new Signal<this, Grid>(this);
  table: readonly GridRow[] = [];
  readonly done: string[] = [];
  /** What calls throw, if anything. */
  refusal: Error | null = null;

  get(number: number): Grid | undefined {
    return this.items.find(grid => grid.number === number);
  }

  fetch(number: number): Promise<Grid> {
    const grid = this.get(number);
    return this.refusal !== null || grid === undefined
      ? Promise.reject(this.refusal ?? new Error(`There is no grid ${number}.`))
      : Promise.resolve(grid);
  }

  rows(number: number, limit: number): Promise<Page<GridRow>> {
    this.done.push(`rows ${number} ${limit}`);
    const items = this.table.slice(0, limit);
    return Promise.resolve({ items, cursor: items.length < this.table.length ? String(items.length) : null });
  }

  kill(number: number): Promise<void> {
    return this._do(`kill ${number}`);
  }

  retry(number: number): Promise<void> {
    return this._do(`retry ${number}`);
  }

  loadMore(): void {
    this.done.push('more');
  }

  refresh(): void {
    this.done.push('refresh');
  }

  change(...grids: Grid[]): void {
    this.items = grids;
    this.changed.emit();
  }

  private _do(what: string): Promise<void> {
    this.done.push(what);
    return this.refusal === null ? Promise.resolve() : Promise.reject(this.refusal);
  }
}

/** One grid as a table. */

import { AcaiError, messageOf } from '../../api';
import { Batches } from '../../batches';
import type { IGrids } from '../../tokens';
import type { Grid, GridRow } from '../../wire';
import { PanelModel } from '../model';

/** The table is read again at most so often. */
export const ROWS_MS = 1000;
/** So many rows are shown at first, and so many more at a time. */
export const MOST_ROWS = 500;

export class GridModel extends PanelModel {
  constructor(
    readonly number: number,
    private readonly _grids: IGrids
  ) {
    super();
    this._wasWell = _grids.error === null;
    this._drawn = this.grid;
    _grids.changed.connect(this._onChanged, this);
    _grids.moved.connect(this._onMoved, this);
    void this._fetch();
    this._readings.add('rows');
  }

  /** The grid, null until it is known. */
  get grid(): Grid | null {
    return this._grids.get(this.number) ?? null;
  }

  /** Its table, as far as it is shown. */
  get rows(): readonly GridRow[] {
    return this._rows;
  }

  get hasMore(): boolean {
    return this._hasMore;
  }

  /** Why it could not be read, as one line. */
  get error(): string | null {
    return this._error ?? this._rowsError;
  }

  showMore(): void {
    this._shown += MOST_ROWS;
    this._readings.add('rows');
  }

  override dispose(): void {
    this._grids.changed.disconnect(this._onChanged, this);
    this._grids.moved.disconnect(this._onMoved, this);
    this._readings.dispose();
    super.dispose();
  }

  private async _fetch(): Promise<void> {
    try {
      await this._grids.fetch(this.number);
      this._error = null;
    } catch (error) {
      this._error = messageOf(error);
      this._mayRetry = !(error instanceof AcaiError && error.isFinal);
    }
    this._emitUnlessDisposed();
  }

  private async _read(): Promise<void> {
    try {
      const page = await this._grids.rows(this.number, this._shown);
      this._rows = page.items;
      this._hasMore = page.cursor !== null;
      this._rowsError = null;
    } catch (error) {
      this._rowsError = messageOf(error);
    }
    this._emitUnlessDisposed();
  }

  private _onMoved(_: IGrids, id: string): void {
    if (this.grid?.id === id) {
      this._readings.add('rows');
    }
  }

  private _onChanged(): void {
    const isWell = this._grids.error === null;
    const isBack = isWell && !this._wasWell;
    this._wasWell = isWell;
    if (isWell && (this._mayRetry || (isBack && this._error !== null))) {
      this._mayRetry = false;
      void this._fetch();
    }
    if (isBack && this._rowsError !== null) {
      this._readings.add('rows');
    }
    if (this.grid !== this._drawn) {
      this._drawn = this.grid;
      this._readings.add('rows');
      this.emitChanged();
    }
  }

  private _emitUnlessDisposed(): void {
    if (!this.isDisposed) {
      this.emitChanged();
    }
  }

  private readonly _readings = new Batches<'rows'>(() => this._read(), ROWS_MS);
  private _drawn: Grid | null;
  private _rows: readonly GridRow[] = [];
  private _shown = MOST_ROWS;
  private _hasMore = false;
  private _error: string | null = null;
  private _rowsError: string | null = null;
  private _mayRetry = false;
  private _wasWell: boolean;
}

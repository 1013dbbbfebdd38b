/** The list of jobs and grids: what is filtered, and which one is selected. */

import { command } from '../../format';
import type { Connection } from '../../socket';
import type { IGrids, IJobs, ILiveList, KnownJob } from '../../tokens';
import { isEnded, type Grid, type Job, type Status } from '../../wire';
import { PanelModel } from '../model';

/** Which jobs are shown: all, those that have not ended, or those that ended in one way. */
export type StatusFilter = 'all' | 'unended' | Extract<Status, 'FINISHED' | 'FAILED' | 'KILLED'>;

/** A row of the list: a job, or all jobs of a grid. */
export type Entry = { kind: 'job'; item: KnownJob } | { kind: 'grid'; item: Grid };

/** Which job or grid. */
export type Place = Pick<Entry, 'kind'> & { number: number };

export class JobsModel extends PanelModel {
  constructor(
    private readonly _jobs: IJobs,
    private readonly _grids: IGrids
  ) {
    super();
    _jobs.changed.connect(this._onChanged, this);
    _grids.changed.connect(this._onChanged, this);
  }

  /** The jobs and grids that pass the filter, newest first. */
  get visible(): readonly Entry[] {
    const words = this._text.toLowerCase().split(/\s+/).filter(Boolean);
    return this._loaded()
      .filter(entry => hasStatus(entry.item, this._status) && hasWords(entry, words))
      .sort((one, other) => compare(other.item.create_time, one.item.create_time));
  }

  /** How many jobs and grids the filter has seen: with `hasMore` there are older ones. */
  get loadedCount(): number {
    return this._loaded().length;
  }

  /** Whether there is no job at all. */
  get isEmpty(): boolean {
    return this._jobs.items.length === 0 && this._grids.items.length === 0;
  }

  get isLoaded(): boolean {
    return this._jobs.isLoaded && this._grids.isLoaded;
  }

  get hasMore(): boolean {
    return this._jobs.hasMore || this._grids.hasMore;
  }

  get error(): string | null {
    return this._jobs.error ?? this._grids.error;
  }

  get connection(): Connection {
    return this._jobs.connection;
  }

  get text(): string {
    return this._text;
  }

  set text(text: string) {
    this._text = text;
    this.emitChanged();
  }

  get status(): StatusFilter {
    return this._status;
  }

  set status(status: StatusFilter) {
    this._status = status;
    this.emitChanged();
  }

  /** The job or the grid whose details are shown. */
  get selected(): Place | null {
    return this._selected;
  }

  set selected(place: Place | null) {
    if (place?.kind !== this._selected?.kind || place?.number !== this._selected?.number) {
      this._selected = place;
      this.emitChanged();
    }
  }

  /** Go further back, in the list that ends first. */
  loadMore(): void {
    (oldest(this._jobs) >= oldest(this._grids) ? this._jobs : this._grids).loadMore();
  }

  override dispose(): void {
    this._jobs.changed.disconnect(this._onChanged, this);
    this._grids.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  /** The entries of both lists, as far back as neither has gaps. */
  private _loaded(): Entry[] {
    // Below this moment one of the two lists may have gaps.
    const since = [oldest(this._jobs), oldest(this._grids)].reduce((one, other) => (one > other ? one : other));
    const entries: Entry[] = [
      ...this._jobs.items.map((item): Entry => ({ kind: 'job', item })),
      ...this._grids.items.map((item): Entry => ({ kind: 'grid', item }))
    ];
    return entries.filter(entry => entry.item.create_time >= since);
  }

  private _onChanged(): void {
    this.emitChanged();
  }

  private _text = '';
  private _status: StatusFilter = 'all';
  private _selected: Place | null = null;
}

/** When the oldest of a list was submitted, as long as it has more; the beginning of time where it is whole. */
function oldest(list: ILiveList<Pick<Job, 'create_time'>>): string {
  return list.hasMore ? (list.items.at(-1)?.create_time ?? '') : '';
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function hasStatus(item: Pick<Job, 'status'>, filter: StatusFilter): boolean {
  return filter === 'all' || (filter === 'unended' ? !isEnded(item) : item.status === filter);
}

/** Whether every word occurs in what a person would look for. */
function hasWords({ kind, item }: Entry, words: readonly string[]): boolean {
  const data = kind === 'job' ? [item.input, item.output_version ?? item.output] : ['grid'];
  const fields = [String(item.number), item.name, command(item), item.creator, ...data];
  const text = fields.join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}

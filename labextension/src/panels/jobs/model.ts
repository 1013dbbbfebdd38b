/** The list of jobs: what is filtered, and which one is selected. */

import { command } from '../../format';
import type { Connection } from '../../socket';
import type { IJobs, KnownJob } from '../../tokens';
import { isEnded, type Status } from '../../wire';
import { PanelModel } from '../model';

/** Which jobs are shown: all, those that have not ended, or those that ended in one way. */
export type StatusFilter = 'all' | 'unended' | Extract<Status, 'FINISHED' | 'FAILED' | 'KILLED'>;

export class JobsModel extends PanelModel {
  constructor(private readonly _jobs: IJobs) {
    super();
    _jobs.changed.connect(this._onChanged, this);
  }

  /** The jobs that pass the filter, newest first. */
  get visible(): readonly KnownJob[] {
    const words = this._text.toLowerCase().split(/\s+/).filter(Boolean);
    return this._jobs.items.filter(job => hasStatus(job, this._status) && hasWords(job, words));
  }

  /** Whether there is any job at all. */
  get isEmpty(): boolean {
    return this._jobs.items.length === 0;
  }

  get isLoaded(): boolean {
    return this._jobs.isLoaded;
  }

  get hasMore(): boolean {
    return this._jobs.hasMore;
  }

  get error(): string | null {
    return this._jobs.error;
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

  /** The number of the job whose details are shown. */
  get selected(): number | null {
    return this._selected;
  }

  set selected(number: number | null) {
    if (number !== this._selected) {
      this._selected = number;
      this.emitChanged();
    }
  }

  loadMore(): void {
    this._jobs.loadMore();
  }

  override dispose(): void {
    this._jobs.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  private _onChanged(): void {
    this.emitChanged();
  }

  private _text = '';
  private _status: StatusFilter = 'all';
  private _selected: number | null = null;
}

function hasStatus(job: KnownJob, filter: StatusFilter): boolean {
  return filter === 'all' || (filter === 'unended' ? !isEnded(job) : job.status === filter);
}

/** Whether every word occurs in what a person would look for. */
function hasWords(job: KnownJob, words: readonly string[]): boolean {
  const fields = [String(job.number), job.name, command(job), job.creator, job.input, job.output_version ?? job.output];
  const text = fields.join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}

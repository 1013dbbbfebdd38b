/** Tells when jobs and grids of the user end, and when they are expected to miss their bounds. */

import { Notification } from '@jupyterlab/apputils';
import type { IDisposable } from '@lumino/disposable';

import { bound, counts, explanation, gridTitle, runtime, title } from './format';
import type { IGrids, IJobs, KnownJob } from './tokens';
import type { Grid, Job } from './wire';

/** Endings are gathered for so long, since jobs may end all at once. */
export const GATHER_ENDED_MS = 1000;
/** More jobs than this that end together are told of in one sentence. */
const MOST_SINGLE = 3;

/** The values of the setting. */
export type Wanted = 'all' | 'failures' | 'none';

type Kind = 'success' | 'error' | 'info';

export class EndedNotifications implements IDisposable {
  /** `showLog` opens the job with its log, `showGrid` the table of a grid. */
  constructor(
    private readonly _jobs: IJobs,
    private readonly _grids: IGrids,
    private readonly _showLog: (number: number) => void,
    private readonly _showGrid: (number: number) => void
  ) {
    _jobs.ended.connect(this._onEnded, this);
    _jobs.late.connect(this._onLate, this);
    _grids.ended.connect(this._onGridEnded, this);
    _grids.late.connect(this._onGridLate, this);
  }

  /** Which endings are told. */
  wanted: Wanted = 'all';

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._jobs.ended.disconnect(this._onEnded, this);
    this._jobs.late.disconnect(this._onLate, this);
    this._grids.ended.disconnect(this._onGridEnded, this);
    this._grids.late.disconnect(this._onGridLate, this);
  }

  private _onEnded(_: unknown, job: KnownJob): void {
    if (!isWanted(job, this.wanted)) {
      return;
    }
    if (this._waiting.push(job) === 1) {
      this._timer = setTimeout(() => {
        this._tell();
      }, GATHER_ENDED_MS);
    }
  }

  /** At once: there is still time to do something about it. */
  private _onLate(_: unknown, job: KnownJob): void {
    if (this.wanted !== 'none') {
      const name = shortened(title(job));
      const limit = bound(job) ?? '';
      Notification.emit(`Job ${name} is expected to miss its bound (${limit}).`, 'warning', {
        autoClose: false,
        actions: [this._toLog(job)]
      });
    }
  }

  /** A grid is told of once, however many jobs it has. */
  private _onGridEnded(_: unknown, grid: Grid): void {
    if (isWanted(grid, this.wanted)) {
      Notification.emit(`${shortened(gridTitle(grid))}: ${counts(grid)}.`, kindOf(grid), {
        autoClose: 6000,
        actions: [this._toGrid(grid)]
      });
    }
  }

  private _onGridLate(_: unknown, grid: Grid): void {
    if (this.wanted !== 'none') {
      Notification.emit(`Jobs of ${shortened(gridTitle(grid))} are expected to miss their bound.`, 'warning', {
        autoClose: false,
        actions: [this._toGrid(grid)]
      });
    }
  }

  private _toGrid(grid: Grid): Notification.IAction {
    return {
      label: 'Show grid',
      callback: () => {
        this._showGrid(grid.number);
      }
    };
  }

  private _toLog(job: KnownJob): Notification.IAction {
    return {
      label: 'Show log',
      callback: () => {
        this._showLog(job.number);
      }
    };
  }

  private _tell(): void {
    const jobs = this._waiting.filter(job => isWanted(job, this.wanted));
    this._waiting = [];
    if (jobs.length > MOST_SINGLE) {
      Notification.emit(summary(jobs), worst(jobs), { autoClose: 6000 });
      return;
    }
    for (const job of jobs) {
      Notification.emit(sentence(job), kindOf(job), { autoClose: 6000, actions: [this._toLog(job)] });
    }
  }

  private _isDisposed = false;
  private _waiting: KnownJob[] = [];
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function isWanted(item: Pick<Job, 'status'>, wanted: Wanted): boolean {
  return wanted === 'all' || (wanted === 'failures' && item.status === 'FAILED');
}

function sentence(job: KnownJob): string {
  const name = `Job ${shortened(title(job))}`;
  if (job.status === 'FINISHED') {
    return job.runtime === null ? `${name} finished.` : `${name} finished in ${runtime(job.runtime)}.`;
  }
  if (job.status === 'KILLED') {
    return `${name} was killed.`;
  }
  const why = explanation(job);
  return why === '' ? `${name} failed.` : `${name} failed: ${why}.`;
}

function summary(jobs: readonly KnownJob[]): string {
  const counts = (['FINISHED', 'FAILED', 'KILLED'] as const)
    .map(status => [jobs.filter(job => job.status === status).length, status.toLowerCase()] as const)
    .filter(([count]) => count > 0);
  return `${jobs.length} jobs ended: ${counts.map(([count, word]) => `${count} ${word}`).join(', ')}.`;
}

function worst(jobs: readonly KnownJob[]): Kind {
  const kinds = jobs.map(kindOf);
  return (['error', 'info'] as const).find(kind => kinds.includes(kind)) ?? 'success';
}

function kindOf({ status }: Pick<Job, 'status'>): Kind {
  if (status === 'FAILED') {
    return 'error';
  }
  return status === 'KILLED' ? 'info' : 'success';
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** One job with its live log. */

import { AcaiError, messageOf } from '../../api';
import { Batches } from '../../batches';
import type { LogStream } from '../../log';
import type { IJobs, KnownJob, Measured } from '../../tokens';
import { isEnded, type Curve, type Sample } from '../../wire';
import { PanelModel } from '../model';

/** What is drawn is read again at most so often. */
export const CURVES_MS = 1000;

export class JobModel extends PanelModel {
  constructor(
    readonly number: number,
    private readonly _jobs: IJobs
  ) {
    super();
    this._wasWell = this._isWell();
    this.log = _jobs.followLog(number);
    _jobs.changed.connect(this._onChanged, this);
    _jobs.measured.connect(this._onMeasured, this);
    void this._fetch();
    this._drawings.add('numbers').add('usage');
  }

  /** What the job used so far. */
  get samples(): readonly Sample[] {
    return this._samples;
  }

  readonly log: LogStream;

  /** The job, null until it is known. */
  get job(): KnownJob | null {
    return this._jobs.get(this.number) ?? null;
  }

  /** The curves of its numbers, none until they are known. */
  get curves(): readonly Curve[] {
    return this._curves;
  }

  /** Why its details could not be read, as one line. */
  get error(): string | null {
    return this._error;
  }

  override dispose(): void {
    this._jobs.changed.disconnect(this._onChanged, this);
    this._jobs.measured.disconnect(this._onMeasured, this);
    this._drawings.dispose();
    this.log.dispose();
    super.dispose();
  }

  private async _fetch(): Promise<void> {
    try {
      await this._jobs.fetch(this.number);
      this._error = null;
    } catch (error) {
      this._error = messageOf(error);
      this._mayRetry = !(error instanceof AcaiError && error.isFinal);
    }
    if (!this.isDisposed) {
      this.emitChanged();
    }
  }

  private _onMeasured(_: IJobs, { job, what }: Measured): void {
    if (this.job?.id === job) {
      this._drawings.add(what);
    }
  }

  private async _draw(what: ReadonlySet<Measured['what']>): Promise<void> {
    try {
      if (what.has('numbers')) {
        this._curves = await this._jobs.curves(this.number);
      }
      if (what.has('usage')) {
        this._samples = await this._jobs.usage(this.number);
      }
    } catch {
      return; // what is drawn stays; the line of errors tells why nothing is new
    }
    if (!this.isDisposed) {
      this.emitChanged();
    }
  }

  private _onChanged(): void {
    const isWell = this._isWell();
    const isBack = isWell && !this._wasWell;
    this._wasWell = isWell;
    if (isWell && (this._mayRetry || (isBack && this._error !== null))) {
      this._mayRetry = false;
      void this._fetch();
    }
    if (isBack) {
      this._drawings.add('numbers').add('usage');
      if (this.log.connection.state === 'refused') {
        this.log.open(); // what was refused may have been the login, which is another one now
      }
    }
    if (!this._hasEnded && this.job !== null && isEnded(this.job)) {
      this._hasEnded = true; // what its agent told last came with its end
      this._drawings.add('numbers').add('usage');
    }
    this.emitChanged();
  }

  /** Whether the platform answers, and tells what happens. */
  private _isWell(): boolean {
    return this._jobs.connection.state === 'connected' && this._jobs.error === null;
  }

  /** A job may measure faster than anybody can see. */
  private readonly _drawings = new Batches<Measured['what']>(what => this._draw(what), CURVES_MS);
  private _curves: readonly Curve[] = [];
  private _samples: readonly Sample[] = [];
  private _hasEnded = false;
  private _error: string | null = null;
  private _mayRetry = false;
  private _wasWell: boolean;
}

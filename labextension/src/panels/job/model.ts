/** One job with its live log. */

import { AcaiError, messageOf } from '../../api';
import type { LogStream } from '../../log';
import type { IJobs, KnownJob } from '../../tokens';
import { isEnded, type Sample } from '../../wire';
import { PanelModel } from '../model';

/** How often what a job uses is asked for while it has not ended. */
const USAGE_MS = 5_000;

export class JobModel extends PanelModel {
  constructor(
    readonly number: number,
    private readonly _jobs: IJobs
  ) {
    super();
    this.log = _jobs.followLog(number);
    _jobs.changed.connect(this._onChanged, this);
    void this._fetch();
    void this._fetchSamples();
    this._timer = setInterval(() => {
      if (!this._isComplete) {
        void this._fetchSamples();
      }
    }, USAGE_MS);
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

  /** Why its details could not be read, as one line. */
  get error(): string | null {
    return this._error;
  }

  override dispose(): void {
    clearInterval(this._timer);
    this._jobs.changed.disconnect(this._onChanged, this);
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

  private async _fetchSamples(): Promise<void> {
    const ended = this.job !== null && isEnded(this.job);
    try {
      this._samples = await this._jobs.usage(this.number);
      this._isComplete = ended;
    } catch {
      return; // the curves stay as they are until the platform answers again
    }
    if (!this.isDisposed) {
      this.emitChanged();
    }
  }

  private _onChanged(): void {
    if (this._mayRetry && this._jobs.connection.state === 'connected') {
      this._mayRetry = false;
      void this._fetch();
    }
    this.emitChanged();
  }

  private readonly _timer: ReturnType<typeof setInterval>;
  private _samples: readonly Sample[] = [];
  private _isComplete = false;
  private _error: string | null = null;
  private _mayRetry = false;
}

/** One job with its live log. */

import { AcaiError, messageOf } from '../../api';
import type { LogStream } from '../../log';
import type { IJobs, KnownJob } from '../../tokens';
import { PanelModel } from '../model';

export class JobModel extends PanelModel {
  constructor(
    readonly number: number,
    private readonly _jobs: IJobs
  ) {
    super();
    this.log = _jobs.followLog(number);
    _jobs.changed.connect(this._onChanged, this);
    void this._fetch();
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

  private _onChanged(): void {
    if (this._mayRetry && this._jobs.connection.state === 'connected') {
      this._mayRetry = false;
      void this._fetch();
    }
    this.emitChanged();
  }

  private _error: string | null = null;
  private _mayRetry = false;
}

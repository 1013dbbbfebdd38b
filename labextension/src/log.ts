/** The live log of a job: bytes that come over a WebSocket, as text. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { API, jobPath, type Api } from './api';
import { LogText } from './logtext';
import { ReconnectingSocket, type Connection } from './socket';

/** Of a log that is longer already, only so many bytes at its end are fetched. */
export const TAIL_BYTES = 4 * 1024 * 1024;

export class LogStream implements IDisposable {
  constructor(
    private readonly _api: Api,
    readonly job: number
  ) {
    this._socket = new ReconnectingSocket(_api.settings, {
      address: () => this._address(),
      onBytes: data => {
        this._append(data);
      },
      onText: message => {
        if (message.complete === true) {
          this._socket.end();
        }
      }
    });
    this._socket.connectionChanged.connect(() => {
      this._changed.emit();
    });
  }

  readonly text = new LogText();

  /** There is more text, or the connection changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get connection(): Connection {
    return this._socket.connection;
  }

  /** Whether this is the whole log of a job that ended. */
  get isComplete(): boolean {
    return this.connection.state === 'ended';
  }

  /** Whether lines at the beginning of the log are left out. */
  get isCut(): boolean {
    return this.text.isCut || (this._start ?? 0) > 0;
  }

  get isDisposed(): boolean {
    return this._socket.isDisposed;
  }

  open(): void {
    this._socket.open();
  }

  dispose(): void {
    this._socket.dispose();
    Signal.clearData(this);
  }

  private async _address(): Promise<string> {
    const size = await this._api.logSize(this.job);
    this._start ??= Math.max(0, size - TAIL_BYTES);
    return `${API}/${jobPath(this.job)}/log/stream?offset=${this._start + this._received}`;
  }

  private _append(data: Uint8Array): void {
    this._received += data.length;
    const text = this._decoder.decode(data, { stream: true });
    this.text.append(this._isInFirstLine ? this._afterFirstLine(text) : text);
    this._changed.emit();
  }

  /** Where the log is not shown from its beginning, it begins in the midst of a line, which is left out. */
  private _afterFirstLine(text: string): string {
    const end = text.indexOf('\n');
    if (this._start === 0 || end >= 0) {
      this._isInFirstLine = false;
    }
    return this._start === 0 ? text : text.slice(end < 0 ? text.length : end + 1);
  }

  private readonly _socket: ReconnectingSocket;
  private readonly _decoder = new TextDecoder();
  private _isInFirstLine = true;
  private _start: number | null = null;
  private _received = 0;
  private readonly _changed = new Signal<this, void>(this);
}

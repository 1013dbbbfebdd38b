/** The stream of the project's events. It never skips one: after a break it goes on from the last number. */

import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import { API, type Api } from './api';
import { ReconnectingSocket, type Connection } from './socket';
import { isRecord, type Event } from './wire';

export class EventStream implements IDisposable {
  constructor(private readonly _api: Api) {
    this._socket = new ReconnectingSocket(_api.settings, {
      address: () => this._address(),
      onText: message => {
        this._receive(message);
      }
    });
    this._socket.connectionChanged.connect((_, connection) => {
      this._connectionChanged.emit(connection);
    });
  }

  /** A fact, told once, in order. */
  get event(): ISignal<this, Event> {
    return this._event;
  }

  /** Everything has to be read anew: the stream has begun, or lost its place. */
  get reset(): ISignal<this, void> {
    return this._reset;
  }

  get connection(): Connection {
    return this._socket.connection;
  }

  get connectionChanged(): ISignal<this, Connection> {
    return this._connectionChanged;
  }

  get isDisposed(): boolean {
    return this._socket.isDisposed;
  }

  /** Open the stream, also one that was refused before. */
  open(): void {
    this._socket.open();
  }

  dispose(): void {
    this._socket.dispose();
    Signal.clearData(this);
  }

  private async _address(): Promise<string> {
    await this._api.whoAmI();
    return `${API}/events${this._number === null ? '' : `?after=${this._number}`}`;
  }

  private _receive(message: Record<string, unknown>): void {
    const { kind, number } = message;
    if (typeof kind !== 'string' || typeof number !== 'number') {
      return;
    }
    const before = this._number;
    if (kind === 'connected' || kind === 'reset') {
      this._number = number;
      if (kind === 'reset' || before === null) {
        this._reset.emit();
      }
    } else if (isRecord(message.ids) && (before === null || number > before)) {
      this._number = number;
      this._event.emit(message as unknown as Event);
    }
  }

  private _number: number | null = null;
  private readonly _socket: ReconnectingSocket;
  private readonly _event = new Signal<this, Event>(this);
  private readonly _reset = new Signal<this, void>(this);
  private readonly _connectionChanged = new Signal<this, Connection>(this);
}

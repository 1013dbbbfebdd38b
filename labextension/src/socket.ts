/** A WebSocket that comes back: after a break it is opened again, later and later, until the platform refuses. */

import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { AcaiError, isFinalStatus, messageOf } from './api';
import { isError, isRecord } from './wire';

/** How a stream stands; `message` says why it was interrupted or refused. */
export interface Connection {
  state: 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'ended';
  message: string | null;
}

/** What goes over a socket. */
export interface Traffic {
  /**
   * The address below the server's, asked for before every attempt. It may ask the platform first: a rejection counts
   * as a failed attempt, and tells why, which a WebSocket that does not open never does.
   */
  address(): Promise<string>;
  onText(message: Record<string, unknown>): void;
  onBytes?(data: Uint8Array): void;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A socket that was open for so long worked; the next break starts with the first delay. */
const PROVEN_AFTER = 5_000;
/** Close codes of a refusal are its HTTP status plus this. */
const REFUSED = 4000;

export class ReconnectingSocket implements IDisposable {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _traffic: Traffic
  ) {}

  get connection(): Connection {
    return this._connection;
  }

  get connectionChanged(): ISignal<this, Connection> {
    return this._connectionChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Open now, whatever it was waiting for. An open socket stays. */
  open(): void {
    if (this._socket !== null || this._isDisposed || this._connection.state === 'ended') {
      return;
    }
    this._cancelRetry();
    this._failures = 0;
    void this._attempt();
  }

  /** Nothing more is expected. */
  end(): void {
    this._letGo();
    this._tell('ended', null);
  }

  dispose(): void {
    this._isDisposed = true;
    this._letGo();
    Signal.clearData(this);
  }

  private async _attempt(): Promise<void> {
    const attempt = ++this._attempts;
    let address: string;
    try {
      address = await this._traffic.address();
    } catch (error) {
      if (attempt === this._attempts) {
        this._failed(messageOf(error), error instanceof AcaiError && error.isFinal);
      }
      return;
    }
    if (attempt === this._attempts) {
      this._connect(address);
    }
  }

  private _connect(address: string): void {
    const socket = new this._settings.WebSocket(this._url(address));
    socket.binaryType = 'arraybuffer';
    this._socket = socket;
    this._error = null;
    let openedAt = Number.POSITIVE_INFINITY;
    socket.onopen = () => {
      openedAt = Date.now();
      this._tell('connected', null);
    };
    socket.onmessage = event => {
      this._receive(event.data as string | ArrayBuffer);
    };
    socket.onclose = event => {
      this._socket = null;
      if (Date.now() - openedAt >= PROVEN_AFTER) {
        this._failures = 0;
      }
      this._failed(this._error ?? (event.reason || 'The connection broke.'), isFinalStatus(event.code - REFUSED));
    };
  }

  private _url(address: string): string {
    const { wsUrl, token, appendToken } = this._settings;
    const url = URLExt.join(wsUrl, address);
    if (!appendToken || token === '') {
      return url;
    }
    return `${url}${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
  }

  private _receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      this._traffic.onBytes?.(new Uint8Array(data));
      return;
    }
    const message = parse(data);
    if (isError(message)) {
      this._error = message.message;
    } else if (isRecord(message)) {
      this._traffic.onText(message);
    }
  }

  private _failed(message: string, isFinal: boolean): void {
    if (isFinal) {
      this._tell('refused', message);
      return;
    }
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this._failures++);
    // Many pages that lost one server must not come back at the same moment.
    this._retry = setTimeout(() => void this._attempt(), delay * (0.5 + Math.random() / 2));
    this._tell('reconnecting', message);
  }

  private _letGo(): void {
    this._attempts++;
    this._cancelRetry();
    const socket = this._socket;
    this._socket = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private _cancelRetry(): void {
    clearTimeout(this._retry);
  }

  private _tell(state: Connection['state'], message: string | null): void {
    this._connection = { state, message };
    this._connectionChanged.emit(this._connection);
  }

  private _socket: WebSocket | null = null;
  private _error: string | null = null;
  private _attempts = 0;
  private _failures = 0;
  private _retry: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private _connection: Connection = { state: 'connecting', message: null };
  private readonly _connectionChanged = new Signal<this, Connection>(this);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

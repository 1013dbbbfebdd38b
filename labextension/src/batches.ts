/** Gathers keys and hands them on in batches: the first at once, then one batch every `gap` ms at most. */

import type { IDisposable } from '@lumino/disposable';

export class Batches<Key> implements IDisposable {
  /** `hand` never runs twice at a time; it must not reject. */
  constructor(
    private readonly _hand: (keys: ReadonlySet<Key>) => Promise<void>,
    private readonly _gap: number
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  add(key: Key): this {
    this._waiting.add(key);
    if (!this._isBusy) {
      void this._run();
    }
    return this;
  }

  dispose(): void {
    this._isDisposed = true;
    this._waiting.clear();
  }

  private async _run(): Promise<void> {
    this._isBusy = true;
    while (this._waiting.size > 0 && !this._isDisposed) {
      const keys = this._waiting;
      this._waiting = new Set();
      await Promise.all([this._hand(keys), new Promise(resolve => setTimeout(resolve, this._gap))]);
    }
    this._isBusy = false;
  }

  private _waiting = new Set<Key>();
  private _isBusy = false;
  private _isDisposed = false;
}

/** What the models of panels share: they emit, bodies draw. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

export abstract class PanelModel implements IDisposable {
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  protected emitChanged(): void {
    this._stateChanged.emit();
  }

  private _isDisposed = false;
  private readonly _stateChanged = new Signal<this, void>(this);
}

/** What components share. */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draw the component again whenever the signal is emitted. */
export function useSignal(signal: ISignal<unknown, unknown>): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onSignal = (): void => {
      redraw();
    };
    signal.connect(onSignal);
    return () => {
      signal.disconnect(onSignal);
    };
  }, [signal]);
}

/** The time, told again every second while `isTicking`. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = React.useState(Date.now);
  React.useEffect(() => {
    if (!isTicking) {
      return undefined;
    }
    const tick = (): void => {
      setNow(Date.now());
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [isTicking]);
  return now;
}

/** A page of a test's own, into which bodies are drawn. */

import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, vi } from 'vitest';

export let host: HTMLElement;
let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.useFakeTimers();
  vi.setSystemTime('2026-11-20T09:31:04.200Z');
  host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  host.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

export function draw(element: React.ReactElement): void {
  act(() => {
    root.render(element);
  });
}

export function find(selector: string): HTMLElement {
  const found = host.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`There is no ${selector} in ${host.innerHTML}`);
  }
  return found;
}

export function press(element: Element, key: string): void {
  act(() => {
    element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  });
}

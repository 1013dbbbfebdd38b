/** What is told of a job as terms and their descriptions. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';

import { Facts } from '../src/panels/job/facts';
import type { Job } from '../src/wire';
import { aJob, detailsOf } from './fakes';

function fact(term: string, changes: Partial<Job>): string | undefined {
  const drawn = document.createElement('div');
  drawn.innerHTML = renderToStaticMarkup(<Facts job={detailsOf(aJob(changes))} />);
  return drawn.querySelector(`[data-term="${term}"] dd`)?.textContent;
}

test('code without a commit is told by what it is', () => {
  expect(fact('Code', { git: null })).toBe('a snapshot');
  expect(fact('Code', { git: null, code: '@Code:2' })).toBe('@Code:2');
});

test('a job tells what it waits for and of which grid it is', () => {
  expect(fact('Waits for', { waits_for: 2 })).toBe('2 jobs of 11');
  expect(fact('Waits for', { waits_for: 1 })).toBe('1 job of 11');
  expect(fact('Waits for', { waits_for: 0 })).toBeUndefined();
  expect(fact('Grid', { grid: 3, grid_row: 2 })).toBe('row 2 of grid 3');
  expect(fact('Grid', { grid: null, grid_row: null })).toBeUndefined();
});

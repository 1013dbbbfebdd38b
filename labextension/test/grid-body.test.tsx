/** A grid, drawn into a page. */

import * as React from 'react';
import { act } from 'react';
import { expect, test, vi } from 'vitest';

import { GridView } from '../src/panels/grid/body';
import { GridModel, MOST_ROWS, ROWS_MS } from '../src/panels/grid/model';
import type { Grid, GridRow } from '../src/wire';
import { draw, find, host } from './drawing';
import { aGrid, aJob, aRow, aRunningJob } from './fakes';
import { FakeGrids } from './fakegrids';

async function drawGrid(grid: Grid, ...table: GridRow[]): Promise<{ grids: FakeGrids; done: string[] }> {
  const grids = new FakeGrids(grid);
  grids.table = table;
  const done: string[] = [];
  const tell = (what: string) => (number: number) => void done.push(`${what} ${number}`);
  const model = new GridModel(grid.number, grids);
  const actions = { killGrid: tell('kill'), retryGrid: tell('retry'), open: tell('open') };
  const redraw = (): void => {
    draw(<GridView model={model} actions={actions} />);
  };
  model.stateChanged.connect(redraw);
  redraw();
  await pass(0);
  return { grids, done };
}

async function pass(milliseconds: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
}

function cells(): string[][] {
  return [...host.querySelectorAll('tr')].map(row => [...row.querySelectorAll('th, td')].map(cell => cell.textContent));
}

test('a grid is one table of status, arguments, metrics, runtime and cost', async () => {
  const failed = aJob({ number: 13, status: 'FAILED', reason: 'exit code', exit_code: 3, output_version: null });
  await drawGrid(
    aGrid(),
    aRow({ row: 1, arguments: { depth: 2, kernel: 'rbf' } }),
    aRow({ row: 2, values: {}, job: failed })
  );
  expect(cells()).toEqual([
    ['Job', 'Status', 'depth', 'kernel', 'accuracy', 'loss', 'Runtime', 'Cost', 'Output'],
    ['12', 'FINISHED ', '2', 'rbf', '0.97', 'nan', '4.0s', '$0.00007', 'Model:1'],
    ['13', 'FAILED exit code 3', '6', '', '', '', '4.0s', '$0.00007', '']
  ]);
});

test('a running row tells when it will end, and that it is late', async () => {
  const eta = { eta: '2026-11-20T09:34:04Z', eta_low: '2026-11-20T09:33:04.2Z', eta_high: '2026-11-20T09:35:04.2Z' };
  await drawGrid(aGrid(), aRow({ job: aRunningJob({ ...eta, late: true }) }));
  expect(find('tbody td:nth-child(2)').textContent).toBe('RUNNING ends in 2m 00s – 4m 00s · misses its bound');
});

test('all of it is killed while it runs, and retried once something has failed', async () => {
  const { grids, done } = await drawGrid(aGrid());
  act(() => {
    find('.acai-Job-kill').click();
  });
  expect(host.querySelector('.acai-Job-retry')).toBeNull();
  act(() => {
    grids.change(aGrid({ status: 'FAILED', ended_count: 2, counts: { FINISHED: 1, FAILED: 1 } }));
  });
  expect(host.querySelector('.acai-Job-kill')).toBeNull();
  act(() => {
    find('.acai-Job-retry').click();
  });
  act(() => {
    grids.change(aGrid({ status: 'FINISHED', ended_count: 2, counts: { FINISHED: 2 } }));
  });
  expect(host.querySelector('.acai-Job-retry')).toBeNull();
  expect(done).toEqual(['kill 3', 'retry 3']);
});

test('a row leads to its job', async () => {
  const { done } = await drawGrid(aGrid(), aRow());
  act(() => {
    find('.acai-Grid-link').click();
  });
  expect(done).toEqual(['open 12']);
});

test('the table is read again when its jobs have come further, at most once a second', async () => {
  const { grids } = await drawGrid(aGrid());
  expect(grids.done).toEqual([`rows 3 ${MOST_ROWS}`]);
  grids.moved.emit('grid_4');
  grids.moved.emit('grid_3');
  grids.moved.emit('grid_3');
  await pass(ROWS_MS - 1);
  expect(grids.done).toHaveLength(1);
  await pass(1);
  expect(grids.done).toHaveLength(2);
  grids.changed.emit();
  await pass(2 * ROWS_MS);
  expect(grids.done).toHaveLength(2);
  grids.change(aGrid({ ended_count: 2 }));
  await pass(2 * ROWS_MS);
  expect(grids.done).toHaveLength(3);
});

test('of a large grid the rest of the rows come on demand', async () => {
  const rows = Array.from({ length: MOST_ROWS + 1 }, (_, index) => aRow({ row: index + 1 }));
  const { grids } = await drawGrid(aGrid({ row_count: rows.length }), ...rows);
  act(() => {
    find('.acai-Jobs-more').click();
  });
  await pass(ROWS_MS);
  expect(grids.done.at(-1)).toBe(`rows 3 ${2 * MOST_ROWS}`);
  expect([host.querySelectorAll('tbody tr').length, host.querySelector('.acai-Jobs-more')]).toEqual([
    MOST_ROWS + 1,
    null
  ]);
});

test('a grid that does not exist is told in one line', async () => {
  const model = new GridModel(9, new FakeGrids());
  await pass(0);
  draw(<GridView model={model} actions={{ killGrid: vi.fn(), retryGrid: vi.fn(), open: vi.fn() }} />);
  expect(find('[role=alert]').textContent).toBe('There is no grid 9.');
});

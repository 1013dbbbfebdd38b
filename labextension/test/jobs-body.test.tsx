/** The list of jobs, drawn into a page. */

import * as React from 'react';
import { act } from 'react';
import { expect, test, vi } from 'vitest';

import { JobsView } from '../src/panels/jobs/body';
import { JobsModel } from '../src/panels/jobs/model';
import { draw, find, host, press } from './drawing';
import { aGrid, aJob, aRunningJob } from './fakes';
import { FakeGrids } from './fakegrids';
import { FakeJobs } from './fakejobs';

function drawList(jobs: FakeJobs, grids = new FakeGrids()): { model: JobsModel; opened: string[] } {
  const model = new JobsModel(jobs, grids);
  const opened: string[] = [];
  const redraw = (): void => {
    draw(<JobsView model={model} open={({ kind, number }) => opened.push(`${kind} ${number}`)} />);
  };
  model.stateChanged.connect(redraw);
  redraw();
  return { model, opened };
}

test('a row says what matters', () => {
  drawList(
    new FakeJobs(aRunningJob({ number: 2 }), aJob({ number: 1, status: 'FAILED', reason: 'exit code', exit_code: 3 }))
  );
  const rows = [...host.querySelectorAll<HTMLElement>('[role=option]')];
  expect(rows.map(row => row.dataset.jobNumber)).toEqual(['2', '1']);
  expect(rows.map(row => row.dataset.status)).toEqual(['RUNNING', 'FAILED']);
  expect(rows[0]?.textContent).toBe('2trainRUNNING1m 04s');
  expect(rows[1]?.textContent).toBe('1trainFAILEDexit code 34.0s$0.00007');
  act(() => {
    vi.advanceTimersByTime(2000);
  });
  expect(rows[0]?.textContent).toBe('2trainRUNNING1m 06s');
});

test('the keyboard goes through the list, which has one stop of the tab key', () => {
  const { model } = drawList(new FakeJobs(aJob({ number: 3 }), aJob({ number: 2 }), aJob({ number: 1 })));
  const stops = (): (string | undefined)[] =>
    [...host.querySelectorAll<HTMLElement>('[role=option][tabindex="0"]')].map(row => row.dataset.jobNumber);
  expect(stops()).toEqual(['3']);
  const list = find('[role=listbox]');
  press(list, 'ArrowDown');
  press(list, 'ArrowDown');
  press(list, 'ArrowDown');
  expect([stops(), model.selected]).toEqual([['1'], null]);
  press(list, 'Enter');
  expect([model.selected?.number, find('[aria-selected=true]').dataset.jobNumber]).toEqual([1, '1']);
  press(list, 'Home');
  press(list, ' ');
  expect([stops(), model.selected?.number]).toEqual([['3'], 3]);
});

test('a click selects, two open a tab', () => {
  const { model, opened } = drawList(new FakeJobs(aJob({ number: 1 })));
  act(() => {
    find('[data-job-number="1"]').click();
  });
  expect(model.selected).toEqual({ kind: 'job', number: 1 });
  act(() => {
    find('[data-job-number="1"]').dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  });
  expect(opened).toEqual(['job 1']);
});

test('an empty list says how to submit, a filter without matches says that', () => {
  const jobs = new FakeJobs();
  const { model } = drawList(jobs);
  expect(find('.acai-Remark').textContent).toContain('%%acai submit');
  act(() => {
    jobs.change(aJob());
    model.text = 'nothing';
  });
  expect(find('.acai-Remark').textContent).toBe('No job passes the filter.');
});

test('while there are older jobs than the filter has seen, that is said, beside what loads them', () => {
  const jobs = new FakeJobs(aJob({ number: 9 }), aJob({ number: 8 }));
  jobs.hasMore = true;
  const { model } = drawList(jobs);
  act(() => {
    model.text = 'nothing';
  });
  expect(find('.acai-Remark').textContent).toBe('None of the newest 2 passes the filter; there are older ones.');
  expect(find('.acai-Remark + .acai-Jobs-more').textContent).toBe('Load more');
});

test('trouble is told in one line', () => {
  const jobs = new FakeJobs();
  drawList(jobs);
  jobs.error = 'The Jupyter server does not answer.';
  jobs.connection = { state: 'reconnecting', message: 'The connection broke.' };
  act(() => {
    jobs.change();
  });
  expect(find('[role=alert]').textContent).toBe('The Jupyter server does not answer.');
  expect(find('[role=status]').textContent).toBe('Reconnecting…');
  jobs.connection = { state: 'refused', message: 'Your token was revoked.' };
  act(() => {
    jobs.change();
  });
  expect([...host.querySelectorAll('[role=alert]')].map(line => line.textContent)).toEqual(['Your token was revoked.']);
});

test('more is loaded on demand', () => {
  const jobs = new FakeJobs(aJob());
  jobs.hasMore = true;
  drawList(jobs);
  act(() => {
    find('.acai-Jobs-more').click();
  });
  expect(jobs.done).toEqual(['more']);
});

test('a running job tells when it will end, and that it will be too late', () => {
  const eta = { eta: '2026-11-20T09:34:04Z', eta_low: '2026-11-20T09:33:04.2Z', eta_high: '2026-11-20T09:35:04.2Z' };
  drawList(new FakeJobs(aRunningJob({ number: 2, ...eta }), aRunningJob({ number: 1, ...eta, late: true })));
  const told = [...host.querySelectorAll('.acai-Jobs-arrival')].map(each => each.textContent);
  expect(told).toEqual(['ends in 2m 00s – 4m 00s', 'late: ends in 2m 00s – 4m 00s']);
  act(() => {
    vi.advanceTimersByTime(60_000);
  });
  expect(find('.acai-Jobs-arrival').textContent).toBe('ends in 1m 00s – 3m 00s');
});

test('a grid is one row, which says how far it is', () => {
  const counts = { FINISHED: 3, FAILED: 1, RUNNING: 2, QUEUED: 2 };
  const grid = aGrid({ number: 3, row_count: 8, ended_count: 4, counts, late_count: 2, cost: 0.5 });
  const { model, opened } = drawList(new FakeJobs(), new FakeGrids(grid));
  const row = find('[data-grid-number="3"]');
  expect(row.textContent).toBe('▦Grid 3 forestRUNNING4 of 8 ended: 3 finished, 1 failed2 late$0.5');
  const bar = find('[role=progressbar]');
  expect([bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuemax')]).toEqual(['4', '8']);
  const parts = [...bar.querySelectorAll<HTMLElement>('span')].map(part => [part.dataset.status, part.style.width]);
  expect(parts).toEqual([
    ['FINISHED', '37.5%'],
    ['FAILED', '12.5%'],
    ['KILLED', '0%']
  ]);
  act(() => {
    row.click();
    row.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  });
  expect([model.selected, opened]).toEqual([{ kind: 'grid', number: 3 }, ['grid 3']]);
});

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, type ICommandPalette } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { addCommands, CommandIds, offerCommands } from '../src/commands';
import { aJob, aRunningJob } from './fakes';
import { FakeGrids } from './fakegrids';
import { FakeJobs } from './fakejobs';

let jobs: FakeJobs;
let grids: FakeGrids;
let opened: number[];
let commands: CommandRegistry;
let app: JupyterFrontEnd;

beforeEach(() => {
  jobs = new FakeJobs(aRunningJob({ number: 2 }), aJob({ number: 1 }));
  grids = new FakeGrids();
  opened = [];
  commands = new CommandRegistry();
  const row = document.createElement('li');
  row.className = 'acai-Jobs-row';
  row.dataset.jobNumber = '2';
  app = {
    commands,
    contextMenu: { addItem: vi.fn() },
    contextMenuHitTest: (matches: (node: HTMLElement) => boolean) => (matches(row) ? row : undefined)
  } as unknown as JupyterFrontEnd;
  addCommands(app, jobs, grids, number => opened.push(number));
});

afterEach(() => {
  Dialog.flush();
  Notification.dismiss();
});

/** Press a button of the dialog that is open. */
async function answer(label: string): Promise<void> {
  await vi.waitFor(() => {
    const buttons = [...document.querySelectorAll<HTMLElement>('.jp-Dialog-button')];
    const button = buttons.find(each => each.textContent === label);
    expect(button).toBeDefined();
    button?.click();
  });
}

test('a job is opened by its number, or where the pointer is', async () => {
  await commands.execute(CommandIds.openJob, { number: 1 });
  await commands.execute(CommandIds.openJob, { isAtPointer: true });
  expect(opened).toEqual([1, 2]);
});

test('only jobs that have not ended can be killed', () => {
  expect(commands.isEnabled(CommandIds.killJob, { number: 1 })).toBe(false);
  expect(commands.isEnabled(CommandIds.killJob, { number: 2 })).toBe(true);
  expect(commands.isEnabled(CommandIds.killJob, { isAtPointer: true })).toBe(true);
  expect(commands.isEnabled(CommandIds.killJob)).toBe(true);
});

test.each([
  ['Kill', ['kill 2']],
  ['Cancel', []]
])('a kill is confirmed first: %s', async (label, done) => {
  const executed = commands.execute(CommandIds.killJob, { number: 2 });
  await answer(label);
  await executed;
  expect(jobs.done).toEqual(done);
});

test('a kill that is refused is told in one line', async () => {
  jobs.kill = () => Promise.reject(new Error('Job 2 has ended already: it is FINISHED.'));
  const executed = commands.execute(CommandIds.killJob, { number: 2 });
  await answer('Kill');
  await executed;
  expect(Notification.manager.notifications.map(({ message }) => message)).toEqual([
    'Job 2 has ended already: it is FINISHED.'
  ]);
});

test('a job that has ended is tried again, and the new one shown', async () => {
  expect(commands.isEnabled(CommandIds.retryJob, { number: 1 })).toBe(true);
  expect(commands.isEnabled(CommandIds.retryJob, { number: 2 })).toBe(false);
  await commands.execute(CommandIds.retryJob, { number: 1 });
  expect(jobs.done).toEqual(['retry 1']);
  expect(opened).toEqual([101]);
});

test('a retry that is refused is told in one line', async () => {
  jobs.refusal = new Error('The folder of job 1 has gone.');
  await commands.execute(CommandIds.retryJob, { number: 1 });
  expect(Notification.manager.notifications.map(({ message }) => message)).toEqual(['The folder of job 1 has gone.']);
  expect(opened).toEqual([]);
});

test('refresh reads jobs and grids anew', async () => {
  await commands.execute(CommandIds.refresh);
  expect([jobs.done, grids.done]).toEqual([['refresh'], ['refresh']]);
});

test('the palette offers every command', () => {
  const addItem = vi.fn();
  offerCommands(app, { addItem } as unknown as ICommandPalette);
  expect(addItem.mock.calls.map(([item]) => item as unknown)).toEqual(
    Object.values(CommandIds).map(command => ({ command, category: 'ACAI' }))
  );
});

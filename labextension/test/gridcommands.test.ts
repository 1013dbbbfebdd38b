import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, type ICommandPalette } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { addGridCommands, GridCommandIds, offerGridCommands } from '../src/gridcommands';
import { aGrid } from './fakes';
import { FakeGrids } from './fakegrids';

let grids: FakeGrids;
let opened: number[];
let commands: CommandRegistry;
let app: JupyterFrontEnd;

beforeEach(() => {
  const ended = { ended_count: 2 };
  grids = new FakeGrids(
    aGrid({ number: 3 }),
    aGrid({ number: 2, status: 'FAILED', ...ended }),
    aGrid({ number: 1, status: 'FINISHED', ...ended })
  );
  opened = [];
  commands = new CommandRegistry();
  const row = document.createElement('li');
  row.className = 'acai-Jobs-row';
  row.dataset.gridNumber = '3';
  app = {
    commands,
    contextMenu: { addItem: vi.fn() },
    contextMenuHitTest: (matches: (node: HTMLElement) => boolean) => (matches(row) ? row : undefined)
  } as unknown as JupyterFrontEnd;
  addGridCommands(app, grids, number => opened.push(number));
});

afterEach(() => {
  Dialog.flush();
  Notification.dismiss();
});

async function answer(label: string): Promise<void> {
  await vi.waitFor(() => {
    const buttons = [...document.querySelectorAll<HTMLElement>('.jp-Dialog-button')];
    const button = buttons.find(each => each.textContent === label);
    expect(button).toBeDefined();
    button?.click();
  });
}

test('a grid is opened by its number, or where the pointer is', async () => {
  await commands.execute(GridCommandIds.openGrid, { number: 1 });
  await commands.execute(GridCommandIds.openGrid, { isAtPointer: true });
  expect(opened).toEqual([1, 3]);
});

test('what runs can be killed, what has failed be retried', () => {
  const enabled = (command: string): boolean[] => [3, 2, 1].map(number => commands.isEnabled(command, { number }));
  expect(enabled(GridCommandIds.killGrid)).toEqual([true, false, false]);
  expect(enabled(GridCommandIds.retryGrid)).toEqual([false, true, false]);
  expect([commands.isEnabled(GridCommandIds.killGrid), commands.isEnabled(GridCommandIds.retryGrid)]).toEqual([
    true,
    true
  ]);
});

test.each([
  ['Kill', ['kill 3']],
  ['Cancel', []]
])('a kill is confirmed first: %s', async (label, done) => {
  const executed = commands.execute(GridCommandIds.killGrid, { number: 3 });
  await answer(label);
  await executed;
  expect(grids.done).toEqual(done);
});

test('a retry that is refused is told in one line', async () => {
  await commands.execute(GridCommandIds.retryGrid, { number: 2 });
  grids.refusal = new Error('Over the budget.');
  await commands.execute(GridCommandIds.retryGrid, { number: 2 });
  expect(grids.done).toEqual(['retry 2', 'retry 2']);
  expect(Notification.manager.notifications.map(({ message }) => message)).toEqual(['Over the budget.']);
});

test('palette and context menu offer every command', () => {
  const addItem = vi.fn();
  offerGridCommands(app, { addItem } as unknown as ICommandPalette);
  const ids = Object.values(GridCommandIds);
  expect(addItem.mock.calls.map(([item]) => item as unknown)).toEqual(
    ids.map(command => ({ command, category: 'ACAI' }))
  );
  expect(app.contextMenu.addItem).toHaveBeenCalledTimes(ids.length);
});

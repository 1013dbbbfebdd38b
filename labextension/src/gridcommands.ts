/** The commands about grids: what every panel, menu and notification calls. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog, type ICommandPalette } from '@jupyterlab/apputils';
import { launchIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { messageOf } from './api';
import { gridTitle } from './format';
import type { IGrids } from './tokens';
import { isEnded, type Grid } from './wire';

export const GridCommandIds = {
  openGrid: 'acai:open-grid',
  killGrid: 'acai:kill-grid',
  retryGrid: 'acai:retry-grid'
} as const;

const ROW = '.acai-Jobs-row[data-grid-number]';
const GRID_ARGUMENTS = {
  args: {
    type: 'object',
    properties: {
      number: { type: 'number', description: 'The number of the grid; it is asked for if it is not given.' },
      isAtPointer: { type: 'boolean', description: 'Take the grid on which the context menu was opened.' }
    }
  }
};

/** Add the commands; `open` shows a grid in a tab. */
export function addGridCommands(app: JupyterFrontEnd, grids: IGrids, open: (number: number) => void): void {
  const about = (args: ReadonlyPartialJSONObject): Grid | undefined => grids.get(givenNumber(app, args) ?? Number.NaN);
  const withNumber = async (
    args: ReadonlyPartialJSONObject,
    question: string,
    act: (number: number) => unknown
  ): Promise<void> => {
    const number =
      givenNumber(app, args) ?? (await InputDialog.getNumber({ title: question, label: 'Number of the grid' })).value;
    if (number !== null) {
      await act(number);
    }
  };
  app.commands.addCommand(GridCommandIds.openGrid, {
    label: args => (args.isAtPointer ? 'Open in a Tab' : 'Open a Grid…'),
    icon: launchIcon,
    describedBy: GRID_ARGUMENTS,
    execute: args => withNumber(args, 'Open a grid', open)
  });
  app.commands.addCommand(GridCommandIds.killGrid, {
    label: args => (args.isAtPointer ? 'Kill All Its Jobs' : 'Kill a Grid…'),
    icon: stopIcon,
    describedBy: GRID_ARGUMENTS,
    isEnabled: args => isWithout(about(args), isEnded),
    execute: args => withNumber(args, 'Kill a grid', number => kill(grids, number))
  });
  app.commands.addCommand(GridCommandIds.retryGrid, {
    label: args => (args.isAtPointer ? 'Retry What Failed' : 'Retry a Grid…'),
    caption: 'Submit again what failed or was killed',
    icon: runIcon,
    describedBy: GRID_ARGUMENTS,
    isEnabled: args => isWithout(about(args), grid => !isEnded(grid) || grid.status === 'FINISHED'),
    execute: args => withNumber(args, 'Retry a grid', number => told(grids.retry(number)))
  });
}

/** Put the commands into the palette and into the context menu of grids. */
export function offerGridCommands(app: JupyterFrontEnd, palette: ICommandPalette | null): void {
  Object.values(GridCommandIds).forEach((command, rank) => {
    palette?.addItem({ command, category: 'ACAI' });
    app.contextMenu.addItem({ command, selector: ROW, rank: rank + 1, args: { isAtPointer: true } });
  });
}

/** What nobody knows yet may be tried. */
function isWithout(grid: Grid | undefined, hindrance: (grid: Grid) => boolean): boolean {
  return grid === undefined || !hindrance(grid);
}

async function kill(grids: IGrids, number: number): Promise<void> {
  const grid = grids.get(number);
  const left =
    grid === undefined ? 'all its jobs' : `its ${grid.row_count - grid.ended_count} jobs that have not ended`;
  const { button } = await showDialog({
    title: `Kill ${grid === undefined ? `grid ${number}` : gridTitle(grid)}?`,
    body: `This ends ${left} as KILLED. What they wrote to their output folders so far is kept with them.`,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Kill' })]
  });
  if (button.accept) {
    await told(grids.kill(number));
  }
}

/** Where it is refused, that is told in one line. */
async function told(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    Notification.error(messageOf(error), { autoClose: 8000 });
  }
}

function givenNumber(app: JupyterFrontEnd, args: ReadonlyPartialJSONObject): number | null {
  if (typeof args.number === 'number') {
    return args.number;
  }
  if (!args.isAtPointer) {
    return null;
  }
  const row = app.contextMenuHitTest(node => node.matches(ROW));
  return row === undefined ? null : Number(row.dataset.gridNumber);
}

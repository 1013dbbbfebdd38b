/** The commands about grids: what every panel, menu and notification calls. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog, type ICommandPalette } from '@jupyterlab/apputils';
import { launchIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { gridTitle } from './format';
import { givenNumber, rowSelector, targetArguments, told, withNumber } from './targets';
import type { IGrids } from './tokens';
import { isEnded, type Grid } from './wire';

export const GridCommandIds = {
  openGrid: 'acai:open-grid',
  killGrid: 'acai:kill-grid',
  retryGrid: 'acai:retry-grid'
} as const;

const GRID_ARGUMENTS = targetArguments('grid');

/** Add the commands; `open` shows a grid in a tab. */
export function addGridCommands(app: JupyterFrontEnd, grids: IGrids, open: (number: number) => void): void {
  const about = (args: ReadonlyPartialJSONObject): Grid | undefined =>
    grids.get(givenNumber(app, args, 'grid') ?? Number.NaN);
  app.commands.addCommand(GridCommandIds.openGrid, {
    label: args => (args.isAtPointer ? 'Open in a Tab' : 'Open a Grid…'),
    icon: launchIcon,
    describedBy: GRID_ARGUMENTS,
    execute: args => withNumber(app, args, 'grid', 'Open a grid', open)
  });
  app.commands.addCommand(GridCommandIds.killGrid, {
    label: args => (args.isAtPointer ? 'Kill All Its Jobs' : 'Kill a Grid…'),
    icon: stopIcon,
    describedBy: GRID_ARGUMENTS,
    isEnabled: args => isWithout(about(args), isEnded),
    execute: args => withNumber(app, args, 'grid', 'Kill a grid', number => kill(grids, number))
  });
  app.commands.addCommand(GridCommandIds.retryGrid, {
    label: args => (args.isAtPointer ? 'Retry What Failed' : 'Retry a Grid…'),
    caption: 'Submit again what failed or was killed',
    icon: runIcon,
    describedBy: GRID_ARGUMENTS,
    isEnabled: args => isWithout(about(args), grid => !isEnded(grid) || grid.status === 'FINISHED'),
    execute: args => withNumber(app, args, 'grid', 'Retry a grid', number => told(grids.retry(number)))
  });
}

/** Put the commands into the palette and into the context menu of grids. */
export function offerGridCommands(app: JupyterFrontEnd, palette: ICommandPalette | null): void {
  Object.values(GridCommandIds).forEach((command, rank) => {
    palette?.addItem({ command, category: 'ACAI' });
    app.contextMenu.addItem({ command, selector: rowSelector('grid'), rank: rank + 1, args: { isAtPointer: true } });
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

/** The commands: what every panel, menu and notification calls. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog, type ICommandPalette } from '@jupyterlab/apputils';
import { launchIcon, refreshIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';

import { title } from './format';
import { givenNumber, rowSelector, targetArguments, told, withNumber } from './targets';
import type { IGrids, IJobs } from './tokens';
import { isEnded } from './wire';

export const CommandIds = {
  openJob: 'acai:open-job',
  killJob: 'acai:kill-job',
  retryJob: 'acai:retry-job',
  refresh: 'acai:refresh'
} as const;

const JOB_ARGUMENTS = targetArguments('job');

/** Add the commands; `open` shows a job in a tab, `grids` are read again with the jobs. */
export function addCommands(app: JupyterFrontEnd, jobs: IJobs, grids: IGrids, open: (number: number) => void): void {
  app.commands.addCommand(CommandIds.openJob, {
    label: args => (args.isAtPointer ? 'Open in a Tab' : 'Open a Job…'),
    icon: launchIcon,
    describedBy: JOB_ARGUMENTS,
    execute: args => withNumber(app, args, 'job', 'Open a job', open)
  });
  app.commands.addCommand(CommandIds.killJob, {
    label: args => (args.isAtPointer ? 'Kill' : 'Kill a Job…'),
    icon: stopIcon,
    describedBy: JOB_ARGUMENTS,
    isEnabled: args => {
      const number = givenNumber(app, args, 'job');
      const job = number === null ? undefined : jobs.get(number);
      return job === undefined || !isEnded(job);
    },
    execute: args => withNumber(app, args, 'job', 'Kill a job', number => kill(jobs, number))
  });
  app.commands.addCommand(CommandIds.retryJob, {
    label: args => (args.isAtPointer ? 'Retry' : 'Retry a Job…'),
    caption: 'Submit the same job again, to go on from what it had written',
    icon: runIcon,
    describedBy: JOB_ARGUMENTS,
    isEnabled: args => {
      const number = givenNumber(app, args, 'job');
      const job = number === null ? undefined : jobs.get(number);
      return job === undefined || isEnded(job);
    },
    execute: args => withNumber(app, args, 'job', 'Retry a job', number => told(jobs.retry(number).then(open)))
  });
  app.commands.addCommand(CommandIds.refresh, {
    label: 'Refresh Jobs',
    caption: 'Read the list of jobs and grids again',
    icon: args => (args.toolbar ? refreshIcon : undefined),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      jobs.refresh();
      grids.refresh();
    }
  });
}

/** Put the commands into the palette and into the context menu of jobs. */
export function offerCommands(app: JupyterFrontEnd, palette: ICommandPalette | null): void {
  for (const command of Object.values(CommandIds)) {
    palette?.addItem({ command, category: 'ACAI' });
  }
  app.contextMenu.addItem({
    command: CommandIds.openJob,
    selector: rowSelector('job'),
    rank: 1,
    args: { isAtPointer: true }
  });
  app.contextMenu.addItem({
    command: CommandIds.killJob,
    selector: rowSelector('job'),
    rank: 2,
    args: { isAtPointer: true }
  });
  app.contextMenu.addItem({
    command: CommandIds.retryJob,
    selector: rowSelector('job'),
    rank: 3,
    args: { isAtPointer: true }
  });
}

async function kill(jobs: IJobs, number: number): Promise<void> {
  const job = jobs.get(number);
  const { button } = await showDialog({
    title: `Kill job ${job === undefined ? number : title(job)}?`,
    body: 'It ends as KILLED. What it wrote to its output folder so far is kept with the job.',
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Kill' })]
  });
  if (button.accept) {
    await told(jobs.kill(number));
  }
}

/** The commands: what every panel, menu and notification calls. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog, type ICommandPalette } from '@jupyterlab/apputils';
import { launchIcon, refreshIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { messageOf } from './api';
import { title } from './format';
import type { IJobs } from './tokens';
import { isEnded } from './wire';

export const CommandIds = {
  openJob: 'acai:open-job',
  killJob: 'acai:kill-job',
  retryJob: 'acai:retry-job',
  refresh: 'acai:refresh'
} as const;

const ROW = '.acai-Jobs-row[data-job-number]';
const JOB_ARGUMENTS = {
  args: {
    type: 'object',
    properties: {
      number: { type: 'number', description: 'The number of the job; it is asked for if it is not given.' },
      isAtPointer: { type: 'boolean', description: 'Take the job on which the context menu was opened.' }
    }
  }
};

/** Add the commands; `open` shows a job in a tab. */
export function addCommands(app: JupyterFrontEnd, jobs: IJobs, open: (number: number) => void): void {
  app.commands.addCommand(CommandIds.openJob, {
    label: args => (args.isAtPointer ? 'Open in a Tab' : 'Open a Job…'),
    icon: launchIcon,
    describedBy: JOB_ARGUMENTS,
    execute: async args => {
      const number = await jobNumber(app, args, 'Open a job');
      if (number !== null) {
        open(number);
      }
    }
  });
  app.commands.addCommand(CommandIds.killJob, {
    label: args => (args.isAtPointer ? 'Kill' : 'Kill a Job…'),
    icon: stopIcon,
    describedBy: JOB_ARGUMENTS,
    isEnabled: args => {
      const number = givenNumber(app, args);
      const job = number === null ? undefined : jobs.get(number);
      return job === undefined || !isEnded(job);
    },
    execute: async args => {
      const number = await jobNumber(app, args, 'Kill a job');
      if (number !== null) {
        await kill(jobs, number);
      }
    }
  });
  app.commands.addCommand(CommandIds.retryJob, {
    label: args => (args.isAtPointer ? 'Retry' : 'Retry a Job…'),
    caption: 'Submit the same job again, to go on from what it had written',
    icon: runIcon,
    describedBy: JOB_ARGUMENTS,
    isEnabled: args => {
      const number = givenNumber(app, args);
      const job = number === null ? undefined : jobs.get(number);
      return job === undefined || isEnded(job);
    },
    execute: async args => {
      const number = await jobNumber(app, args, 'Retry a job');
      if (number !== null) {
        await retry(jobs, number, open);
      }
    }
  });
  app.commands.addCommand(CommandIds.refresh, {
    label: 'Refresh Jobs',
    caption: 'Read the list of jobs again',
    icon: args => (args.toolbar ? refreshIcon : undefined),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      jobs.refresh();
    }
  });
}

/** Put the commands into the palette and into the context menu of jobs. */
export function offerCommands(app: JupyterFrontEnd, palette: ICommandPalette | null): void {
  for (const command of Object.values(CommandIds)) {
    palette?.addItem({ command, category: 'ACAI' });
  }
  app.contextMenu.addItem({ command: CommandIds.openJob, selector: ROW, rank: 1, args: { isAtPointer: true } });
  app.contextMenu.addItem({ command: CommandIds.killJob, selector: ROW, rank: 2, args: { isAtPointer: true } });
  app.contextMenu.addItem({ command: CommandIds.retryJob, selector: ROW, rank: 3, args: { isAtPointer: true } });
}

async function kill(jobs: IJobs, number: number): Promise<void> {
  const job = jobs.get(number);
  const { button } = await showDialog({
    title: `Kill job ${job === undefined ? number : title(job)}?`,
    body: 'It ends as KILLED. What it wrote to its output folder so far is kept with the job.',
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Kill' })]
  });
  if (!button.accept) {
    return;
  }
  try {
    await jobs.kill(number);
  } catch (error) {
    Notification.error(messageOf(error), { autoClose: 8000 });
  }
}

async function retry(jobs: IJobs, number: number, open: (number: number) => void): Promise<void> {
  try {
    open(await jobs.retry(number));
  } catch (error) {
    Notification.error(messageOf(error), { autoClose: 8000 });
  }
}

/** The job that a command is about: given, pointed at, or asked for; null where the user thought better of it. */
async function jobNumber(
  app: JupyterFrontEnd,
  args: ReadonlyPartialJSONObject,
  question: string
): Promise<number | null> {
  const given = givenNumber(app, args);
  if (given !== null) {
    return given;
  }
  return (await InputDialog.getNumber({ title: question, label: 'Number of the job' })).value;
}

function givenNumber(app: JupyterFrontEnd, args: ReadonlyPartialJSONObject): number | null {
  if (typeof args.number === 'number') {
    return args.number;
  }
  if (!args.isAtPointer) {
    return null;
  }
  const row = app.contextMenuHitTest(node => node.matches(ROW));
  return row === undefined ? null : Number(row.dataset.jobNumber);
}

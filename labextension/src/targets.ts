/** What a command is about: a job or a grid that is given by its number, pointed at, or asked for. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { messageOf } from './api';

export type Kind = 'job' | 'grid';

/** The rows of lists that are of this kind. */
export function rowSelector(kind: Kind): string {
  return `.acai-Jobs-row[data-${kind}-number]`;
}

/** The arguments of commands about something of this kind. */
export function targetArguments(kind: Kind): ReadonlyPartialJSONObject {
  return {
    args: {
      type: 'object',
      properties: {
        number: { type: 'number', description: `The number of the ${kind}; it is asked for if it is not given.` },
        isAtPointer: { type: 'boolean', description: `Take the ${kind} on which the context menu was opened.` }
      }
    }
  };
}

/** The number that is given or pointed at, null where it must be asked for. */
export function givenNumber(app: JupyterFrontEnd, args: ReadonlyPartialJSONObject, kind: Kind): number | null {
  if (typeof args.number === 'number') {
    return args.number;
  }
  if (!args.isAtPointer) {
    return null;
  }
  const row = app.contextMenuHitTest(node => node.matches(rowSelector(kind)));
  return row === undefined ? null : Number(row.dataset[`${kind}Number`]);
}

/** Do something with what a command is about, unless the user, asked for it, thinks better of it. */
export async function withNumber(
  app: JupyterFrontEnd,
  args: ReadonlyPartialJSONObject,
  kind: Kind,
  question: string,
  act: (number: number) => unknown
): Promise<void> {
  const number =
    givenNumber(app, args, kind) ??
    (await InputDialog.getNumber({ title: question, label: `Number of the ${kind}` })).value;
  if (number !== null) {
    await act(number);
  }
}

/** Where it is refused, that is told in one line. */
export async function told(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    Notification.error(messageOf(error), { autoClose: 8000 });
  }
}

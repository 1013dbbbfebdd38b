/** What the list of jobs and a job's details draw alike. */

import { runIcon, stopIcon, type LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { cost, counts, runtime, secondsRun } from '../format';
import { useNow } from '../hooks';
import type { Connection } from '../socket';
import { isEnded, type Grid, type Job } from '../wire';

/** The status of a job or a grid. */
export function Badge({ of }: { of: Pick<Job, 'status'> }): React.JSX.Element {
  return (
    <span className="acai-Badge" data-status={of.status}>
      {of.status}
    </span>
  );
}

const ENDS = ['FINISHED', 'FAILED', 'KILLED'] as const;

/** How many of a grid's rows have ended, each end in its colour. */
export function ProgressBar({ grid }: { grid: Grid }): React.JSX.Element {
  return (
    <div
      className="acai-ProgressBar"
      role="progressbar"
      aria-label={counts(grid)}
      aria-valuemin={0}
      aria-valuenow={grid.ended_count}
      aria-valuemax={grid.row_count}
      title={counts(grid)}
    >
      {ENDS.map(status => (
        <span
          key={status}
          data-status={status}
          style={{ width: `${(100 * (grid.counts[status] ?? 0)) / grid.row_count}%` }}
        />
      ))}
    </div>
  );
}

interface IconButtonProps {
  name: string;
  title: string;
  icon: LabIcon;
  onClick: () => void;
}

export function IconButton({ name, title, icon, onClick }: IconButtonProps): React.JSX.Element {
  return (
    <button className={`acai-Button acai-Job-${name}`} title={title} aria-label={title} onClick={onClick}>
      <icon.react tag="span" width="14px" />
    </button>
  );
}

interface Deed {
  title: string;
  isDisabled?: boolean;
  onClick: () => void;
}

interface EndButtonProps {
  of: Pick<Job, 'status'>;
  kill: Deed;
  retry: Deed;
}

/** The one button of a status line: it ends what has not ended, and tries again what failed or was killed. */
export function EndButton({ of, kill, retry }: EndButtonProps): React.JSX.Element | null {
  if (of.status === 'FINISHED') {
    return null;
  }
  const [name, label, icon, deed] = isEnded(of)
    ? (['retry', 'Retry', runIcon, retry] as const)
    : (['kill', 'Kill', stopIcon, kill] as const);
  return (
    <button
      key={name}
      className={`acai-Button acai-Job-${name}`}
      title={deed.title}
      disabled={deed.isDisabled}
      onClick={deed.onClick}
    >
      <icon.react tag="span" width="14px" /> {label}
    </button>
  );
}

/** How long the job has run; it ticks while the job does. Nothing for a job that never ran. */
export function Runtime({ job }: { job: Job }): React.JSX.Element | null {
  const now = useNow(job.status === 'RUNNING');
  const seconds = secondsRun(job, now);
  if (seconds === null) {
    return null;
  }
  // While it runs, a tenth of a second is noise.
  const shown = isEnded(job) ? seconds : Math.floor(seconds);
  return <span className="acai-Runtime">{isEnded(job) || shown >= 10 ? runtime(shown) : `${shown}s`}</span>;
}

export function Cost({ job }: { job: Job }): React.JSX.Element | null {
  return job.cost === null ? null : <span className="acai-Cost">{cost(job.cost)}</span>;
}

/** One line about what went wrong. */
export function ErrorLine({ message }: { message: string }): React.JSX.Element {
  return (
    <p className="acai-Error" role="alert">
      {message}
    </p>
  );
}

/** One line about a connection that does not stand; nothing about one that does. */
export function ConnectionLine({ connection }: { connection: Connection }): React.JSX.Element | null {
  if (connection.state === 'refused') {
    return <ErrorLine message={connection.message ?? 'The platform refused the connection.'} />;
  }
  if (connection.state !== 'reconnecting') {
    return null;
  }
  return (
    <p className="acai-Reconnecting" role="status" title={connection.message ?? ''}>
      Reconnecting…
    </p>
  );
}

/** What the list of jobs and a job's details draw alike. */

import * as React from 'react';

import { cost, runtime, secondsRun } from '../format';
import { useNow } from '../hooks';
import type { Connection } from '../socket';
import { isEnded, type Job } from '../wire';

export function Badge({ job }: { job: Job }): React.JSX.Element {
  return (
    <span className="acai-Badge" data-status={job.status}>
      {job.status}
    </span>
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

/** Draws one job: how it stands, what it was asked to do, and its live log. */

import { closeIcon, launchIcon, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { arrival, explanation, label } from '../../format';
import { useNow } from '../../hooks';
import type { KnownJob } from '../../tokens';
import { isEnded } from '../../wire';
import { Badge, EndButton, ErrorLine, IconButton } from '../parts';
import { Curves } from './curves';
import { Facts } from './facts';
import { LogView } from './log';
import type { JobModel } from './model';
import { UsageCurves } from './usage';

/** What can be done with the job of a number. */
export interface JobVerbs {
  kill: (number: number) => void;
  retry: (number: number) => void;
}

/** What can be done from here; where `open` or `close` is absent, there is no button for it. */
export interface JobActions extends JobVerbs {
  open?: (number: number) => void;
  close?: () => void;
}

export class JobBody extends VDomRenderer<JobModel | null> {
  constructor(
    model: JobModel | null,
    private readonly _actions: JobActions
  ) {
    super(model ?? undefined);
    this.addClass('acai-Job');
  }

  /** Also ends the log stream of its model. */
  override dispose(): void {
    this.model?.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element | null {
    return this.model === null ? null : <JobView key={this.model.number} model={this.model} actions={this._actions} />;
  }
}

interface ViewProps {
  model: JobModel;
  actions: JobActions;
}

export function JobView({ model, actions }: ViewProps): React.JSX.Element {
  const job = model.job;
  if (job === null) {
    return model.error === null ? (
      <p className="acai-Remark">Job {model.number} …</p>
    ) : (
      <ErrorLine message={model.error} />
    );
  }
  return (
    <div className="acai-Job-view" data-job-number={job.number} data-status={job.status}>
      <Header job={job} actions={actions} />
      <StatusLine job={job} actions={actions} />
      <div className="acai-Job-about">
        <Detail job={job} />
        <Facts job={job} />
        <UsageCurves samples={model.samples} />
        <Curves curves={model.curves} />
      </div>
      <LogView log={model.log} />
    </div>
  );
}

function Header({ job, actions }: { job: KnownJob; actions: JobActions }): React.JSX.Element {
  const { open, close } = actions;
  return (
    <header className="acai-Job-header">
      <h2 className="acai-Job-title" title={label(job)}>
        <span className="acai-Jobs-number">{job.number}</span> {label(job)}
      </h2>
      {open && (
        <IconButton
          name="open"
          title="Open in a tab"
          icon={launchIcon}
          onClick={() => {
            open(job.number);
          }}
        />
      )}
      {close && <IconButton name="close" title="Close the details" icon={closeIcon} onClick={close} />}
    </header>
  );
}

/** How the job stands, and the button that ends it or tries it again. */
function StatusLine({ job, actions }: { job: KnownJob; actions: JobActions }): React.JSX.Element {
  return (
    <div className="acai-Job-status" data-status={job.status}>
      <Badge of={job} />
      <span className="acai-Jobs-explanation">{explanation(job)}</span>
      <Arrival job={job} />
      <EndButton
        of={job}
        kill={{
          title: 'End this job',
          isDisabled: job.kill_requested,
          onClick: () => {
            actions.kill(job.number);
          }
        }}
        retry={{
          title: 'Submit the same job again, to go on from what it had written',
          onClick: () => {
            actions.retry(job.number);
          }
        }}
      />
    </div>
  );
}

/** When the job will end, as it is expected now. */
function Arrival({ job }: { job: KnownJob }): React.JSX.Element {
  const told = arrival(job, useNow(job.status === 'RUNNING' && job.eta !== null));
  return (
    <span className="acai-Job-arrival" data-late={job.late && !isEnded(job)}>
      {told}
    </span>
  );
}

/** What the platform has to say about how the job ended. */
function Detail({ job }: { job: KnownJob }): React.JSX.Element | null {
  if (job.detail === null || job.detail === explanation(job)) {
    return null;
  }
  return (
    <p className="acai-Job-detail" data-status={job.status}>
      {job.detail}
    </p>
  );
}

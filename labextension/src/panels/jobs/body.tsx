/** Draws the list of jobs. */

import { VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { explanation, label } from '../../format';
import type { KnownJob } from '../../tokens';
import { Badge, ConnectionLine, Cost, ErrorLine, Runtime } from '../parts';
import type { JobsModel, StatusFilter } from './model';

const FILTERS: readonly (readonly [StatusFilter, string])[] = [
  ['all', 'All'],
  ['unended', 'Not ended'],
  ['FINISHED', 'Finished'],
  ['FAILED', 'Failed'],
  ['KILLED', 'Killed']
];

export class JobsBody extends VDomRenderer<JobsModel> {
  /** `open` shows a job in a tab of its own. */
  constructor(
    model: JobsModel,
    private readonly _open: (number: number) => void
  ) {
    super(model);
    this.addClass('acai-Jobs');
  }

  protected override render(): React.JSX.Element {
    return <JobsView model={this.model} open={this._open} />;
  }
}

interface ViewProps {
  model: JobsModel;
  open: (number: number) => void;
}

export function JobsView({ model, open }: ViewProps): React.JSX.Element {
  return (
    <>
      <Filters model={model} />
      <ConnectionLine connection={model.connection} />
      {model.error !== null && model.connection.state !== 'refused' && <ErrorLine message={model.error} />}
      <div className="acai-Jobs-scroller">
        <JobList model={model} open={open} />
        <Remark model={model} />
        {model.hasMore && (
          <button
            className="acai-Button acai-Jobs-more"
            onClick={() => {
              model.loadMore();
            }}
          >
            Load more
          </button>
        )}
      </div>
    </>
  );
}

function Filters({ model }: { model: JobsModel }): React.JSX.Element {
  return (
    <div className="acai-Jobs-filters" role="search">
      <input
        className="acai-Jobs-text"
        type="search"
        placeholder="Filter jobs"
        aria-label="Filter jobs by number, name, command, creator or file set"
        value={model.text}
        onChange={event => {
          model.text = event.target.value;
        }}
      />
      <select
        className="acai-Jobs-status"
        aria-label="Filter jobs by status"
        value={model.status}
        onChange={event => {
          model.status = event.target.value as StatusFilter;
        }}
      >
        {FILTERS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The one sentence of a list without rows. */
function Remark({ model }: { model: JobsModel }): React.JSX.Element | null {
  if (!model.isLoaded || model.visible.length > 0) {
    return null;
  }
  if (!model.isEmpty) {
    return <p className="acai-Remark">No job passes the filter.</p>;
  }
  return (
    <p className="acai-Remark">
      There are no jobs yet: begin a notebook cell with <code>%%acai submit</code> to run it as the first one.
    </p>
  );
}

/** A listbox with one stop of the tab key: arrows go from job to job, Enter or space selects. */
function JobList({ model, open }: ViewProps): React.JSX.Element {
  const jobs = model.visible;
  const [focused, setFocused] = React.useState<number | null>(null);
  const stop = [focused, model.selected].find(number => jobs.some(job => job.number === number)) ?? jobs[0]?.number;

  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    if (stop === undefined) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      model.selected = stop;
    } else {
      const next = rowAfterKey(event.key, jobs, stop);
      if (next === undefined) {
        return;
      }
      event.currentTarget.querySelector<HTMLElement>(`[data-job-number="${next.number}"]`)?.focus();
    }
    event.preventDefault();
  };

  return (
    <ul className="acai-Jobs-list" role="listbox" aria-label="Jobs" onKeyDown={onKeyDown}>
      {jobs.map(job => (
        <Row
          key={job.number}
          job={job}
          isSelected={job.number === model.selected}
          isStop={job.number === stop}
          onFocus={() => {
            setFocused(job.number);
          }}
          onSelect={() => {
            model.selected = job.number;
          }}
          onOpen={() => {
            open(job.number);
          }}
        />
      ))}
    </ul>
  );
}

/** The row to which a key moves; undefined for a key that moves nowhere. */
function rowAfterKey(key: string, jobs: readonly KnownJob[], from: number): KnownJob | undefined {
  const index = jobs.findIndex(job => job.number === from);
  const targets: Record<string, number> = {
    ArrowDown: Math.min(index + 1, jobs.length - 1),
    ArrowUp: Math.max(index - 1, 0),
    Home: 0,
    End: jobs.length - 1
  };
  const target = targets[key];
  return target === undefined ? undefined : jobs[target];
}

interface RowProps {
  job: KnownJob;
  isSelected: boolean;
  isStop: boolean;
  onFocus: () => void;
  onSelect: () => void;
  onOpen: () => void;
}

function Row({ job, isSelected, isStop, onFocus, onSelect, onOpen }: RowProps): React.JSX.Element {
  return (
    <li
      className="acai-Jobs-row"
      role="option"
      aria-selected={isSelected}
      tabIndex={isStop ? 0 : -1}
      data-job-number={job.number}
      data-status={job.status}
      data-progress={job.progress ?? undefined}
      onFocus={onFocus}
      onClick={onSelect}
      onDoubleClick={onOpen}
    >
      <span className="acai-Jobs-number">{job.number}</span>
      <span className="acai-Jobs-line">
        <span className="acai-Jobs-name" title={label(job)}>
          {label(job)}
        </span>
        <Badge job={job} />
      </span>
      <span className="acai-Jobs-line acai-Jobs-facts">
        <span className="acai-Jobs-explanation">{explanation(job)}</span>
        <Runtime job={job} />
        <Cost job={job} />
      </span>
    </li>
  );
}

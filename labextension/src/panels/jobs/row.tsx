/** Draws a row of the list: a job, or a grid with how far its jobs are. */

import * as React from 'react';

import { arrivalRange, cost, counts, explanation, label } from '../../format';
import { useNow } from '../../hooks';
import type { KnownJob } from '../../tokens';
import type { Grid } from '../../wire';
import { Badge, Cost, ProgressBar, Runtime } from '../parts';
import type { Entry } from './model';

export interface RowProps {
  name: string;
  entry: Entry;
  isSelected: boolean;
  isStop: boolean;
  onFocus: () => void;
  onSelect: () => void;
  onOpen: () => void;
}

export function Row({ name, entry, isSelected, isStop, onFocus, onSelect, onOpen }: RowProps): React.JSX.Element {
  const { kind, item } = entry;
  return (
    <li
      className="acai-Jobs-row"
      role="option"
      aria-selected={isSelected}
      tabIndex={isStop ? 0 : -1}
      data-key={name}
      data-job-number={kind === 'job' ? item.number : undefined}
      data-grid-number={kind === 'grid' ? item.number : undefined}
      data-status={item.status}
      data-progress={kind === 'job' ? (item.progress ?? undefined) : undefined}
      onFocus={onFocus}
      onClick={onSelect}
      onDoubleClick={onOpen}
    >
      {kind === 'job' ? <JobLines job={item} /> : <GridLines grid={item} />}
    </li>
  );
}

function JobLines({ job }: { job: KnownJob }): React.JSX.Element {
  return (
    <>
      <span className="acai-Jobs-number">{job.number}</span>
      <span className="acai-Jobs-line">
        <span className="acai-Jobs-name" title={label(job)}>
          {label(job)}
        </span>
        <Badge of={job} />
      </span>
      <span className="acai-Jobs-line acai-Jobs-facts">
        <span className="acai-Jobs-explanation">{explanation(job)}</span>
        <Arrival job={job} />
        <Runtime job={job} />
        <Cost job={job} />
      </span>
    </>
  );
}

/** When a running job will end, or that it will be too late. */
function Arrival({ job }: { job: KnownJob }): React.JSX.Element | null {
  const isLate = job.status === 'RUNNING' && job.late;
  const range = arrivalRange(job, useNow(job.status === 'RUNNING' && job.eta !== null));
  if (range === '' && !isLate) {
    return null;
  }
  return (
    <span
      className="acai-Jobs-arrival"
      data-late={isLate}
      title={isLate ? 'It is expected to miss its bound' : undefined}
    >
      {isLate ? ['late', range].filter(Boolean).join(': ') : range}
    </span>
  );
}

function GridLines({ grid }: { grid: Grid }): React.JSX.Element {
  return (
    <>
      <span className="acai-Jobs-number" title={`Grid ${grid.number}`}>
        ▦
      </span>
      <span className="acai-Jobs-line">
        <span className="acai-Jobs-name" title={label(grid)}>
          Grid {grid.number} {label(grid)}
        </span>
        <Badge of={grid} />
      </span>
      <span className="acai-Jobs-line acai-Jobs-facts">
        <span className="acai-Jobs-explanation">{counts(grid)}</span>
        {grid.late_count > 0 && (
          <span className="acai-Jobs-arrival" data-late={true}>
            {grid.late_count} late
          </span>
        )}
        <span className="acai-Cost">{cost(grid.cost)}</span>
      </span>
      <ProgressBar grid={grid} />
    </>
  );
}

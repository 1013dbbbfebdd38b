/** The table of a grid: status, arguments, metrics, runtime and cost of every row's job. */

import * as React from 'react';

import { arrivalRange, explanation, value } from '../../format';
import { useNow } from '../../hooks';
import type { GridRow, Job, Value } from '../../wire';
import { Badge, Cost, Runtime } from '../parts';

/** So many columns of metrics are shown. */
const MOST_VALUES = 12;

export function GridTable({
  rows,
  open
}: {
  rows: readonly GridRow[];
  open: (job: number) => void;
}): React.JSX.Element {
  const names = namesIn(rows.map(row => row.arguments));
  const keys = namesIn(rows.map(row => row.values)).slice(0, MOST_VALUES);
  return (
    <table className="acai-Grid-table">
      <thead>
        <tr>
          <th scope="col">Job</th>
          <th scope="col">Status</th>
          {names.map(name => (
            <th scope="col" key={`arg.${name}`} className="acai-Grid-argument">
              {name}
            </th>
          ))}
          {keys.map(key => (
            <th scope="col" key={key} className="acai-Grid-value">
              {key}
            </th>
          ))}
          <th scope="col">Runtime</th>
          <th scope="col">Cost</th>
          <th scope="col">Output</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Row key={row.row} row={row} names={names} keys={keys} open={open} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  row: GridRow;
  names: readonly string[];
  keys: readonly string[];
  open: (job: number) => void;
}

function Row({ row, names, keys, open }: RowProps): React.JSX.Element {
  const { job } = row;
  const now = useNow(job.status === 'RUNNING' && job.eta !== null);
  return (
    <tr data-row={row.row} data-status={job.status}>
      <td className="acai-Jobs-number">
        <button
          className="acai-Grid-link"
          title={`Open job ${job.number} in a tab`}
          onClick={() => {
            open(job.number);
          }}
        >
          {job.number}
        </button>
      </td>
      <td>
        <Badge of={job} /> <span className="acai-Jobs-explanation">{remark(job, now)}</span>
      </td>
      {names.map(name => (
        <Cell key={`arg.${name}`} given={row.arguments[name]} />
      ))}
      {keys.map(key => (
        <Cell key={key} given={row.values[key]} />
      ))}
      <td className="acai-Grid-number">
        <Runtime job={job} />
      </td>
      <td className="acai-Grid-number">
        <Cost job={job} />
      </td>
      <td>{job.output_version}</td>
    </tr>
  );
}

/** Why it ended, or when it will. */
function remark(job: Job, now: number): string {
  const told = [explanation(job), arrivalRange(job, now), job.late ? 'misses its bound' : ''];
  return told.filter(Boolean).join(' · ');
}

function Cell({ given }: { given: Value | undefined }): React.JSX.Element {
  const isNumber = typeof given === 'number' || (typeof given === 'object' && 'number' in given);
  return <td className={isNumber ? 'acai-Grid-number' : ''}>{given === undefined ? '' : value(given)}</td>;
}

/** All keys, in the order in which they first come. */
function namesIn(records: readonly Record<string, Value>[]): string[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))];
}

/** The table of a grid: status, arguments, metrics, runtime and cost of every row's job. */

import * as React from 'react';

import { arrivalRange, explanation, value, wholeValue } from '../../format';
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
  const hasOutput = rows.some(row => row.job.output_version !== null);
  return (
    <table className="acai-Grid-table">
      <thead>
        <tr>
          <th scope="col" className="acai-Grid-number">
            Job
          </th>
          <th scope="col">Status</th>
          {names.map(name => (
            <th scope="col" key={`arg.${name}`} className={side(rows, row => row.arguments[name])}>
              {name}
            </th>
          ))}
          {keys.map(key => (
            <th scope="col" key={key} className={side(rows, row => row.values[key])}>
              {key}
            </th>
          ))}
          <th scope="col" className="acai-Grid-number">
            Runtime
          </th>
          <th scope="col" className="acai-Grid-number">
            Cost
          </th>
          {hasOutput && <th scope="col">Output</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Row key={row.row} row={row} names={names} keys={keys} hasOutput={hasOutput} open={open} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  row: GridRow;
  names: readonly string[];
  keys: readonly string[];
  hasOutput: boolean;
  open: (job: number) => void;
}

function Row({ row, names, keys, hasOutput, open }: RowProps): React.JSX.Element {
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
      {hasOutput && <td>{job.output_version}</td>}
    </tr>
  );
}

/** Why it ended, or when it will. */
function remark(job: Job, now: number): string {
  const told = [explanation(job), arrivalRange(job, now), job.late ? 'misses its bound' : ''];
  return told.filter(Boolean).join(' · ');
}

function Cell({ given }: { given: Value | undefined }): React.JSX.Element {
  if (given === undefined) {
    return <td className={classOf(given)} />;
  }
  return (
    <td className={classOf(given)} title={wholeValue(given)}>
      {value(given)}
    </td>
  );
}

/** Numbers stand at the right, so that they can be compared. */
function classOf(given: Value | undefined): string {
  const isNumber = typeof given === 'number' || (typeof given === 'object' && 'number' in given);
  return isNumber ? 'acai-Grid-number' : '';
}

/** A heading stands where its values do. */
function side(rows: readonly GridRow[], pick: (row: GridRow) => Value | undefined): string {
  return classOf(rows.map(pick).find(given => given !== undefined));
}

/** All keys, in the order in which they first come. */
function namesIn(records: readonly Record<string, Value>[]): string[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))];
}

/** Draws the list of jobs and grids. */

import { VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ConnectionLine, ErrorLine } from '../parts';
import type { Entry, JobsModel, Place, StatusFilter } from './model';
import { Row } from './row';

const FILTERS: readonly (readonly [StatusFilter, string])[] = [
  ['all', 'All'],
  ['unended', 'Not ended'],
  ['FINISHED', 'Finished'],
  ['FAILED', 'Failed'],
  ['KILLED', 'Killed']
];

export class JobsBody extends VDomRenderer<JobsModel> {
  /** `open` shows a job or a grid in a tab of its own. */
  constructor(
    model: JobsModel,
    private readonly _open: (place: Place) => void
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
  open: (place: Place) => void;
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
    const none = model.hasMore
      ? `None of the newest ${model.loadedCount} passes the filter; there are older ones.`
      : 'No job passes the filter.';
    return <p className="acai-Remark">{none}</p>;
  }
  return (
    <p className="acai-Remark">
      There are no jobs yet: begin a notebook cell with <code>%%acai submit</code> to run it as the first one.
    </p>
  );
}

/** A listbox with one stop of the tab key: arrows go from row to row, Enter or space selects. */
function JobList({ model, open }: ViewProps): React.JSX.Element {
  const entries = model.visible;
  const [focused, setFocused] = React.useState<string | null>(null);
  const selected = model.selected === null ? null : keyOf(model.selected);
  const stop = entries.find(isOf(focused)) ?? entries.find(isOf(selected)) ?? entries[0];

  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    if (stop === undefined) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      model.selected = placeOf(stop);
    } else {
      const next = rowAfterKey(event.key, entries, stop);
      if (next === undefined) {
        return;
      }
      event.currentTarget.querySelector<HTMLElement>(`[data-key="${keyOf(placeOf(next))}"]`)?.focus();
    }
    event.preventDefault();
  };

  return (
    <ul className="acai-Jobs-list" role="listbox" aria-label="Jobs" onKeyDown={onKeyDown}>
      {entries.map(entry => {
        const place = placeOf(entry);
        const key = keyOf(place);
        return (
          <Row
            key={key}
            name={key}
            entry={entry}
            isSelected={key === selected}
            isStop={entry === stop}
            onFocus={() => {
              setFocused(key);
            }}
            onSelect={() => {
              model.selected = place;
            }}
            onOpen={() => {
              open(place);
            }}
          />
        );
      })}
    </ul>
  );
}

function placeOf(entry: Entry): Place {
  return { kind: entry.kind, number: entry.item.number };
}

function keyOf({ kind, number }: Place): string {
  return `${kind}-${number}`;
}

function isOf(key: string | null): (entry: Entry) => boolean {
  return entry => keyOf(placeOf(entry)) === key;
}

/** The row to which a key moves; undefined for a key that moves nowhere. */
function rowAfterKey(key: string, entries: readonly Entry[], from: Entry): Entry | undefined {
  const index = entries.indexOf(from);
  const targets: Record<string, number> = {
    ArrowDown: Math.min(index + 1, entries.length - 1),
    ArrowUp: Math.max(index - 1, 0),
    Home: 0,
    End: entries.length - 1
  };
  const target = targets[key];
  return target === undefined ? undefined : entries[target];
}

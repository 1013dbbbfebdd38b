/** Draws one grid: how it stands, what can be done with all of it, and its table. */

import { closeIcon, launchIcon, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { cost, counts, gridTitle, label, runtime } from '../../format';
import type { Grid } from '../../wire';
import { Badge, EndButton, ErrorLine, IconButton, ProgressBar } from '../parts';
import type { GridModel } from './model';
import { GridTable } from './table';

/** What can be done with the grid of a number. */
export interface GridVerbs {
  killGrid: (number: number) => void;
  retryGrid: (number: number) => void;
}

/** What can be done from here; where `openGrid` or `close` is absent, there is no button for it. */
export interface GridActions extends GridVerbs {
  /** Show a job in a tab of its own. */
  open: (job: number) => void;
  openGrid?: (number: number) => void;
  close?: () => void;
}

export class GridBody extends VDomRenderer<GridModel | null> {
  constructor(
    model: GridModel | null,
    private readonly _actions: GridActions
  ) {
    super(model ?? undefined);
    this.addClass('acai-Job');
    this.addClass('acai-Grid');
  }

  override dispose(): void {
    this.model?.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element | null {
    return this.model === null ? null : <GridView key={this.model.number} model={this.model} actions={this._actions} />;
  }
}

interface ViewProps {
  model: GridModel;
  actions: GridActions;
}

export function GridView({ model, actions }: ViewProps): React.JSX.Element {
  const grid = model.grid;
  if (grid === null) {
    return model.error === null ? (
      <p className="acai-Remark">Grid {model.number} …</p>
    ) : (
      <ErrorLine message={model.error} />
    );
  }
  return (
    <div className="acai-Job-view" data-grid-number={grid.number} data-status={grid.status}>
      <Header grid={grid} actions={actions} />
      <StatusLine grid={grid} actions={actions} />
      <ProgressBar grid={grid} />
      {model.error !== null && <ErrorLine message={model.error} />}
      <div className="acai-Grid-scroller">
        <GridTable rows={model.rows} open={actions.open} />
        {model.hasMore && (
          <button
            className="acai-Button acai-Jobs-more"
            onClick={() => {
              model.showMore();
            }}
          >
            Show more rows
          </button>
        )}
      </div>
    </div>
  );
}

function Header({ grid, actions }: { grid: Grid; actions: GridActions }): React.JSX.Element {
  const { openGrid, close } = actions;
  return (
    <header className="acai-Job-header">
      <h2 className="acai-Job-title" title={label(grid)}>
        {gridTitle(grid)}
      </h2>
      {openGrid && (
        <IconButton
          name="open"
          title="Open in a tab"
          icon={launchIcon}
          onClick={() => {
            openGrid(grid.number);
          }}
        />
      )}
      {close && <IconButton name="close" title="Close the grid" icon={closeIcon} onClick={close} />}
    </header>
  );
}

/** How the grid stands, and the button that ends all of it or tries again what failed. */
function StatusLine({ grid, actions }: { grid: Grid; actions: GridActions }): React.JSX.Element {
  const late = grid.late_count > 0 ? ` · ${grid.late_count} late` : '';
  return (
    <div className="acai-Job-status" data-status={grid.status}>
      <Badge of={grid} />
      <span className="acai-Jobs-explanation">
        {counts(grid)}
        {late} · {runtime(grid.runtime)} · {cost(grid.cost)}
      </span>
      <EndButton
        of={grid}
        kill={{
          title: 'End all jobs of this grid',
          onClick: () => {
            actions.killGrid(grid.number);
          }
        }}
        retry={{
          title: 'Submit what failed or was killed again; the rest stays',
          onClick: () => {
            actions.retryGrid(grid.number);
          }
        }}
      />
    </div>
  );
}

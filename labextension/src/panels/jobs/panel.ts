/** The section of the sidebar: the list of jobs, and below it the details of the selected one. */

import { PanelWithToolbar } from '@jupyterlab/ui-components';
import { SplitPanel, type Widget } from '@lumino/widgets';

import type { IGrids, IJobs } from '../../tokens';
import { GridBody, type GridVerbs } from '../grid/body';
import { GridModel } from '../grid/model';
import { JobBody, type JobVerbs } from '../job/body';
import { JobModel } from '../job/model';
import { JobsBody } from './body';
import { JobsModel, type Place } from './model';

export interface JobsPanelActions extends JobVerbs, GridVerbs {
  /** Show the job in a tab of its own. */
  open: (number: number) => void;
  /** Show the grid in a tab of its own. */
  openGrid: (number: number) => void;
}

export class JobsPanel extends PanelWithToolbar {
  constructor(
    private readonly _jobs: IJobs,
    private readonly _grids: IGrids,
    actions: JobsPanelActions
  ) {
    super();
    this.addClass('acai-JobsPanel');
    this.title.label = 'Jobs';
    this.model = new JobsModel(_jobs, _grids);
    const close = (): void => {
      this.model.selected = null;
    };
    this._job = new JobBody(null, { kill: actions.kill, retry: actions.retry, open: actions.open, close });
    this._grid = new GridBody(null, { ...actions, close });
    this._split.addClass('acai-JobsPanel-split');
    const list = new JobsBody(this.model, ({ kind, number }) => {
      (kind === 'job' ? actions.open : actions.openGrid)(number);
    });
    [list, this._job, this._grid].forEach(widget => {
      this._split.addWidget(widget);
    });
    this._details.forEach(details => {
      details.hide();
    });
    this.addWidget(this._split);
    this.model.stateChanged.connect(this._showSelected, this);
  }

  readonly model: JobsModel;

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  private _showSelected(): void {
    const selected = this.model.selected;
    if (selected?.kind === this._shown?.kind && selected?.number === this._shown?.number) {
      return;
    }
    this._shown = selected;
    const before = [this._job.model, this._grid.model];
    this._job.model = selected?.kind === 'job' ? new JobModel(selected.number, this._jobs) : null;
    this._grid.model = selected?.kind === 'grid' ? new GridModel(selected.number, this._grids) : null;
    before.forEach(model => model?.dispose());
    this._reveal(selected === null ? null : selected.kind === 'job' ? this._job : this._grid);
  }

  /** Show this one of the details, with the height that they had before. */
  private _reveal(wanted: Widget | null): void {
    const visible = this._details.find(details => !details.isHidden) ?? null;
    if (visible === wanted) {
      return;
    }
    if (visible !== null) {
      const [list = 2, ...sizes] = this._split.relativeSizes();
      this._shares = [list, Math.max(...sizes)];
      visible.hide();
    }
    wanted?.show();
    if (wanted !== null) {
      const [list, details] = this._shares;
      this._split.setRelativeSizes([list, ...this._details.map(each => (each === wanted ? details : 0))]);
    }
  }

  private get _details(): readonly Widget[] {
    return [this._job, this._grid];
  }

  private readonly _split = new SplitPanel({ orientation: 'vertical', spacing: 1 });
  /** How list and details share the height, as the user left it. */
  private _shares: [number, number] = [2, 3];
  private _shown: Place | null = null;
  private readonly _job: JobBody;
  private readonly _grid: GridBody;
}

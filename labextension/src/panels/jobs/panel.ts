/** The section of the sidebar: the list of jobs, and below it the details of the selected one. */

import { PanelWithToolbar } from '@jupyterlab/ui-components';
import { SplitPanel } from '@lumino/widgets';

import type { IJobs } from '../../tokens';
import { JobBody, type JobVerbs } from '../job/body';
import { JobModel } from '../job/model';
import { JobsBody } from './body';
import { JobsModel } from './model';

export interface JobsPanelActions extends JobVerbs {
  /** Show the job in a tab of its own. */
  open: (number: number) => void;
}

export class JobsPanel extends PanelWithToolbar {
  constructor(
    private readonly _jobs: IJobs,
    actions: JobsPanelActions
  ) {
    super();
    this.addClass('acai-JobsPanel');
    this.title.label = 'Jobs';
    this.model = new JobsModel(_jobs);
    const close = (): void => {
      this.model.selected = null;
    };
    this._details = new JobBody(null, { ...actions, close });
    this._details.hide();
    this._split.addClass('acai-JobsPanel-split');
    this._split.addWidget(new JobsBody(this.model, actions.open));
    this._split.addWidget(this._details);
    this.addWidget(this._split);
    this.model.stateChanged.connect(this._showSelected, this);
  }

  readonly model: JobsModel;

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  private _showSelected(): void {
    const shown = this._details.model;
    const selected = this.model.selected;
    if (selected === (shown?.number ?? null)) {
      return;
    }
    this._details.model = selected === null ? null : new JobModel(selected, this._jobs);
    shown?.dispose();
    if (selected === null) {
      this._shares = this._split.relativeSizes();
      this._details.hide();
    } else if (this._details.isHidden) {
      this._details.show();
      this._split.setRelativeSizes(this._shares);
    }
  }

  private readonly _split = new SplitPanel({ orientation: 'vertical', spacing: 1 });
  /** How list and details share the height, as the user left it. */
  private _shares = [2, 3];
  private readonly _details: JobBody;
}

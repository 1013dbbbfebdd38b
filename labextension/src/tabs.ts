/** Jobs and grids in tabs of the main area: one tab each, and the same tabs after the page was loaded again. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { gridTitle, title } from './format';
import { acaiIcon } from './icons';
import { GridBody, type GridActions } from './panels/grid/body';
import { GridModel } from './panels/grid/model';
import { JobBody, type JobVerbs } from './panels/job/body';
import { JobModel } from './panels/job/model';
import type { IGrids, IJobs } from './tokens';

/** What can be shown in a tab: it has a number, and tells when it is not what it was. */
interface Numbered {
  readonly number: number;
  readonly stateChanged: ISignal<unknown, void>;
}

/** What a tab is called, and what more there is to say of it. */
type Named = readonly [label: string, caption: string];

interface Kind<Model extends Numbered, Body extends Widget> {
  name: 'job' | 'grid';
  model: (number: number) => Model;
  body: (model: Model) => Body;
  named: (model: Model) => Named;
}

export class Tabs<Model extends Numbered, Body extends Widget & { model: Model | null }> {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _kind: Kind<Model, Body>
  ) {
    this._tracker = new WidgetTracker({ namespace: `acai-${_kind.name}s` });
  }

  /** Show the tab of a number, a new one if there is none. */
  open(number: number): void {
    const tab = this._tracker.find(widget => widget.id === this._idOf(number)) ?? this._add(number);
    this._app.shell.activateById(tab.id);
  }

  /** Bring back the tabs of the last time; `command` opens one. */
  restore(restorer: ILayoutRestorer, command: string): void {
    void restorer.restore(this._tracker, {
      command,
      args: tab => ({ number: tab.content.model?.number ?? null }),
      name: tab => tab.id
    });
  }

  private _add(number: number): MainAreaWidget<Body> {
    const model = this._kind.model(number);
    const tab = new MainAreaWidget({ content: this._kind.body(model) });
    tab.toolbar.hide();
    tab.id = this._idOf(number);
    tab.title.icon = acaiIcon;
    tab.title.closable = true;
    const name = (): void => {
      [tab.title.label, tab.title.caption] = this._kind.named(model);
    };
    name();
    model.stateChanged.connect(name);
    void this._tracker.add(tab);
    this._app.shell.add(tab, 'main');
    return tab;
  }

  private _idOf(number: number): string {
    return `acai-${this._kind.name}-${number}`;
  }

  private readonly _tracker: WidgetTracker<MainAreaWidget<Body>>;
}

export function jobTabs(app: JupyterFrontEnd, jobs: IJobs, verbs: JobVerbs): Tabs<JobModel, JobBody> {
  return new Tabs<JobModel, JobBody>(app, {
    name: 'job',
    model: number => new JobModel(number, jobs),
    body: model => new JobBody(model, verbs),
    named: ({ number, job }) =>
      job === null ? [`Job ${number}`, ''] : [title(job), `Job ${title(job)}: ${job.status}`]
  });
}

export function gridTabs(app: JupyterFrontEnd, grids: IGrids, actions: GridActions): Tabs<GridModel, GridBody> {
  return new Tabs<GridModel, GridBody>(app, {
    name: 'grid',
    model: number => new GridModel(number, grids),
    body: model => new GridBody(model, actions),
    named: ({ number, grid }) =>
      grid === null ? [`Grid ${number}`, ''] : [gridTitle(grid), `${gridTitle(grid)}: ${grid.status}`]
  });
}

/** Jobs in tabs of the main area: one tab a job, and the same tabs after the page was loaded again. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';

import { title } from './format';
import { acaiIcon } from './icons';
import { JobBody, type JobVerbs } from './panels/job/body';
import { JobModel } from './panels/job/model';
import type { IJobs } from './tokens';

type JobTab = MainAreaWidget<JobBody>;

export class JobTabs {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _jobs: IJobs,
    private readonly _verbs: JobVerbs
  ) {}

  /** Show the tab of a job, a new one if there is none. */
  open(number: number): void {
    const tab = this._tracker.find(widget => widget.id === idOf(number)) ?? this._add(number);
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

  private _add(number: number): JobTab {
    const model = new JobModel(number, this._jobs);
    const tab = new MainAreaWidget({ content: new JobBody(model, this._verbs) });
    tab.toolbar.hide();
    tab.id = idOf(number);
    tab.title.icon = acaiIcon;
    tab.title.closable = true;
    const name = (): void => {
      tab.title.label = model.job === null ? `Job ${number}` : title(model.job);
      tab.title.caption = model.job === null ? '' : `Job ${tab.title.label}: ${model.job.status}`;
    };
    name();
    model.stateChanged.connect(name);
    void this._tracker.add(tab);
    this._app.shell.add(tab, 'main');
    return tab;
  }

  private readonly _tracker = new WidgetTracker<JobTab>({ namespace: 'acai-jobs' });
}

function idOf(number: number): string {
  return `acai-job-${number}`;
}

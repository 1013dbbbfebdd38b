/** The plugins of the extension: all the wiring, and nothing else. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CommandToolbarButton, ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { Api } from './api';
import { addCommands, CommandIds, offerCommands } from './commands';
import { EventStream } from './events';
import { EndedNotifications, type Wanted } from './notifications';
import type { JobVerbs } from './panels/job/body';
import { JobsPanel } from './panels/jobs/panel';
import { Jobs } from './service';
import { Sidebar } from './sidebar';
import { JobTabs } from './tabs';
import { IJobs } from './tokens';

const SETTING = 'notifyEndedJobs';

function jobVerbs(app: JupyterFrontEnd): JobVerbs {
  return {
    kill: number => void app.commands.execute(CommandIds.killJob, { number }),
    retry: number => void app.commands.execute(CommandIds.retryJob, { number })
  };
}

const jobs: JupyterFrontEndPlugin<IJobs> = {
  id: 'acai-jupyter:jobs',
  description: 'Provides the live jobs of the ACAI project.',
  autoStart: true,
  provides: IJobs,
  activate: (app: JupyterFrontEnd) => {
    const api = new Api(app.serviceManager.serverSettings);
    const service = new Jobs(api, new EventStream(api));
    service.start();
    return service;
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: 'acai-jupyter:commands',
  description: 'Adds the commands of ACAI, and jobs in tabs of the main area.',
  autoStart: true,
  requires: [IJobs],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (app: JupyterFrontEnd, jobs: IJobs, palette: ICommandPalette | null, restorer: ILayoutRestorer | null) => {
    const tabs = new JobTabs(app, jobs, jobVerbs(app));
    addCommands(app, jobs, number => {
      tabs.open(number);
    });
    offerCommands(app, palette);
    if (restorer !== null) {
      tabs.restore(restorer, CommandIds.openJob);
    }
  }
};

const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'acai-jupyter:sidebar',
  description: 'Adds the sidebar of ACAI.',
  autoStart: true,
  requires: [IJobs],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, jobs: IJobs, restorer: ILayoutRestorer | null) => {
    const panel = new JobsPanel(jobs, {
      ...jobVerbs(app),
      open: number => void app.commands.execute(CommandIds.openJob, { number })
    });
    const refresh = new CommandToolbarButton({
      commands: app.commands,
      id: CommandIds.refresh,
      label: '',
      args: { toolbar: true }
    });
    panel.toolbar.addItem('refresh', refresh);
    const widget = new Sidebar();
    widget.addWidget(panel);
    app.shell.add(widget, 'left', { rank: 150 });
    restorer?.add(widget, widget.id);
  }
};

const notifications: JupyterFrontEndPlugin<void> = {
  id: 'acai-jupyter:notifications',
  description: "Tells when the user's jobs end.",
  autoStart: true,
  requires: [IJobs],
  optional: [ISettingRegistry],
  activate: async (app: JupyterFrontEnd, jobs: IJobs, registry: ISettingRegistry | null) => {
    const told = new EndedNotifications(jobs, number => void app.commands.execute(CommandIds.openJob, { number }));
    const settings = await registry?.load(notifications.id);
    const read = (): void => {
      told.wanted = (settings?.get(SETTING).composite ?? 'all') as Wanted;
    };
    read();
    settings?.changed.connect(read);
  }
};

export { IJobs } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [jobs, commands, sidebar, notifications];
export default plugins;

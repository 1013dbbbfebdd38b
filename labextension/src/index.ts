/** The plugins of the extension: all the wiring, and nothing else. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CommandToolbarButton, ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';

import { Api } from './api';
import { addCommands, CommandIds, offerCommands } from './commands';
import { EventStream } from './events';
import { addGridCommands, GridCommandIds, offerGridCommands } from './gridcommands';
import { Grids } from './grids';
import { EndedNotifications, type Wanted } from './notifications';
import type { GridVerbs } from './panels/grid/body';
import type { JobVerbs } from './panels/job/body';
import { JobsPanel } from './panels/jobs/panel';
import { Jobs } from './service';
import { Sidebar } from './sidebar';
import { gridTabs, jobTabs } from './tabs';
import { IGrids, IJobs } from './tokens';

const SETTING = 'notifyEndedJobs';

/** The one connection to the platform that the services share. */
interface ILive {
  api: Api;
  events: EventStream;
}
const ILive = new Token<ILive>('acai-jupyter:ILive', 'The connection to the ACAI platform.');

function jobVerbs(app: JupyterFrontEnd): JobVerbs {
  return {
    kill: number => void app.commands.execute(CommandIds.killJob, { number }),
    retry: number => void app.commands.execute(CommandIds.retryJob, { number })
  };
}

function gridVerbs(app: JupyterFrontEnd): GridVerbs {
  return {
    killGrid: number => void app.commands.execute(GridCommandIds.killGrid, { number }),
    retryGrid: number => void app.commands.execute(GridCommandIds.retryGrid, { number })
  };
}

function opener(app: JupyterFrontEnd, command: string): (number: number) => void {
  return number => void app.commands.execute(command, { number });
}

const live: JupyterFrontEndPlugin<ILive> = {
  id: 'acai-jupyter:live',
  description: 'Speaks with the ACAI platform: one stream of events for all that is shown.',
  autoStart: true,
  provides: ILive,
  activate: (app: JupyterFrontEnd) => {
    const api = new Api(app.serviceManager.serverSettings);
    return { api, events: new EventStream(api) };
  }
};

const jobs: JupyterFrontEndPlugin<IJobs> = {
  id: 'acai-jupyter:jobs',
  description: 'Provides the live jobs of the ACAI project.',
  autoStart: true,
  requires: [ILive],
  provides: IJobs,
  activate: (_: JupyterFrontEnd, { api, events }: ILive) => {
    const service = new Jobs(api, events);
    service.start();
    return service;
  }
};

const grids: JupyterFrontEndPlugin<IGrids> = {
  id: 'acai-jupyter:grids',
  description: 'Provides the live grids of the ACAI project.',
  autoStart: true,
  requires: [ILive],
  provides: IGrids,
  activate: (_: JupyterFrontEnd, { api, events }: ILive) => {
    const service = new Grids(api, events);
    service.start();
    return service;
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: 'acai-jupyter:commands',
  description: 'Adds the commands of ACAI, and jobs and grids in tabs of the main area.',
  autoStart: true,
  requires: [IJobs, IGrids],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    grids: IGrids,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const ofJobs = jobTabs(app, jobs, jobVerbs(app));
    const ofGrids = gridTabs(app, grids, { ...gridVerbs(app), open: opener(app, CommandIds.openJob) });
    addCommands(app, jobs, grids, number => {
      ofJobs.open(number);
    });
    addGridCommands(app, grids, number => {
      ofGrids.open(number);
    });
    offerCommands(app, palette);
    offerGridCommands(app, palette);
    if (restorer !== null) {
      ofJobs.restore(restorer, CommandIds.openJob);
      ofGrids.restore(restorer, GridCommandIds.openGrid);
    }
  }
};

const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'acai-jupyter:sidebar',
  description: 'Adds the sidebar of ACAI.',
  autoStart: true,
  requires: [IJobs, IGrids],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, jobs: IJobs, grids: IGrids, restorer: ILayoutRestorer | null) => {
    const panel = new JobsPanel(jobs, grids, {
      ...jobVerbs(app),
      ...gridVerbs(app),
      open: opener(app, CommandIds.openJob),
      openGrid: opener(app, GridCommandIds.openGrid)
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
  requires: [IJobs, IGrids],
  optional: [ISettingRegistry],
  activate: async (app: JupyterFrontEnd, jobs: IJobs, grids: IGrids, registry: ISettingRegistry | null) => {
    const [openJob, openGrid] = [opener(app, CommandIds.openJob), opener(app, GridCommandIds.openGrid)];
    const told = new EndedNotifications(jobs, grids, openJob, openGrid);
    const settings = await registry?.load(notifications.id);
    const read = (): void => {
      told.wanted = (settings?.get(SETTING).composite ?? 'all') as Wanted;
    };
    read();
    settings?.changed.connect(read);
  }
};

export { IGrids, IJobs } from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [live, jobs, grids, commands, sidebar, notifications];
export default plugins;

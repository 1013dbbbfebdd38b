/** The sidebar of ACAI, with a section for each noun. */

import { SidePanel } from '@jupyterlab/ui-components';

import { acaiIcon } from './icons';

export class Sidebar extends SidePanel {
  constructor() {
    super();
    this.id = 'acai-sidebar';
    this.addClass('acai-Sidebar');
    this.title.icon = acaiIcon;
    this.title.caption = 'ACAI';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'ACAI');
  }
}

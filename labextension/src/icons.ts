/** The icons of the extension. `jp-icon3` gives them the colour of JupyterLab's own in every theme. */

import { LabIcon } from '@jupyterlab/ui-components';

/** Açaí: berries below a leaf. */
export const acaiIcon = new LabIcon({
  name: 'acai-jupyter:berries',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M7.6 5.6C7.2 2.9 9.3 1 13.6 1c.2 3.4-1.9 5.4-5 5L5.300 7.700 4.700 6.700z"/>
    <circle cx="4" cy="9.200" r="2.600"/>
    <circle cx="10.200" cy="9.200" r="2.600"/>
    <circle cx="7.100" cy="13.100" r="2.600"/>
  </g>
</svg>`
});

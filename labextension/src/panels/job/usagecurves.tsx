/** Draws what a job uses, a small curve each. */

import * as React from 'react';

import type { Sample } from '../../wire';
import { curvesOf, polyline, type Curve } from './usage';

const WIDTH = 120;
const HEIGHT = 24;

export function UsageCurves({ samples }: { samples: readonly Sample[] }): React.JSX.Element | null {
  const curves = curvesOf(samples);
  if (curves.length === 0) {
    return null;
  }
  return (
    <div className="acai-Usage">
      {curves.map(curve => (
        <UsageCurve key={curve.name} curve={curve} />
      ))}
    </div>
  );
}

function UsageCurve({ curve }: { curve: Curve }): React.JSX.Element {
  return (
    <figure className="acai-Usage-curve" data-curve={curve.name}>
      <figcaption>
        {curve.name} <small>at most {curve.most}</small>
      </figcaption>
      <svg
        width={WIDTH}
        height={HEIGHT}
        viewBox={`-1 -1 ${WIDTH + 2} ${HEIGHT + 2}`}
        role="img"
        aria-label={curve.name}
      >
        <polyline points={polyline(curve, WIDTH, HEIGHT)} />
      </svg>
    </figure>
  );
}

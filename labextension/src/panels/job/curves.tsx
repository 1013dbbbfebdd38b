/** The curves of a job's numbers, each with its last value. */

import * as React from 'react';

import { value, wholeValue } from '../../format';
import type { Curve } from '../../wire';
import { Plots, type Plot } from './plots';

/** So many series are drawn. */
const MOST_CURVES = 12;

export function Curves({ curves }: { curves: readonly Curve[] }): React.JSX.Element | null {
  const more = curves.length - MOST_CURVES;
  const plots = curves.slice(0, MOST_CURVES).map(plotOf);
  return more > 0 ? (
    <Plots plots={plots} remark={`and ${more} more: acai job metrics prints them all.`} />
  ) : (
    <Plots plots={plots} />
  );
}

export function plotOf(curve: Curve): Plot {
  const last = curve.points.at(-1);
  return {
    name: curve.key,
    told: last && (
      <>
        <b title={wholeValue(last.value)}>{value(last.value)}</b> <small>at {last.step}</small>
      </>
    ),
    points: curve.points.map(point => [point.step, typeof point.value === 'number' ? point.value : null])
  };
}

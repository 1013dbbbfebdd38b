/** The curves of a job's numbers, each with its last value. */

import * as React from 'react';

import type { Curve, Num } from '../../wire';
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
        <b>{shown(last.value)}</b> <small>at {last.step}</small>
      </>
    ),
    points: curve.points.map(({ step, value }) => [step, typeof value === 'number' ? value : null])
  };
}

function shown(value: Num): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value.number;
}

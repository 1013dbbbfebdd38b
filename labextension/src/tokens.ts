/** What the plugins of the extension offer each other. */

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { LogStream } from './log';
import type { Connection } from './socket';
import type { Curve, Grid, GridRow, Job, Page, Particulars, Sample } from './wire';

/** A job as this page knows it: what is told only of one job alone may be missing yet. */
export type KnownJob = Job & Partial<Particulars>;

/** A live list of the project. Views hold nothing of their own: they read here, and draw again when it changed. */
export interface ILiveList<Item> {
  /** The newest without a gap, newest first. */
  readonly items: readonly Item[];
  /** Whether there are older ones than those of `items`. */
  readonly hasMore: boolean;
  /** Whether the list was read at least once. */
  readonly isLoaded: boolean;
  /** Why the list could not be read the last time, as one line. */
  readonly error: string | null;

  /** Something of the above, or what is known of one, is not what it was. */
  readonly changed: ISignal<ILiveList<Item>, void>;
  /** One that the user of this page submitted came to its end, and this page had seen it before that. */
  readonly ended: ISignal<ILiveList<Item>, Item>;
  /** One that the user of this page submitted is now expected to miss its bound. */
  readonly late: ISignal<ILiveList<Item>, Item>;

  /** One that this page knows. It need not be one of `items`. */
  get(number: number): Item | undefined;
  /** Ask for all that is told of one; it is kept up to date from then on. Throws AcaiError. */
  fetch(number: number): Promise<Item>;
  /** Bring older ones into `items`. */
  loadMore(): void;
  /** Read everything anew, and try again what was refused. */
  refresh(): void;
}

/** The live jobs of the project, but for those of grids, which are known once they were asked for. */
export interface IJobs extends ILiveList<KnownJob> {
  /** How the stream of events stands. */
  readonly connection: Connection;

  /** There is more of what is drawn of a job. */
  readonly measured: ISignal<IJobs, Measured>;

  /** What is enough to draw a job's numbers. Throws AcaiError. */
  curves(number: number): Promise<Curve[]>;
  /** What a job used over time. Throws AcaiError. */
  usage(number: number): Promise<readonly Sample[]>;
  /** End a job. Throws AcaiError. */
  kill(number: number): Promise<void>;
  /** Submit an ended job again, to go on from its partial output; the number of the new job. Throws AcaiError. */
  retry(number: number): Promise<number>;
  /** Follow the log of a job; who asks disposes it. */
  followLog(number: number): LogStream;
}

/** The live grids of the project: many jobs as one thing. */
export interface IGrids extends ILiveList<Grid> {
  /** Jobs of the grid of this id have come further: its rows are others than before. */
  readonly moved: ISignal<IGrids, string>;

  /** The rows of a grid, from the first after what `cursor` tells. Throws AcaiError. */
  rows(number: number, limit: number, cursor?: string | null): Promise<Page<GridRow>>;
  /** End every job of a grid. Throws AcaiError. */
  kill(number: number): Promise<void>;
  /** Submit again what failed or was killed. Throws AcaiError. */
  retry(number: number): Promise<void>;
}

/** What has grown, of the job of this id: its own numbers, or the samples of what it uses. */
export interface Measured {
  job: string;
  what: 'numbers' | 'usage';
}

export const IJobs = new Token<IJobs>('acai-jupyter:IJobs', 'The live jobs of the ACAI project.');

export const IGrids = new Token<IGrids>('acai-jupyter:IGrids', 'The live grids of the ACAI project.');

/** Doubles of what lies outside the extension: the server's answers, and a WebSocket that tests drive. */

import type { ServerConnection } from '@jupyterlab/services';
import { vi } from 'vitest';

import goldenGrid from '../../tests/wire/grid.json';
import goldenRow from '../../tests/wire/grid_row.json';
import golden from '../../tests/wire/job.json';
import details from '../../tests/wire/job_details.json';
import type { Grid, GridRow, Job, JobDetails } from '../src/wire';

/** A job like the golden one, but of no grid. */
export function aJob(changes: Partial<Job> = {}): Job {
  const number = changes.number ?? golden.number;
  return { ...(golden as Job), id: `job_${number}`, number, grid: null, grid_row: null, ...changes };
}

/** A grid like the golden one. */
export function aGrid(changes: Partial<Grid> = {}): Grid {
  const number = changes.number ?? goldenGrid.number;
  return { ...(goldenGrid as Grid), id: `grid_${number}`, number, ...changes };
}

/** A row like the golden one. */
export function aRow(changes: Partial<GridRow> = {}): GridRow {
  return { ...(goldenRow as unknown as GridRow), job: aJob({ grid: 3 }), ...changes };
}

export function aRunningJob(changes: Partial<Job> = {}): Job {
  const unknown = { runtime: null, cost: null, end_time: null, enforced: null };
  return aJob({ status: 'RUNNING', progress: 'running', ...unknown, ...changes });
}

export function detailsOf(job: Job): JobDetails {
  return { ...(details as Pick<JobDetails, 'notes' | 'history' | 'after'>), ...job };
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static opened: FakeSocket[] = [];

  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (socket === undefined) {
      throw new Error('No socket was opened.');
    }
    return socket;
  }

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
  }

  binaryType = 'blob';
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  accept(): void {
    this.onopen?.();
  }

  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  send(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }

  break(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason });
  }

  close(): void {
    this.isClosed = true;
  }
}

type Answer = (url: URL, method: string) => { status?: number; body: unknown } | Promise<never>;

/** Settings of a server that answers requests with what `answer` says; sockets are FakeSocket. */
export function aServer(answer: Answer, more: Partial<ServerConnection.ISettings> = {}): ServerConnection.ISettings {
  FakeSocket.opened = [];
  const fetch = vi.fn(async (given: RequestInfo) => {
    const request = given as Request;
    const { status = 200, body } = await answer(new URL(request.url), request.method);
    return new Response(JSON.stringify(body), { status });
  });
  return {
    baseUrl: 'http://localhost:8888/base/',
    appUrl: '',
    wsUrl: 'ws://localhost:8888/base/',
    token: '',
    appendToken: false,
    init: {},
    fetch,
    Request,
    Headers,
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    serializer: { serialize: () => '', deserialize: () => ({}) as never },
    ...more
  };
}

/** Let what was promised happen, without time going by. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

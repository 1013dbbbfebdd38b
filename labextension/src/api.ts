/** The platform's REST API. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import {
  isError,
  type Curve,
  type Grid,
  type GridRow,
  type Job,
  type JobDetails,
  type Page,
  type Sample
} from './wire';

/** Where the API lies below the address of the Jupyter Server. */
export const API = 'acai/api/v1';

/** How many jobs one request can bring. */
export const LARGEST_PAGE = 10_000;

/** An answer that says no. Its message is one line for people, its code is stable. */
export class AcaiError extends Error {
  /** `status` is the one of HTTP, 0 where there was no answer at all. */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string
  ) {
    super(message);
    this.name = 'AcaiError';
  }

  /** Whether asking again can't help: the login does not suffice, or what is asked for is not there. */
  get isFinal(): boolean {
    return isFinalStatus(this.status);
  }
}

export function isFinalStatus(status: number): boolean {
  return status === 401 || status === 403 || status === 404;
}

/** What went wrong, as one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A typed client. Every call throws AcaiError. A job is named by its number or its id. */
export class Api {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** Jobs, newest first, without those of grids. */
  jobs(limit: number, cursor: string | null = null): Promise<Page<Job>> {
    return this._request('GET', 'jobs', { grids: 'false', ...page(limit, cursor) });
  }

  /** Grids, newest first. */
  grids(limit: number, cursor: string | null = null): Promise<Page<Grid>> {
    return this._request('GET', 'grids', page(limit, cursor));
  }

  /** A grid by its number or its id. */
  grid(reference: number | string): Promise<Grid> {
    return this._request('GET', gridPath(reference));
  }

  /** The rows of a grid, from the first after what `cursor` tells. */
  gridRows(reference: number | string, limit: number, cursor: string | null = null): Promise<Page<GridRow>> {
    return this._request('GET', `${gridPath(reference)}/rows`, page(limit, cursor));
  }

  killGrid(reference: number | string): Promise<Grid> {
    return this._request('POST', `${gridPath(reference)}/kill`);
  }

  /** New jobs for the rows of a grid that failed or were killed. */
  retryGrid(reference: number | string): Promise<Grid> {
    return this._request('POST', `${gridPath(reference)}/retry`);
  }

  job(reference: number | string): Promise<JobDetails> {
    return this._request('GET', jobPath(reference));
  }

  kill(reference: number | string): Promise<JobDetails> {
    return this._request('POST', `${jobPath(reference)}/kill`);
  }

  /** A new job with what an ended one was given, that goes on from its partial output. */
  retry(reference: number | string): Promise<JobDetails> {
    return this._request('POST', `${jobPath(reference)}/retry`);
  }

  /** The numbers that a job's log set, enough of them to draw. */
  async curves(reference: number | string): Promise<Curve[]> {
    const answer = await this._request<{ curves: Curve[] }>('GET', `${jobPath(reference)}/curves`, { most: '200' });
    return answer.curves;
  }

  /** How many bytes a job has logged so far. */
  async logSize(reference: number | string): Promise<number> {
    const piece = await this._request<{ size: number }>('GET', `${jobPath(reference)}/log`, { limit: '1' });
    return piece.size;
  }

  /** What a job used over time. */
  async usage(reference: number | string): Promise<Sample[]> {
    const page = await this._request<Page<Sample>>('GET', `${jobPath(reference)}/usage`, {
      limit: String(LARGEST_PAGE)
    });
    return page.items;
  }

  /** The user for whom requests of this page speak. */
  whoAmI(): Promise<{ name: string }> {
    return this._request('GET', 'whoami');
  }

  private async _request<Answer>(method: string, path: string, query: Record<string, string> = {}): Promise<Answer> {
    const url = URLExt.join(this.settings.baseUrl, API, path) + URLExt.objectToQueryString(query);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, { method }, this.settings);
    } catch {
      throw new AcaiError(0, 'no_answer', 'The Jupyter server does not answer.');
    }
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok || body === null) {
      throw errorFrom(response.status, body);
    }
    return body as Answer;
  }
}

function page(limit: number, cursor: string | null): Record<string, string> {
  return { limit: String(limit), ...(cursor === null ? {} : { cursor }) };
}

function gridPath(reference: number | string): string {
  return `grids/${encodeURIComponent(reference)}`;
}

/** The path of a job below the API. */
export function jobPath(reference: number | string): string {
  return `jobs/${encodeURIComponent(reference)}`;
}

function errorFrom(status: number, body: unknown): AcaiError {
  if (isError(body)) {
    return new AcaiError(status, body.code, body.message);
  }
  const message =
    status === 404
      ? 'ACAI does not run in this Jupyter server; the log of the server says why.'
      : `The Jupyter server answered with HTTP status ${status}.`;
  return new AcaiError(status, 'unexpected_answer', message);
}

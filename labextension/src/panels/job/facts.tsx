/** Draws what is known of a job, as terms and their descriptions. */

import * as React from 'react';

import { bound, command, moment, resources, runtime } from '../../format';
import type { KnownJob } from '../../tokens';
import { Cost, Runtime } from '../parts';

export function Facts({ job }: { job: KnownJob }): React.JSX.Element {
  const now = Date.now();
  return (
    <dl className="acai-Facts">
      <Fact term="Command">
        <code>{command(job)}</code>
      </Fact>
      <Fact term="Data">{dataOf(job)}</Fact>
      <Fact term="Code">{codeOf(job)}</Fact>
      <Fact term="Resources">{resources(job)}</Fact>
      <Fact term="Held by">{heldBy(job)}</Fact>
      <Fact term="Runtime">
        {job.start_time === null ? null : (
          <>
            <Runtime job={job} />
            {parts(job)}
          </>
        )}
      </Fact>
      <Fact term="Cost">{job.cost === null ? null : <Cost job={job} />}</Fact>
      <Fact term="Submitted">
        {moment(job.create_time, now)} by {job.creator}
      </Fact>
      <Fact term="Started">{job.start_time === null ? null : moment(job.start_time, now)}</Fact>
      <Fact term="Ended">{job.end_time === null ? null : moment(job.end_time, now)}</Fact>
      <Fact term="Secrets">{job.secrets.length === 0 ? null : job.secrets.join(', ')}</Fact>
      <Fact term="Image">{job.image}</Fact>
      <Fact term="Bound">{bound(job)}</Fact>
      <Fact term="Predicted">{predicted(job)}</Fact>
      <Fact term="Expected end">{job.eta === null ? null : moment(job.eta, now)}</Fact>
      <Fact term="Timeout">{job.timeout === null ? null : runtime(job.timeout)}</Fact>
      <Fact term="Waits for">{waitsFor(job)}</Fact>
      <Fact term="Grid">{job.grid === null ? null : `row ${job.grid_row ?? '?'} of grid ${job.grid}`}</Fact>
      <Fact term="Retry of">{job.retry_of === null ? null : `job ${job.retry_of}`}</Fact>
      <Fact term="Attempt">{job.attempt > 1 ? job.attempt : null}</Fact>
      <Fact term="Notes">{job.notes?.length ? <Notes notes={job.notes} /> : null}</Fact>
    </dl>
  );
}

/** One fact; one that does not apply is left out. */
function Fact({ term, children }: { term: string; children: React.ReactNode }): React.JSX.Element | null {
  if (children === null) {
    return null;
  }
  return (
    <div className="acai-Facts-fact" data-term={term}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Notes({ notes }: { notes: readonly string[] }): React.JSX.Element {
  return (
    <ul className="acai-Facts-notes">
      {notes.map(note => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

/** The file set or commit that the code is of, and whether it differed from that. */
function codeOf(job: KnownJob): string | null {
  const { code, git } = job;
  if (code === null) {
    return null;
  }
  if (git === null) {
    return code.startsWith('@') ? code : 'a snapshot';
  }
  const branch = git.branch === null ? '' : ` on ${git.branch}`;
  return `commit ${git.commit.slice(0, 12)}${branch}${git.dirty ? ', with changes' : ''}`;
}

/** `Digits:1 → Model:1`; the name alone of an output that is not there yet. */
function dataOf(job: KnownJob): string | null {
  const output = job.output_version ?? job.output;
  if (output === null) {
    return job.input;
  }
  return job.input === null ? `→ ${output}` : `${job.input} → ${output}`;
}

/** `cpu: cgroup v2, memory: cgroup v2`; null while nobody knows. */
function heldBy(job: KnownJob): string | null {
  if (job.enforced === null) {
    return null;
  }
  const told = Object.entries(job.enforced).map(([resource, how]) => `${resource}: ${how}`);
  return told.length === 0 ? 'nothing' : told.join(', ');
}

/** What was predicted of the runtime when the job was submitted. */
function predicted(job: KnownJob): string | null {
  const { predicted_low: low, predicted_high: high } = job;
  return low === null || high === null ? null : `${runtime(low)} – ${runtime(high)}, 90 %`;
}

/** The jobs that must finish before this one's turn can come. */
function waitsFor(job: KnownJob): string | null {
  if (job.waits_for === 0) {
    return null;
  }
  const jobs = job.waits_for === 1 ? '1 job' : `${job.waits_for} jobs`;
  return job.after?.length
    ? `${jobs} of ${job.after.slice(0, 20).join(', ')}${job.after.length > 20 ? ' …' : ''}`
    : jobs;
}

/** What the runtime consists of, as far as it was measured. */
function parts(job: KnownJob): string {
  const measured: [string, number | null][] = [
    ['download', job.download_time],
    ['command', job.command_time],
    ['upload', job.upload_time]
  ];
  const told = measured.flatMap(([name, seconds]) => (seconds === null ? [] : [`${name} ${runtime(seconds)}`]));
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

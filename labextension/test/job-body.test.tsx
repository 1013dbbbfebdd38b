/** A job, drawn into a page. */

import * as React from 'react';
import { act } from 'react';
import { expect, test, vi } from 'vitest';

import { JobView } from '../src/panels/job/body';
import { JobModel } from '../src/panels/job/model';
import { draw, find, host } from './drawing';
import { aJob, aRunningJob, detailsOf } from './fakes';
import { FakeJobs } from './fakejobs';

function drawJob(jobs: FakeJobs, number: number): { model: JobModel; killed: number[]; retried: number[] } {
  const model = new JobModel(number, jobs);
  const killed: number[] = [];
  const retried: number[] = [];
  const actions = { kill: (each: number) => killed.push(each), retry: (each: number) => retried.push(each) };
  const redraw = (): void => {
    draw(<JobView model={model} actions={actions} />);
  };
  model.stateChanged.connect(redraw);
  redraw();
  return { model, killed, retried };
}

function facts(): Record<string, string> {
  return Object.fromEntries(
    [...host.querySelectorAll('.acai-Facts-fact')].map(fact => [
      fact.querySelector('dt')?.textContent,
      fact.querySelector('dd')?.textContent
    ])
  ) as Record<string, string>;
}

test('the details tell all there is to tell', () => {
  drawJob(new FakeJobs(detailsOf(aJob({ retry_of: 7, attempt: 2 }))), 12);
  expect(facts()).toMatchObject({
    Command: 'python train.py --epoch 5',
    Data: 'Digits:1 → Model:1',
    Code: 'commit 4d1c3c5a8f0f on main, with changes',
    Resources: '2 vCPU · 2 GiB',
    Runtime: '4.0s (download 0.3s, command 3.5s, upload 0.3s)',
    Cost: '$0.00007',
    Secrets: 'HF_TOKEN',
    Timeout: '2h 00m',
    'Retry of': 'job 7',
    Attempt: '2',
    Notes: 'memory rounded up from 2000MB to 2048MB'
  });
  expect(facts().Submitted).toMatch(/ by john$/);
  expect(find('.acai-Job-title').textContent).toBe('12 train');
  expect(host.querySelector('.acai-Job-kill')).toBeNull();
  expect(host.querySelector('.acai-Job-retry')).toBeNull();
});

test('what does not apply is left out', () => {
  const job = aRunningJob({
    number: 1,
    input: null,
    code: null,
    grid: null,
    secrets: [],
    enforced: null,
    output_version: null,
    start_time: null,
    timeout: null,
    max_time: null,
    predicted_low: null
  });
  drawJob(new FakeJobs(job), 1);
  expect(Object.keys(facts())).toEqual(['Command', 'Data', 'Resources', 'Submitted']);
  expect(facts().Data).toBe('→ Model');
});

test.each(['FAILED', 'KILLED'] as const)('a job that is %s can be tried again', status => {
  const { retried } = drawJob(new FakeJobs(aJob({ number: 1, status })), 1);
  act(() => {
    find('.acai-Job-retry').click();
  });
  expect(retried).toEqual([1]);
});

test('a job that runs can be killed, once', () => {
  const jobs = new FakeJobs(aRunningJob({ number: 1 }));
  const { killed } = drawJob(jobs, 1);
  act(() => {
    find('.acai-Job-kill').click();
  });
  expect(killed).toEqual([1]);
  act(() => {
    jobs.change(aRunningJob({ number: 1, kill_requested: true }));
  });
  expect((find('.acai-Job-kill') as HTMLButtonElement).disabled).toBe(true);
  expect(find('.acai-Job-status').textContent).toContain('being killed');
});

test('why a job failed is told', () => {
  drawJob(new FakeJobs(aJob({ number: 1, status: 'FAILED', reason: 'input', detail: 'No file /data/x.' })), 1);
  expect(find('.acai-Job-status').textContent).toMatch(/^FAILEDinput/);
  expect(find('.acai-Job-detail').textContent).toBe('No file /data/x.');
});

test('the log is drawn as it comes', () => {
  const { model } = drawJob(new FakeJobs(aRunningJob({ number: 1 })), 1);
  const log = find('.acai-Jobs-log');
  expect(log.textContent).toBe('What the job prints appears here.');
  act(() => {
    model.log.text.append('one\ntw');
    (model.log.changed as unknown as { emit: () => void }).emit();
  });
  expect(log.textContent).toBe('one\ntw');
});

test('the log follows its end until the reader scrolls up', () => {
  const { model } = drawJob(new FakeJobs(aRunningJob({ number: 1 })), 1);
  const log = find('.acai-Jobs-log');
  let height = 1000;
  Object.defineProperty(log, 'scrollHeight', { get: () => height });
  Object.defineProperty(log, 'clientHeight', { get: () => 100 });
  const grow = (): void => {
    height += 100;
    act(() => {
      model.log.text.append('line\n');
      (model.log.changed as unknown as { emit: () => void }).emit();
    });
  };
  const scrollTo = (top: number): void => {
    act(() => {
      log.scrollTop = top;
      log.dispatchEvent(new Event('scroll', { bubbles: true }));
    });
  };
  grow();
  expect([log.scrollTop, host.querySelector('.acai-Log-end')]).toEqual([1100, null]);
  scrollTo(300);
  grow();
  expect(log.scrollTop).toBe(300);
  act(() => {
    find('.acai-Log-end').click();
  });
  expect([log.scrollTop, host.querySelector('.acai-Log-end')]).toEqual([1200, null]);
});

test('a job that is not there is told of in one line', async () => {
  drawJob(new FakeJobs(), 9);
  expect(host.textContent).toBe('Job 9 …');
  await act(async () => {
    await vi.advanceTimersByTimeAsync(0);
  });
  expect(find('[role=alert]').textContent).toBe('There is no job 9.');
});
